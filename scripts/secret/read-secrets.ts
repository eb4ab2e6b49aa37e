import { buffer } from 'node:stream/consumers';
import { isJsonObject } from '../../lib/http/body.ts';
import { faultAt, type JsonSource, readJson, readJsonFile } from '../../local/json-source.ts';
import { ACCOUNTS_EXPECTED, readAccounts } from '../../local/secrets-file.ts';
import type { Options } from './options.ts';

export type Secrets = Readonly<Record<string, object>>;

/** Where the text comes from if no file is named, and where a person is told what to do. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly print: (line: string) => void;
}

/**
 * The secrets to store, by `<vendor>/<account>`. At a terminal it says what to paste, and how to end.
 * @throws Error with the place of a fault and nothing of the text
 */
export async function readSecrets({ account, file }: Options, terminal: Terminal): Promise<Secrets> {
  const expected =
    account === undefined ? ACCOUNTS_EXPECTED : `Expected is a JSON object, the secret of the account ${account}.`;
  const source: JsonSource = { name: file ?? 'standard input', expected };
  const json = file === undefined ? await readInput(source, account, terminal) : await readJsonFile(source);
  if (account === undefined) return readAccounts(json, source);
  if (!isJsonObject(json.value)) {
    throw faultAt(source, json.text, json.text.search(/\S/), 'here begins no object.');
  }
  if (Object.keys(json.value).some((name) => name.includes('/'))) {
    throw new Error(`${source.name} has accounts by their names. Store them with --all. ${expected}`);
  }
  return { [account]: json.value };
}

async function readInput(source: JsonSource, account: string | undefined, { input, print }: Terminal) {
  if (input.isTTY) {
    print(
      account === undefined
        ? 'Paste the accounts: { "<vendor>/<account>": { … } }.'
        : `Paste the secret of ${account}, a JSON object.`,
    );
    print('Then press Enter and Ctrl-D. Ctrl-C stops without storing anything.');
  }
  return readJson(await buffer(input), source);
}
