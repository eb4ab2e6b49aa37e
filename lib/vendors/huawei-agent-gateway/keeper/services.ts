import type { ReadSecret } from '../../../credentials/secret-store.ts';
import { createSecretsManagerReader } from '../../../credentials/secrets-manager.ts';
import { createDynamoStore } from '../../../credentials/shared/dynamodb.ts';
import type { SharedStore } from '../../../credentials/shared/store.ts';
import { createTransport, type Transport } from '../../../http/transport.ts';
import { createKeepingReport, type ReportKeeping } from '../../../log/keeping.ts';
import { ACCOUNT_NAME } from '../../../pipeline/check-account.ts';
import { type Clock, systemClock } from '../../../time/clock.ts';

/**
 * What one operation of the store may take. Nobody waits for the keeper: it is patient, and tries every time, where a
 * lookup gives up after a few milliseconds and leaves a store that failed alone for a while.
 */
const STORE_TIMEOUT_MS = 1_000;

/** What a keeper's process has of the outside world; tests bring their own clock and chance. */
export interface KeeperServices {
  readonly clock: Clock;
  readonly random: () => number;
  readonly transport: Transport;
  readonly readSecret: ReadSecret;
  readonly store: SharedStore;
  readonly report: ReportKeeping;
  /** `contact-lookups/<stage>`, as lookups have it. */
  readonly secretPrefix: string;
  /** Names of the accounts whose sessions are kept. */
  readonly accounts: readonly string[];
}

export function createKeeperServices(): KeeperServices {
  const stage = process.env['STAGE'] ?? 'dev';
  const clock = systemClock;
  const transport = createTransport(clock);
  return {
    clock,
    random: Math.random,
    transport,
    readSecret: createSecretsManagerReader(transport, clock),
    // The function is deployed only where there is a table.
    store: createDynamoStore({
      table: process.env['TOKEN_STORE_TABLE'] ?? '',
      transport,
      clock,
      timeoutMs: STORE_TIMEOUT_MS,
    }),
    report: createKeepingReport(stage),
    secretPrefix: `contact-lookups/${stage}`,
    accounts: readAccounts(process.env['KEPT_ACCOUNTS'] || 'default'),
  };
}

/** Account names from the text of KEPT_ACCOUNTS, separated by commas. @throws Error where one can be no account's */
export function readAccounts(text: string): string[] {
  const names = new Set(text.split(',').map((name) => name.trim()));
  for (const name of names) {
    if (!ACCOUNT_NAME.test(name)) throw new Error(`KEPT_ACCOUNTS must hold names that match ${ACCOUNT_NAME.source}`);
  }
  return [...names];
}
