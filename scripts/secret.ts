import { stringifyJson } from '../lib/json/int64.ts';
import { checkDeployable } from './secret/deployable.ts';
import { readOptions } from './secret/options.ts';
import { readSecrets } from './secret/read-secrets.ts';
import { createStore } from './secret/store.ts';

/* `npm run secret`: puts secrets of accounts into AWS Secrets Manager, after it has checked all of them. */

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const store = await createStore(options.region);
  const secrets = await readSecrets(options, { input: process.stdin, print: console.error });
  checkDeployable(secrets, options.stage);
  for (const [account, secret] of Object.entries(secrets)) {
    const name = `contact-lookups/${options.stage}/${account}`;
    const outcome = await store(name, stringifyJson(secret)).catch((error: Error) => {
      throw new Error(`${name} is not stored: ${error.message || error.name}`);
    });
    console.log(`${outcome} ${name}`);
  }
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
