import { findSecretFault } from '../account-secret.ts';
import { textsIn } from '../placeholders.ts';
import type { Secrets } from './read-secrets.ts';

/** The stage of `npm start`, whose vendors may be on this machine. */
const LOCAL_STAGE = 'local';
/** Loopback, and the address that means this machine. */
const THIS_MACHINE =
  /^(?:(?:.+\.)?localhost\.?|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/;

/**
 * Checks all secrets before any is stored.
 * @throws Error that names each wrong field, and no value
 */
export function checkDeployable(secrets: Secrets, stage: string): void {
  const faults = Object.entries(secrets).flatMap(([name, secret]) => {
    const found = [findSecretFault(name, secret), findLoopback(secret, stage)].filter((fault) => fault !== undefined);
    return found.length === 0 ? [] : [`${name}: ${found.join('; ')}`];
  });
  if (faults.length > 0) throw new Error(['Nothing is stored. These fields are wrong:', ...faults].join('\n'));
}

function findLoopback(secret: object, stage: string): string | undefined {
  if (stage === LOCAL_STAGE) return undefined;
  const pointers = textsIn(secret).flatMap(({ pointer, text }) => (isOnThisMachine(text) ? [pointer] : []));
  const rule = `is an address of this machine, which the stage ${stage} cannot reach`;
  return pointers.length === 0 ? undefined : pointers.map((pointer) => `${pointer} ${rule}`).join('; ');
}

function isOnThisMachine(text: string): boolean {
  const url = /^https?:/i.test(text) ? URL.parse(text) : null;
  return url !== null && THIS_MACHINE.test(url.hostname);
}
