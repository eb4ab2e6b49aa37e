import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { checkAccountSecret } from './account-secret.ts';

const USAGE = `npm run secret -- put <vendor>/<account> --stage <stage> [--file <path>] [--region <region>]

Checks an account's secret, a JSON object, and stores it in AWS Secrets Manager as contact-lookups/<stage>/<vendor>/<account>.
Reads it from the file, or else from standard input; never from an argument, which other users of a machine can see.`;

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { stage: { type: 'string' }, file: { type: 'string' }, region: { type: 'string' } },
  });
  const [command, account, ...rest] = positionals;
  if (command !== 'put' || account === undefined || rest.length > 0 || !values.stage) throw new Error(USAGE);

  const secret = values.file ? await readFile(values.file, 'utf8') : await text(process.stdin);
  checkAccountSecret(account, secret);
  const name = `contact-lookups/${values.stage}/${account}`;
  console.log(`${await store(name, secret, values.region)} ${name}`);
}

async function store(name: string, secret: string, region: string | undefined): Promise<'Changed' | 'Created'> {
  const client = new SecretsManagerClient(region ? { region } : {});
  try {
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: secret }));
    return 'Changed';
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    await client.send(new CreateSecretCommand({ Name: name, SecretString: secret }));
    return 'Created';
  }
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
