import { readFile } from 'node:fs/promises';
import { parseJson, stringifyJson } from '../lib/json/int64.ts';
import { checkAccountSecret, vendorOf } from '../scripts/account-secret.ts';

/**
 * Reads SECRETS_FILE: `{ "<vendor>/<account>": { … } }`. A secret that breaks its schema is served all the same, as in the
 * cloud.
 */
export async function readSecretsFile(path: string): Promise<Readonly<Record<string, object>>> {
  const text = await readFile(path, 'utf8');
  const secrets = parseSecrets(text, path);
  for (const [name, secret] of Object.entries(secrets)) {
    vendorOf(name);
    try {
      checkAccountSecret(name, stringifyJson(secret));
    } catch (error) {
      console.error(`${path}: ${name}: ${(error as Error).message}`);
    }
  }
  return secrets;
}

function parseSecrets(text: string, path: string): Readonly<Record<string, object>> {
  try {
    const secrets = parseJson(text);
    if (typeof secrets === 'object' && secrets !== null && !Array.isArray(secrets))
      return secrets as Record<string, object>;
  } catch {
    // The parser's message quotes the file, which holds secrets.
  }
  throw new Error(`SECRETS_FILE: ${path} is not a JSON object of secrets`);
}
