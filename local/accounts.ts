import { hostAndPort } from '../lib/http/host-and-port.ts';
import { findSecretFault } from '../scripts/account-secret.ts';
import type { Simulator } from './simulators/server.ts';

/** A vendor account of `npm start`, and what is known of it before it is used. */
export interface Account {
  readonly vendor: string;
  readonly name: string;
  readonly secret: Readonly<Record<string, unknown>>;
  /** Whether a running simulator answers at its address. */
  readonly isSimulated: boolean;
  readonly host: string;
  /** The fields that are wrong, and nothing of their values. */
  readonly fault: string | undefined;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** @param secrets by `<vendor>/<account>` */
export function describeAccounts(
  secrets: Readonly<Record<string, object>>,
  simulators: readonly Pick<Simulator, 'url'>[],
): Account[] {
  return Object.entries(secrets).map(([path, secret]) => {
    const [vendor = '', name = ''] = path.split('/');
    const fields = secret as Account['secret'];
    const url = typeof fields['baseUrl'] === 'string' ? URL.parse(fields['baseUrl']) : null;
    return {
      vendor,
      name,
      secret: fields,
      isSimulated: url !== null && simulators.some((simulator) => isAt(url, new URL(simulator.url))),
      host: url === null || url.hostname === '' ? '-' : hostAndPort(url.href),
      fault: findSecretFault(path, secret),
    };
  });
}

/** Lines of a table: which accounts there are, at whom, and whether their secrets are valid. */
export function accountTable(accounts: readonly Account[]): string[] {
  const rows = accounts.map(({ vendor, name, isSimulated, host, fault = 'valid' }) => [
    `${vendor}/${name}`,
    isSimulated ? 'simulated' : 'real',
    host,
    fault,
  ]);
  const all = [['account', 'vendor', 'host', 'secret'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}

function isAt(url: URL, simulator: URL): boolean {
  const isSameHost = url.hostname === simulator.hostname || LOOPBACK.includes(url.hostname);
  return isSameHost && url.protocol === simulator.protocol && url.port === simulator.port;
}
