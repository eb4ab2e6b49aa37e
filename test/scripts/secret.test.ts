import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import type { Options } from '../../scripts/secret/options.ts';
import { readSecrets } from '../../scripts/secret/read-secrets.ts';
import { cecSecret, isdpSecret, volcengineSecret } from '../support/accounts.ts';
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
  const run = async (parts: readonly string[], input = '', more: Readonly<Record<string, string>> = {}) => {
    const env = { ...process.env, ...environment, ...more };
    const child = spawn(process.execPath, ['scripts/secret.ts', ...parts], { env });
    child.stdin.end(input);
    const code = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, stdout, stderr };
  };
  const stored = async (name = NAME) => {
    const client = new SecretsManagerClient({
      endpoint: secretsManager.url,
      region: 'eu-central-1',
      credentials: AWS_KEYS,
    });
    const { SecretString: secret } = await client.send(new GetSecretValueCommand({ SecretId: name }));
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

async function writeSecret(content: object | string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'secret-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'secret.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

test('a secret is read from a file where one is named', async () => {
  const { run, stored } = await start();
  const file = await writeSecret(SECRET);
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
  [['put', '--stage', 'prod']],
  [['put', 'huawei-cec/default', '--all', '--stage', 'prod']],
  [['put', 'huawei-cec/default', '--stage', 'prod', '--profile', 'desk']],
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

test('a wrong name of an account is not called a wrong vendor', async () => {
  const { run } = await start();
  const { code, stderr } = await run(['put', 'huawei-cec/Desk', '--stage', 'prod'], JSON.stringify(SECRET));
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr:
      '"Desk" is not the name of an account of huawei-cec. It has 1 to 63 lower-case letters, digits and hyphens, and no hyphen first.\n',
  });
});

describe('put --all', () => {
  const put = ['put', '--all', '--stage', 'prod'];
  const accounts = {
    'huawei-cec/default': SECRET,
    'huawei-isdp/desk': isdpSecret('https://isdp.example.com'),
    'volcengine-im/default': { ...volcengineSecret('https://rtc.example.com'), appId: 7 },
  };
  const names = Object.keys(accounts).map((name) => `contact-lookups/prod/${name}`);

  test('stores every account of a file, and prints a line for each', async () => {
    const { run, stored } = await start();
    const file = await writeSecret(accounts);
    const stdout = names.map((name) => `Created ${name}\n`).join('');
    expect(await run([...put, '--file', file])).toEqual({ code: 0, stdout, stderr: '' });
    expect(await Promise.all(names.map(stored))).toEqual(Object.values(accounts));
  });

  test('reads standard input if no file is named', async () => {
    const { run } = await start();
    expect(await run(put, JSON.stringify(accounts))).toMatchObject({ code: 0 });
  });

  test('stores none if one is wrong, and names the wrong fields of all', async () => {
    const { run, secretsManager } = await start();
    const wrong = {
      ...accounts,
      'huawei-cec/default': { ...SECRET, appSecret: '' },
      'huawei-isdp/desk': { ...accounts['huawei-isdp/desk'], password: '<application token>' },
    };
    expect(await run(put, JSON.stringify(wrong))).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        'Nothing is stored. These fields are wrong:',
        'huawei-cec/default: /appSecret must have at least 1 character',
        'huawei-isdp/desk: /password is a placeholder',
        '',
      ].join('\n'),
    });
    expect(secretsManager.requests).toEqual([]);
  });

  test('says by line and column what is wrong with the file', async () => {
    const { run, secretsManager } = await start();
    const file = await writeSecret('{\n  "huawei-cec/default": { "appSecret": "canary" },\n}');
    const { code, stderr } = await run([...put, '--file', file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/secret\.json, line 2, column 50: the text is not JSON: here is a trailing comma\./);
    expect(stderr).not.toContain('canary');
    expect(secretsManager.requests).toEqual([]);
  });

  test('names the account that Secrets Manager does not take', async () => {
    const { run, secretsManager } = await start();
    secretsManager.fail({ action: 'PutSecretValue', status: 400, type: 'AccessDeniedException', times: 1 });
    const { code, stdout, stderr } = await run(put, JSON.stringify(accounts));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^contact-lookups\/prod\/huawei-cec\/default is not stored: /);
  });
});

test('a file of accounts without --all is told apart from a secret', async () => {
  const { run } = await start();
  const put = ['put', 'huawei-cec/default', '--stage', 'prod'];
  const { stderr } = await run(put, JSON.stringify({ 'huawei-cec/default': SECRET }));
  expect(stderr).toContain('standard input has accounts by their names. Store them with --all.');
});

describe('a placeholder is refused, with its field and without its text', () => {
  const gateway = { baseUrl: 'https://agw.example.com', session: 'managed' };
  const agent = { agentid: 20001, password: 'secret', phonenum: '70001' };
  test.each([
    ['huawei-cec', { ...SECRET, appKey: '<app key>' }, '/appKey'],
    ['huawei-cec', { ...SECRET, appSecret: ' <canary>\n' }, '/appSecret'],
    ['huawei-isdp', { ...isdpSecret('https://isdp.example.com'), clientId: 'isdp-<...>-openapi' }, '/clientId'],
    ['huawei-isdp', { ...isdpSecret('https://isdp.example.com'), username: 'canary<…>' }, '/username'],
    ['huawei-agent-gateway', { ...gateway, agents: [agent, { ...agent, password: '<canary>' }] }, '/agents/1/password'],
    [
      'huawei-agent-gateway',
      { ...gateway, agents: [agent], ca: '-----BEGIN CERTIFICATE-----\n<private CA>\n-----END CERTIFICATE-----\n' },
      '/ca',
    ],
  ])('%s %#', async (vendor, secret, pointer) => {
    const { run, secretsManager } = await start();
    const { code, stderr } = await run(['put', `${vendor}/default`, '--stage', 'prod'], JSON.stringify(secret));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `Nothing is stored. These fields are wrong:\n${vendor}/default: ${pointer} is a placeholder\n`,
    });
    expect(secretsManager.requests).toEqual([]);
  });

  test('and a text with < or > in it is none', async () => {
    const { run, stored } = await start();
    const secret = { ...SECRET, appKey: 'a<b>c', appSecret: '<a><b>' };
    expect(await run(['put', 'huawei-cec/default', '--stage', 'prod'], JSON.stringify(secret))).toMatchObject({
      code: 0,
    });
    expect(await stored()).toEqual(secret);
  });
});

test.each(['pr od', ' prod', 'prod\n', 'prod/eu', '<stage>', 'prod_1', 'prüd', ''])(
  'the stage %j is refused',
  async (stage) => {
    const { run, secretsManager } = await start();
    const { code, stderr } = await run(['put', 'huawei-cec/default', '--stage', stage], JSON.stringify(SECRET));
    expect(code).toBe(1);
    expect(stderr).toContain('--stage');
    expect(secretsManager.requests).toEqual([]);
  },
);

describe('an address of this machine', () => {
  const put = (stage: string) => ['put', 'huawei-cec/default', '--stage', stage];

  test.each([
    'http://localhost:3011',
    'https://localhost',
    'http://127.0.0.1:3011',
    'http://127.1.2.3',
    'https://127.1',
    'http://[::1]:3011',
    'https://[::ffff:127.0.0.1]',
    'https://0.0.0.0:8043',
    'https://vendor.localhost',
  ])('is refused for a stage that is deployed: %s', async (address) => {
    const { run, secretsManager } = await start();
    const { code, stderr } = await run(put('prod'), JSON.stringify(cecSecret(address)));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'Nothing is stored. These fields are wrong:\nhuawei-cec/default: /baseUrl is an address of this machine, which the stage prod cannot reach\n',
    });
    expect(secretsManager.requests).toEqual([]);
  });

  test('is refused in each field', async () => {
    const { run } = await start();
    const secret = { ...SECRET, tokenUrl: 'https://localhost:4000' };
    expect((await run(put('prod'), JSON.stringify(secret))).stderr).toContain(
      '/tokenUrl is an address of this machine',
    );
  });

  test('is stored for the stage of `npm start`', async () => {
    const { run } = await start();
    expect(await run(put('local'), JSON.stringify(cecSecret('http://127.0.0.1:3011')))).toMatchObject({ code: 0 });
  });
});

test('where no region is known it says how to name one, before it reads anything', async () => {
  const { run } = await start();
  const nowhere = { AWS_REGION: '', AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull, AWS_PROFILE: '' };
  const put = ['put', 'huawei-cec/default', '--stage', 'prod'];
  expect(await run(put, 'no JSON', nowhere)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'The region is not known. Name it with --region <region>, or set AWS_REGION.\n',
  });
  expect(await run([...put, '--region', 'eu-central-1'], JSON.stringify(SECRET), nowhere)).toMatchObject({ code: 0 });
});

describe('at a terminal', () => {
  const ask = async (options: Options) => {
    const printed: string[] = [];
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const reading = readSecrets(options, { input, print: (line) => printed.push(line) });
    // It asks before anything is typed.
    const asked = [...printed];
    input.end(JSON.stringify(options.account === undefined ? { 'huawei-cec/default': SECRET } : SECRET));
    expect(await reading).toEqual({ 'huawei-cec/default': SECRET });
    expect(printed).toEqual(asked);
    return asked;
  };

  test('it says what to paste, and how to end', async () => {
    expect(await ask({ stage: 'prod', account: 'huawei-cec/default' })).toEqual([
      'Paste the secret of huawei-cec/default, a JSON object.',
      'Then press Enter and Ctrl-D. Ctrl-C stops without storing anything.',
    ]);
    expect(await ask({ stage: 'prod' })).toEqual([
      'Paste the accounts: { "<vendor>/<account>": { … } }.',
      'Then press Enter and Ctrl-D. Ctrl-C stops without storing anything.',
    ]);
  });
});

test('without a terminal it asks nothing', async () => {
  const { run } = await start();
  const { stderr } = await run(['put', 'huawei-cec/default', '--stage', 'prod'], '');
  expect(stderr).toBe(
    'standard input, line 1, column 1: the text is empty. Expected is a JSON object, the secret of the account huawei-cec/default.\n',
  );
});
