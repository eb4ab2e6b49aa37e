import { expect, test, vi } from 'vitest';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { CEC_AGENTS, CEC_APP_KEY, CEC_APP_SECRET, huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { type MessageWorld, resultsOn, startMessageWorld } from '../../support/messages.ts';
import { dynamodbEvent, eventBridgeEvent, kinesisEvent, snsEvent } from '../../support/service-events.ts';

const ACCOUNT = 'webrtc-agent';
const PASSWORD = 'demo-password';
const RESULTS = CEC_AGENTS.find(({ account }) => account === ACCOUNT)?.results;
const LOOKUP = 'queryAgentLoginParams';
/** What may be in no result, log or error. */
const SECRETS = [PASSWORD, String(RESULTS?.['password']), String(RESULTS?.['sipPwd']), CEC_APP_KEY, CEC_APP_SECRET];

type Input = Readonly<Record<string, string>>;

const input = { account: ACCOUNT, password: PASSWORD };
const textsOf = (texts: Input) => ({
  M: Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, { S: value }])),
});

const TRIGGERS: readonly [trigger: string, event: (asked: Input) => unknown][] = [
  ['kinesis', (asked) => kinesisEvent([{ data: { input: asked } }])],
  ['dynamodb', (asked) => dynamodbEvent([{ item: { input: textsOf(asked) } }])],
  ['sns', (asked) => snsEvent({ input: asked })],
  ['eventbridge', (asked) => eventBridgeEvent({ input: asked })],
  ['event', (asked) => ({ Records: [{ input: asked }] })],
];

const start = () => startMessageWorld({ lookup: queryAgentLoginParams, simulation: huaweiCec, secret: cecSecret });

function expectNoSecret(world: MessageWorld, ...others: readonly unknown[]): void {
  const left = JSON.stringify([world.bus.events, world.outcomes, world.batches, others]);
  for (const secret of SECRETS) expect(left).not.toContain(secret);
}

/** What was returned, or what Lambda and its log show of what was thrown. */
const outcomeOf = (delivered: Promise<unknown>) =>
  delivered.catch((error: Error) => ({ name: error.name, message: error.message, stack: error.stack }));

test.each(TRIGGERS)('a lookup of passwords is refused from %s, and nothing is asked', async (trigger, event) => {
  const world = await start();
  const returned = await world.deliver(event(input));
  expect([undefined, { batchItemFailures: [] }]).toContainEqual(returned);
  expect(resultsOn(world.bus)).toMatchObject([
    {
      type: 'Lookup Failed',
      detail: { lookup: LOOKUP, trigger, problem: { code: 'forbidden-trigger', retryable: false } },
    },
  ]);
  expect(world.vendor.requests).toEqual([]);
  expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'forbidden-trigger', trigger }]);
  expectNoSecret(world, returned);
});

test.each(['', 'yes', 'ALLOWED', 'true'])('a stage that sets %o has not allowed it', async (value) => {
  vi.stubEnv('SECRETS_IN_EVENTS', value);
  const world = await start();
  await world.deliver(snsEvent({ input }));
  expect(resultsOn(world.bus)).toMatchObject([{ detail: { problem: { code: 'forbidden-trigger' } } }]);
});

test.each(TRIGGERS)('where the stage allows it, the result from %s is without passwords', async (_trigger, event) => {
  vi.stubEnv('SECRETS_IN_EVENTS', 'allowed');
  const world = await start();
  await world.deliver(event(input));
  const { password: _password, sipPwd: _sipPwd, sipServerInfo, ...rest } = RESULTS ?? {};
  expect(resultsOn(world.bus)).toMatchObject([{ type: 'Lookup Succeeded', detail: { data: rest } }]);
  expect(resultsOn(world.bus)[0]?.detail['data']).toMatchObject({ sipServerInfo: sipServerInfo as object });
  expectNoSecret(world);
});

test.each(TRIGGERS)('whatever the vendor says, no secret leaves by %s', async (_trigger, event) => {
  vi.stubEnv('SECRETS_IN_EVENTS', 'allowed');
  const world = await start();
  const everything = SECRETS.join(' and ');
  // Only passwords that the vendor gives with an answer of a known form can be told from what they stand in.
  const ours = [PASSWORD, CEC_APP_KEY, CEC_APP_SECRET].join(' and ');
  const results = { password: SECRETS[1], sipPwd: SECRETS[2] };
  for (const answer of [
    { status: 200, body: JSON.stringify({ returnCode: '1', message: everything, results }) },
    { status: 403, body: JSON.stringify({ exceptionInfo: ours }) },
    { status: 503, body: ours },
    { status: 429, body: ours, headers: { 'retry-after': '30' } },
    { status: 200, body: `<html>${ours}</html>` },
    { status: 200, body: JSON.stringify({ returnCode: '0', results: { workNo: { [everything]: everything } } }) },
    { reset: true },
  ]) {
    world.vendor.fail({ path: LOOKUP, ...answer });
    expectNoSecret(world, await outcomeOf(world.deliver(event(input))));
    world.vendor.reset();
  }
  expect(world.outcomes).toHaveLength(7);
  expect(world.outcomes.every(({ outcome }) => outcome === 'failed')).toBe(true);
});

test.each(TRIGGERS)('a wrong input that holds a password is not repeated, by %s', async (_trigger, event) => {
  vi.stubEnv('SECRETS_IN_EVENTS', 'allowed');
  const world = await start();
  const returned = await outcomeOf(world.deliver(event({ password: PASSWORD.repeat(20), other: PASSWORD })));
  expect(resultsOn(world.bus)).toMatchObject([{ detail: { problem: { code: 'invalid-input' } } }]);
  expectNoSecret(world, returned);
});

test('a password is not checked twice: a failure after which it may have been is published, not tried again', async () => {
  vi.stubEnv('SECRETS_IN_EVENTS', 'allowed');
  const world = await start();
  world.vendor.fail({ path: LOOKUP, reset: true });
  expect(await world.deliver(kinesisEvent([{ data: { input } }]))).toEqual({ batchItemFailures: [] });
  expect(resultsOn(world.bus)).toMatchObject([
    { type: 'Lookup Failed', detail: { problem: { code: 'vendor-unavailable', retryable: false } } },
  ]);
  expect(world.vendor.requests.filter(({ path }) => path.endsWith(LOOKUP))).toHaveLength(1);
});
