import { describe, expect, test } from 'vitest';
import { CEC_APP_KEY, CEC_APP_SECRET } from '../../../local/simulators/huawei-cec.ts';
import { ISDP_CLIENT_ID, ISDP_PASSWORD, ISDP_USERNAME } from '../../../local/simulators/huawei-isdp.ts';
import { failure, invoke, success } from '../../support/invoke.ts';
import { agentInfo, LOOKUPS, loginParams, onlineAgents, participants, userInfo } from '../../support/lookups.ts';
import { startMessageWorld } from '../../support/messages.ts';
import { startWorld } from '../../support/world.ts';

const SAFE = [
  'ticket-4711',
  '5b2f3c1e-8a0d-4f6b-9c7e-2d1a0b9c8e7f',
  '1-67891233-abcdef012345678912345678',
  'Desk:7_a.b',
  'a'.repeat(64),
];
const UNBOUNDED = ['a'.repeat(65), 'ann@example.com', 'chat 7', 'a\nb', '<script>', 'Köln', 'a/b', 'a=b', '{}'];

const sqsEvent = (body: object) => ({
  Records: [
    {
      messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
      receiptHandle: 'receipt',
      body: JSON.stringify(body),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1545082649183' },
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:my-queue',
      awsRegion: 'eu-central-1',
    },
  ],
});

describe.each(LOOKUPS)('the log line of $lookup.name', (known) => {
  test('has the correlationId of an invocation', async () => {
    const world = await startWorld(known);
    await success(world, { input: known.input, correlationId: 'ticket-4711' });
    expect(world.outcomes).toMatchObject([{ outcome: 'succeeded', correlationId: 'ticket-4711' }]);
  });

  test('has none without one', async () => {
    const world = await startWorld(known);
    await success(world, known.input);
    expect(world.outcomes[0]).not.toHaveProperty('correlationId');
  });
});

test('a message of a queue has its correlationId in the log line, also if its input is refused', async () => {
  const world = await startMessageWorld(userInfo);
  await world.deliver(sqsEvent({ input: userInfo.input, correlationId: 'good' }));
  await world.deliver(sqsEvent({ input: {}, correlationId: 'poison' }));
  expect(world.outcomes).toMatchObject([
    { outcome: 'succeeded', trigger: 'sqs', correlationId: 'good' },
    { outcome: 'failed', trigger: 'sqs', problem: 'invalid-input', correlationId: 'poison' },
  ]);
});

test.each(SAFE)('%s is logged', async (correlationId) => {
  const world = await startWorld(onlineAgents);
  await success(world, { input: onlineAgents.input, correlationId });
  expect(world.outcomes).toMatchObject([{ correlationId }]);
});

test.each(UNBOUNDED)('%j is answered and not logged', async (correlationId) => {
  const world = await startMessageWorld(onlineAgents);
  await world.deliver(sqsEvent({ input: onlineAgents.input, correlationId }));
  expect(world.bus.events).toMatchObject([{ detail: { correlationId } }]);
  expect(world.outcomes).toMatchObject([{ outcome: 'succeeded' }]);
  expect(world.outcomes[0]).not.toHaveProperty('correlationId');
});

const base64 = (text: string) => Buffer.from(text).toString('base64url');
const hex = (text: string) => Buffer.from(text).toString('hex');

describe('a secret that is given as the correlationId is not logged', () => {
  test.each([
    ['the application key', userInfo, CEC_APP_KEY],
    ['the application secret', userInfo, CEC_APP_SECRET],
    ['the client id', onlineAgents, ISDP_CLIENT_ID],
    ['the application id', onlineAgents, ISDP_USERNAME],
    ['the application token', onlineAgents, ISDP_PASSWORD],
    ["the caller's password", loginParams, loginParams.input.password],
    ["the caller's account", loginParams, loginParams.input.account],
  ])('%s', async (_name, known, secret) => {
    const world = await startWorld(known);
    for (const correlationId of [secret, `x-${secret}-1`, base64(secret), hex(secret)]) {
      await invoke(world, JSON.stringify({ input: known.input, correlationId }));
    }
    expect(world.outcomes).toHaveLength(4);
    for (const outcome of world.outcomes) expect(outcome).not.toHaveProperty('correlationId');
  });

  test('a password of three characters', async () => {
    const world = await startWorld(loginParams);
    await failure(world, { input: { account: 'ls120201', password: 'a1b' }, correlationId: 'x-a1b-1' });
    expect(world.outcomes[0]).not.toHaveProperty('correlationId');
  });

  test('the token in use', async () => {
    const world = await startWorld(userInfo);
    await success(world, userInfo.input);
    const token = world.vendor.requests.at(-1)?.headers['authorization']?.replace(/^bearer /i, '') ?? '';
    await success(world, { input: userInfo.input, correlationId: token });
    expect(token.length).toBeGreaterThan(3);
    expect(world.outcomes[1]).not.toHaveProperty('correlationId');
  });

  test('the Guid in use', async () => {
    const world = await startWorld(agentInfo);
    await success(world, agentInfo.input);
    const guid = world.vendor.requests.at(-1)?.headers['guid'] ?? '';
    await success(world, { input: agentInfo.input, correlationId: guid.slice(0, 256) });
    expect(guid.length).toBeGreaterThan(3);
    expect(world.outcomes[1]).not.toHaveProperty('correlationId');
  });

  test.each([
    ['is refused', { account: 'ls120201', password: 'Samplex', other: 1 }],
    ['cannot be read', 'Samplex'],
  ])('a password in an input that %s', async (_what, input) => {
    const world = await startWorld(loginParams);
    await failure(world, { input, correlationId: 'Samplex' });
    expect(world.outcomes[0]).toMatchObject({ outcome: 'failed', problem: 'invalid-input' });
    expect(world.outcomes[0]).not.toHaveProperty('correlationId');
  });

  test('a password in a message that is not answered', async () => {
    const world = await startMessageWorld(loginParams);
    await world.deliver(sqsEvent({ input: loginParams.input, correlationId: 'Samplex' }));
    expect(world.outcomes[0]).toMatchObject({ problem: 'forbidden-trigger' });
    expect(world.outcomes[0]).not.toHaveProperty('correlationId');
  });
});

test('a failure at the vendor has the correlationId too', async () => {
  const world = await startWorld(participants);
  world.vendor.fail({ path: '/', status: 403, body: '{}' });
  await failure(world, { input: participants.input, correlationId: 'ticket-4711' });
  expect(world.outcomes).toMatchObject([{ outcome: 'failed', correlationId: 'ticket-4711' }]);
});
