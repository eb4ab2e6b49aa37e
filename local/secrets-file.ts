import { isJsonObject } from '../lib/http/body.ts';
import { findNameFault } from '../scripts/account-secret.ts';
import { faultAt, type JsonSource, type JsonText, readJsonFile } from './json-source.ts';

export const ACCOUNTS_EXPECTED = 'Expected is a JSON object of accounts: { "<vendor>/<account>": { … } }.';

/**
 * Reads a file of accounts, as SECRETS_FILE names it: `{ "<vendor>/<account>": { … } }`. Whether each secret is valid is not
 * looked at.
 * @throws Error with the place of the fault and nothing of the file's values
 */
export async function readSecretsFile(path: string): Promise<Readonly<Record<string, object>>> {
  const source: JsonSource = { name: path, expected: ACCOUNTS_EXPECTED };
  return readAccounts(await readJsonFile(source), source);
}

/** @throws Error where it is no object of accounts, or one of them has a wrong name or is no object */
export async function readAccounts(
  { text, value }: JsonText,
  source: JsonSource,
): Promise<Readonly<Record<string, object>>> {
  const start = text.search(/\S/);
  if (!isJsonObject(value)) throw faultAt(source, text, start, `here begins ${kindOf(value)} and no object.`);
  const accounts = Object.entries(value);
  if (accounts.length === 0) throw faultAt(source, text, start, 'this object has no account.');
  for (const [name, secret] of accounts) {
    const nameFault = findNameFault(name);
    if (nameFault === undefined && isJsonObject(secret)) continue;
    const { offsetsOfMember } = await import('./json-fault.ts');
    const offsets = offsetsOfMember(text, name);
    if (nameFault !== undefined) throw faultAt(source, text, offsets.name, nameFault);
    throw faultAt(source, text, offsets.value, `this account is ${kindOf(secret)} instead of an object.`);
  }
  return value as Readonly<Record<string, object>>;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a string';
  return typeof value === 'boolean' ? 'a boolean' : 'a number';
}
