import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readFunctions } from '../../../local/lambda/functions.ts';

async function readYaml(text: string) {
  const directory = await mkdtemp(join(tmpdir(), 'contact-lookups-test-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'serverless.yml');
  await writeFile(file, text);
  return readFunctions('local', file);
}

it('the lookups of serverless.yml are functions by their deployed names, with their time-outs', async () => {
  const functions = await readFunctions('local');

  expect(Object.fromEntries(functions.map(({ name, timeoutMs }) => [name, timeoutMs]))).toEqual({
    'contact-lookups-local-getUserInfoByCallId': 15_000,
    'contact-lookups-local-queryAgentLoginParams': 15_000,
    'contact-lookups-local-findOnlineAgent': 29_000,
    'contact-lookups-local-queryAgentInfoByWorkNo': 15_000,
    'contact-lookups-local-batchGetConversationParticipant': 15_000,
  });
  expect(functions.map(({ handlerFile }) => handlerFile).filter((file) => !existsSync(file))).toEqual([]);
  for (const { name, alias, environment } of functions) {
    expect(name.endsWith(`-${alias}`)).toBe(true);
    expect(environment).toMatchObject({ STAGE: 'local', POWERTOOLS_SERVICE_NAME: 'contact-lookups' });
  }
});

it('texts of an environment are resolved, a function’s before the provider’s, and what stands for more is left out', async () => {
  const functions = await readYaml(`
service: lookups
params:
  default:
    rate: 10
provider:
  memorySize: 512
  environment:
    STAGE: \${sls:stage}
    RATE: '1'
    FROM_FILE: \${file(aws/some.js):text}
    ARN: { 'Fn::GetAtt': [Table, Arn] }
functions:
  one:
    handler: functions/vendor/one.handler
    maximumRetryAttempts: 0
    memorySize: 256
    events:
      - httpApi: { method: POST, path: /v1/vendor/one }
    environment:
      RATE: '\${param:rate} a second'
      OTHER: \${param:unknown}
  two:
    handler: functions/vendor/two.handler
    environment: \${file(aws/some.js):environment}
  computed: \${file(aws/some.js):entry, null}
`);

  expect(functions).toEqual([
    {
      name: 'lookups-local-one',
      alias: 'one',
      handlerFile: 'functions/vendor/one.ts',
      routes: ['POST /v1/vendor/one'],
      timeoutMs: 6_000,
      memorySizeMb: 256,
      environment: { STAGE: 'local', RATE: '10 a second' },
      maximumRetryAttempts: 0,
    },
    {
      name: 'lookups-local-two',
      alias: 'two',
      handlerFile: 'functions/vendor/two.ts',
      routes: [],
      timeoutMs: 6_000,
      memorySizeMb: 512,
      environment: { STAGE: 'local', RATE: '1' },
    },
  ]);
});

it('a handler by another name is an error', async () => {
  const yaml = 'service: a\nprovider: {}\nfunctions:\n  one:\n    handler: functions/one.main\n';
  await expect(readYaml(yaml)).rejects.toThrow('the handler of one is not "<file>.handler"');
});
