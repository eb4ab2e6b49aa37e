import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, GetQueueUrlCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type NpmStart, npmStart, START_TIMEOUT_MS } from '../support/npm-start.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const PASSWORD = 'Samplex';
const LARGEST = '9223372036854775807';
const AGENTS = { good: { pageSize: 1, pageStart: 0, onlineStatus: 1 }, poison: { pageSize: 'none' } };
const CALL = { userId: '1652268429538866153', tenantId: '202205116084' };
const CALL_ID = '1652317325-339';
const PARTICIPANTS = `{"ConversationShortId":7203245678901234567,"ParticipantUserIds":[${LARGEST}]}`;

let started: NpmStart;
let folder: string;
/** All that any command of this file printed. */
let printed = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'messages-'));
  started = await npmStart({
    EVENT_MAPPING: JSON.stringify({ event: { input: { 'callId.$': '$.s3.object.key', ...CALL } } }),
  });
}, START_TIMEOUT_MS + 5_000);

afterAll(async () => {
  if (started?.isAlive()) started.signal('SIGINT');
  await rm(folder, { recursive: true });
});

interface Sent {
  readonly code: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests read results as their readers would.
  readonly results: readonly any[];
  readonly summary: string | undefined;
  readonly told: string;
}

/** `npm run send` as a user types it, with the messages in a file. */
async function send(command: string, messages: unknown): Promise<Sent> {
  const file = join(folder, `${command.replace(/\W+/g, '-')}.json`);
  await writeFile(file, typeof messages === 'string' ? messages : JSON.stringify(messages));
  const [service = '', lookup = '', ...options] = command.split(' ');
  const npm = spawn('npm', ['run', 'send', '--', service, lookup, file, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PORT: String(started.port) },
  });
  const ended = new Promise<number | null>((resolve) => {
    npm.once('close', resolve);
  });
  const [output, told] = await Promise.all([text(npm.stdout), text(npm.stderr)]);
  printed += output + told;
  const lines = output.split('\n').filter((line) => line !== '' && !line.startsWith('>'));
  return {
    code: await ended,
    results: lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)),
    summary: lines.at(-1),
    told,
  };
}

const BOTH = '2 messages: 1 answered, 1 failed, 0 dead-lettered';
const both = [
  { input: AGENTS.good, correlationId: 'good' },
  { input: AGENTS.poison, correlationId: 'poison' },
];

describe.each([
  ['sqs findOnlineAgent', 'sqs'],
  ['sqs-fifo findOnlineAgent', 'sqs'],
  ['sns findOnlineAgent', 'sns'],
  ['sns-sqs findOnlineAgent', 'sqs'],
  ['sns-sqs findOnlineAgent --group a', 'sqs'],
  ['eventbridge findOnlineAgent', 'eventbridge'],
  ['eventbridge-sqs findOnlineAgent', 'sqs'],
  ['kinesis findOnlineAgent', 'kinesis'],
  ['dynamodb findOnlineAgent', 'dynamodb'],
])('`npm run send -- %s`', (command, trigger) => {
  it('prints what the bus got of a good message and of a bad one', async () => {
    const { code, results, summary } = await send(command, both);

    expect({ code, summary }).toEqual({ code: 0, summary: BOTH });
    const byId = Object.fromEntries(results.map((result) => [result.detail.correlationId, result]));
    expect(byId['good']).toMatchObject({
      source: 'contact-lookups',
      'detail-type': 'Lookup Succeeded',
      detail: { lookup: 'findOnlineAgent', trigger, data: { data: [{ agentId: '17813' }] } },
    });
    expect(byId['poison']).toMatchObject({
      'detail-type': 'Lookup Failed',
      detail: { trigger, problem: { code: 'invalid-input', errors: [{ pointer: '/input/pageSize' }] } },
    });
  });
});

it('a program is told of lookups and results in JSON, also by `npm run results`', async () => {
  await send('sqs findOnlineAgent', { input: AGENTS.good, correlationId: 'ticket-4711' });

  await vi.waitFor(() => {
    const lines = started.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ message: 'lookup', lookup: 'findOnlineAgent' }));
    expect(lines).toContainEqual({
      message: 'result',
      detailType: 'Lookup Succeeded',
      lookup: 'findOnlineAgent',
      correlationId: 'ticket-4711',
      messageId: expect.any(String),
    });
  });
  const npm = spawn('npm', ['run', 'results'], { env: { ...process.env, PORT: String(started.port) } });
  expect(await text(npm.stdout)).toContain('"correlationId":"ticket-4711"');
});

it.each(['binary', 'structured', 'batch'])('CloudEvents of mode %s are answered with CloudEvents', async (mode) => {
  const { code, results, summary } = await send(`cloudevent findOnlineAgent --mode ${mode}`, both);

  expect({ code, summary }).toEqual({ code: 0, summary: BOTH });
  expect(results).toMatchObject([
    { type: 'contact-lookups.lookup.succeeded', data: { correlationId: 'good', data: { data: [{}] } } },
    { type: 'contact-lookups.lookup.failed', data: { correlationId: 'poison', problem: { code: 'invalid-input' } } },
  ]);
});

it.each([
  ['s3', { key: CALL_ID }, { key: 'no call' }],
  ['event', { s3: { object: { key: CALL_ID } } }, { s3: { object: {} } }],
])('an event of %s is read as the mapping says', async (service, good, poison) => {
  const { code, results, summary } = await send(`${service} getUserInfoByCallId`, [good, poison]);

  expect({ code, summary }).toEqual({ code: 0, summary: BOTH });
  const succeeded = results.find((result) => result['detail-type'] === 'Lookup Succeeded');
  expect(succeeded.detail).toMatchObject({ trigger: 'event', data: { userId: CALL.userId } });
});

it('a direct invocation prints the answer, or the error', async () => {
  const { code, results, summary } = await send('invoke findOnlineAgent', both);

  expect({ code, summary }).toEqual({ code: 0, summary: BOTH });
  expect(results).toMatchObject([{ data: { data: [{ agentId: '17813' }] } }, { errorType: 'invalid-input' }]);
});

it('a bare input that is invoked where events are mapped is said to have no result', async () => {
  const { code, summary, told } = await send('invoke findOnlineAgent', AGENTS.good);

  expect(code).toBe(1);
  expect(summary).toBe('1 message: 0 answered, 0 failed, 0 dead-lettered, 1 without a result');
  expect(told).toContain('EVENT_MAPPING');
});

it('the Invoke API answers as `aws lambda invoke` asks', async () => {
  const url = `http://localhost:${started.port + 2}/2015-03-31/functions/contact-lookups-local-findOnlineAgent/invocations`;
  const ask = async (event: object) => {
    const response = await fetch(url, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(event) });
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    return { error: response.headers.get('x-amz-function-error'), payload: (await response.json()) as any };
  };

  const good = await ask({ input: AGENTS.good });
  const poison = await ask({ input: AGENTS.good, account: 'nobody' });

  expect(good).toMatchObject({ error: null, payload: { data: { data: [{}] }, meta: { lookup: 'findOnlineAgent' } } });
  expect(poison).toMatchObject({ error: 'Unhandled', payload: { errorType: 'unknown-account' } });
  expect(JSON.parse(poison.payload.errorMessage)).toMatchObject({ code: 'unknown-account', retryable: false });
});

describe('the AWS services of one machine', () => {
  const at = (offset: number) => `http://localhost:${started.port + offset}`;
  const anyKeys = { accessKeyId: 'any', secretAccessKey: 'any' };
  const LOOKUPS = [
    'getUserInfoByCallId',
    'queryAgentLoginParams',
    'findOnlineAgent',
    'queryAgentInfoByWorkNo',
    'batchGetConversationParticipant',
  ].map((lookup) => `contact-lookups-local-${lookup}`);

  it('have queues and functions by their names in the cloud, for any credentials', async () => {
    const sqs = new SQSClient({
      endpoint: at(16),
      region: 'us-east-1',
      credentials: anyKeys,
      useQueueUrlAsEndpoint: false,
    });
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'findOnlineAgent' }));
    const attributes = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    sqs.destroy();
    const functions = (await (await fetch(`${at(2)}/2015-03-31/functions/`)).json()) as {
      Functions: { FunctionName: string }[];
    };

    expect(QueueUrls.map((url) => url.split('/').at(-1)).sort()).toEqual(
      LOOKUPS.flatMap((name) => ['', '-dlq', '-dlq.fifo', '.fifo'].map((suffix) => name + suffix)).sort(),
    );
    expect(QueueUrl).toMatch(/\/contact-lookups-local-findOnlineAgent$/);
    expect(attributes.Attributes?.['QueueArn']).toMatch(/:contact-lookups-local-findOnlineAgent$/);
    const names = functions.Functions.map(({ FunctionName }) => FunctionName);
    expect(names).toEqual(expect.arrayContaining(LOOKUPS));
  });

  it('have secrets for the printed keys alone, and an account more without a start', async () => {
    const [, accessKeyId = '', secretAccessKey = '', region = ''] =
      started.lines
        .map((line) =>
          /^export AWS_ACCESS_KEY_ID=(\w+) AWS_SECRET_ACCESS_KEY=(\w+) AWS_REGION=(\S+) AWS_DEFAULT_REGION=\3$/.exec(
            line,
          ),
        )
        .find((match) => match) ?? [];
    const create = (credentials: typeof anyKeys) =>
      new SecretsManagerClient({ endpoint: at(10), region: region || 'us-east-1', credentials });
    const [client, stranger] = [create({ accessKeyId, secretAccessKey }), create(anyKeys)];
    onTestFinished(() => {
      client.destroy();
      stranger.destroy();
    });
    const name = (account: string) => `contact-lookups/local/huawei-isdp/${account}`;
    const ask = async () => {
      const headers = { ...JSON_TYPE, 'x-vendor-account': 'second' };
      const body = JSON.stringify(AGENTS.good);
      return (await fetch(`${at(0)}/v1/huawei-isdp/find-online-agent`, { method: 'POST', headers, body })).status;
    };

    await expect(stranger.send(new ListSecretsCommand({}))).rejects.toThrow('security token');
    const { SecretList = [] } = await client.send(new ListSecretsCommand({}));
    expect(SecretList.map(({ Name }) => Name)).toContain(name('default'));
    expect(await ask()).toBe(404);
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name('default') }));
    await client.send(new CreateSecretCommand({ Name: name('second'), SecretString: '{}' }));
    expect(await ask()).toBe(500);
    await client.send(new PutSecretValueCommand({ SecretId: name('second'), SecretString }));
    expect(await ask()).toBe(200);
  });
});

describe('while the vendor does not answer', () => {
  const lookup = 'batchGetConversationParticipant';
  const control = (init: RequestInit & { readonly path: string }) =>
    fetch(`http://127.0.0.1:${started.port + 14}/__control/${init.path}`, { headers: JSON_TYPE, ...init });
  const fail = (times: number) =>
    control({ path: 'faults', method: 'POST', body: JSON.stringify({ status: 503, times }) });

  beforeEach(async () => {
    await control({ path: '', method: 'DELETE' });
    return () => control({ path: '', method: 'DELETE' });
  });

  it('a message stays in its queue, and is answered afterwards, with every digit', async () => {
    await fail(2);

    const { code, results, told } = await send(`sqs ${lookup}`, PARTICIPANTS);

    expect(code).toBe(0);
    expect(told).toContain('tried up to 2 times; the next try is in ');
    expect(results).toMatchObject([{ detail: { data: { Participants: [{ ParticipantUserId: LARGEST }] } } }]);
  });

  it('a stream is read again from the first failed record on, and nothing is told twice', async () => {
    await fail(1);
    const messages = `[${PARTICIPANTS},${PARTICIPANTS}]`;

    const { code, results, told } = await send(`kinesis ${lookup}`, messages);

    expect({ code, types: results.map((result) => result['detail-type']) }).toEqual({
      code: 0,
      types: ['Lookup Succeeded', 'Lookup Succeeded'],
    });
    expect(told).toMatch(/the stream is read again from sequence number \d+ on, in 2 s/);
  });

  it.each([
    [`sqs ${lookup} --hurry`, `${lookup}-dlq, received 20 times`],
    [`sqs-fifo ${lookup} --hurry`, `${lookup}-dlq.fifo, received 20 times`],
    [`sns ${lookup} --hurry`, 'vendor-unavailable after 3 tries'],
  ])('`%s` sees the dead letter at once', async (command, reason) => {
    await fail(100);

    const { code, summary, told } = await send(command, PARTICIPANTS);

    expect({ code, summary }).toEqual({ code: 1, summary: '1 message: 0 answered, 0 failed, 1 dead-lettered' });
    expect(told).toContain(reason);
  });

  it('messages of a FIFO group go one after the other to its dead-letter queue', async () => {
    await fail(100);

    const { summary } = await send(`sqs ${lookup} --group one --hurry`, `[${PARTICIPANTS},${PARTICIPANTS}]`);

    expect(summary).toBe('2 messages: 0 answered, 0 failed, 2 dead-lettered');
  });

  it('a stream is given up after a while', async () => {
    await fail(100);

    const { code, summary, told } = await send(`dynamodb ${lookup} --hurry`, PARTICIPANTS);

    expect(code).toBe(1);
    expect(summary).toBe('1 message: 0 answered, 0 failed, 0 dead-lettered, 1 without a result');
    expect(told).toMatch(/given up after 10 tries of sequence number \d+/);
  });

  it('a CloudEvent is answered with the failure of its last try', async () => {
    await fail(100);

    const { results } = await send(`cloudevent ${lookup} --hurry`, PARTICIPANTS);

    expect(results).toMatchObject([{ data: { problem: { code: 'vendor-unavailable', retryable: true } } }]);
  });
});

it('a password is refused in a queue, and nothing prints it', async () => {
  const { results } = await send('sqs queryAgentLoginParams', { account: 'ls120201', password: PASSWORD });
  expect(results).toMatchObject([{ detail: { problem: { code: 'forbidden-trigger' } } }]);

  const { told } = await send('sqs findOnlineAgent', `{"password":"${PASSWORD}"`);
  expect(told).toContain('is not JSON');

  expect(printed).not.toContain(PASSWORD);
});

it.each([
  ['pigeon findOnlineAgent', '"pigeon" is no service.'],
  ['sqs findOnlineAgents', '"findOnlineAgents" is no lookup.'],
  ['sns findOnlineAgent --group a', 'sns takes no --group.'],
  ['cloudevent findOnlineAgent --mode loud', '"loud" is no mode.'],
])('`npm run send -- %s` is refused with a list of what there is', async (command, reason) => {
  const { code, told } = await send(command, {});
  expect(code).toBe(1);
  expect(told).toContain(reason);
  expect(told).toMatch(/services: sqs, .*\nlookups: {2}getUserInfoByCallId, /);
});
