import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, onTestFinished, test } from 'vitest';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import { cecSecret } from '../support/accounts.ts';
import { AWS_KEYS } from '../support/aws-keys.ts';

const NAME = 'contact-lookups/prod/huawei-cec/default';
const SECRET = cecSecret('https://cec.example.com');

async function start() {
  const secretsManager = await startSecretsManager({ keys: AWS_KEYS, secrets: {} });
  onTestFinished(() => secretsManager.close());
  const environment = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: AWS_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: AWS_KEYS.secretAccessKey,
  };
  const run = async (parts: readonly string[], input = '') => {
    const child = spawn(process.execPath, ['scripts/secret.ts', ...parts], { env: { ...process.env, ...environment } });
    child.stdin.end(input);
    const code = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, stdout, stderr };
  };
  const stored = async () => {
    const client = new SecretsManagerClient({
      endpoint: secretsManager.url,
      region: 'eu-central-1',
      credentials: AWS_KEYS,
    });
    const { SecretString: secret } = await client.send(new GetSecretValueCommand({ SecretId: NAME }));
    client.destroy();
    return JSON.parse(secret ?? '');
  };
  return { run, stored, secretsManager };
}

test('a secret from standard input is created, and the next time changed', async () => {
  const { run, stored } = await start();
  const put = ['put', 'huawei-cec/default', '--stage', 'prod'];
  expect(await run(put, JSON.stringify(SECRET))).toEqual({ code: 0, stdout: `Created ${NAME}\n`, stderr: '' });
  expect(await stored()).toEqual(SECRET);

  const changed = { ...SECRET, tokenTtlSeconds: 600 };
  expect(await run(put, JSON.stringify(changed))).toEqual({ code: 0, stdout: `Changed ${NAME}\n`, stderr: '' });
  expect(await stored()).toEqual(changed);
});

test('a secret is read from a file where one is named', async () => {
  const { run, stored } = await start();
  const folder = await mkdtemp(join(tmpdir(), 'secret-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'secret.json');
  await writeFile(file, JSON.stringify(SECRET));
  expect(await run(['put', 'huawei-cec/default', '--stage', 'prod', '--file', file])).toMatchObject({ code: 0 });
  expect(await stored()).toEqual(SECRET);
});

test('a secret that breaks its schema is refused by field, without its value, and not stored', async () => {
  const { run, secretsManager } = await start();
  const secret = { ...SECRET, appSecret: '', baseUrl: 'http://canary.example.com' };
  const result = await run(['put', 'huawei-cec/default', '--stage', 'prod'], JSON.stringify(secret));
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('/baseUrl must be an https: URL');
  expect(result.stderr).toContain('/appSecret must have at least 1 character');
  expect(result.stderr).not.toContain('canary');
  expect(secretsManager.requests).toEqual([]);
});

test.each([
  [[]],
  [['put', 'huawei-cec/default']],
  [['get', 'huawei-cec/default', '--stage', 'prod']],
  [['put', 'huawei-cec/default', JSON.stringify(SECRET), '--stage', 'prod']],
])('%j is answered with how to use the command', async (parts) => {
  const { run } = await start();
  const result = await run(parts, JSON.stringify(SECRET));
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('npm run secret -- put <vendor>/<account> --stage <stage>');
});

test('an account of a vendor that is not there is refused with the vendors that are', async () => {
  const { run } = await start();
  const result = await run(['put', 'acme/default', '--stage', 'prod'], JSON.stringify(SECRET));
  expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('huawei-agent-gateway, volcengine-im') });
});
