import { afterEach, describe, expect, test, vi } from 'vitest';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { findOnlineAgent } from '../../../functions/huawei-isdp/find-online-agent.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { huaweiIsdp } from '../../../local/simulators/huawei-isdp.ts';
import { json } from '../../../local/simulators/server.ts';
import { around, bodyOf } from '../../functions/huawei-common/support.ts';
import { isdpSecret } from '../../support/accounts.ts';
import { startWorld } from '../../support/world.ts';
import {
  ask,
  batchOf,
  binary,
  eventOf,
  INPUT,
  MODES,
  startCec,
  structured,
  USER_INFO,
} from './cloud-events-support.ts';
import { FRONTS, HTTP_API, invoke, readEvent } from './http-support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const modes = Object.entries(MODES).map(([mode, write]) => ({ mode, write }));

describe.each(modes)('in the mode $mode', ({ write }) => {
  test.each([
    ['an input that breaks its rules', { callId: 7 }, {}, 'invalid-input'],
    ['an envelope with a field that is none', { input: INPUT, more: 1 }, {}, 'invalid-input'],
    ['no data', undefined, {}, 'invalid-input'],
    ['data that is not JSON by its type', 'text', { datacontenttype: 'text/plain' }, 'invalid-input'],
    ['an account that does not exist', { input: INPUT, account: 'nobody' }, {}, 'unknown-account'],
    ['a name that no account can have', { input: INPUT, account: '../x' }, {}, 'invalid-input'],
    ['a chat that the vendor does not know', { ...INPUT, callId: 'gone' }, {}, 'not-found'],
  ])('%s is a failed lookup, and the event is not asked for again', async (_what, data, attributes, code) => {
    const world = await startCec();
    const answer = await ask(world, write(eventOf(data, attributes)));
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(answer.event).toMatchObject({
      type: 'contact-lookups.lookup.failed',
      data: { messageId: 'event-1', problem: { code, retryable: false, instance: 'urn:uuid:a-request' } },
    });
    expect(answer.event.data).not.toHaveProperty('data');
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: code, trigger: 'cloudevents' }]);
  });

  test('a failure that may pass has its status, and is a CloudEvent all the same', async () => {
    const world = await startCec();
    const event = eventOf({ input: INPUT, correlationId: 'order-1' });
    world.vendor.fail({ path: USER_INFO, status: 429, headers: { 'retry-after': '120' }, body: '{}' });

    const failed = await ask(world, write(event), { requestId: 'first' });
    const answered = await ask(world, write(event), { requestId: 'second' });

    expect(failed).toMatchObject({ status: 429, headers: { 'retry-after': '120' } });
    expect(failed.event).toMatchObject({
      type: 'contact-lookups.lookup.failed',
      data: { correlationId: 'order-1', problem: { code: 'vendor-rate-limited', retryable: true } },
    });
    expect(answered).toMatchObject({ status: 200, event: { type: 'contact-lookups.lookup.succeeded' } });
    // Whoever drops what it has seen by its id must not drop the answer for the failure's sake.
    expect(failed.event.id).not.toBe(answered.event.id);
    expect(failed.event.data.id).toBe(failed.event.id);
  });

  test('the vendor is asked once, since the sender sends the event again', async () => {
    const world = await startCec();
    world.vendor.fail({ path: USER_INFO, status: 503, body: '{}', times: 9 });
    const answer = await ask(world, write(eventOf(INPUT)));
    expect(answer).toMatchObject({ status: 502, event: { data: { problem: { code: 'vendor-unavailable' } } } });
    expect(world.vendor.requests.filter(({ path }) => path === USER_INFO)).toHaveLength(1);
  });
});

describe('a batch of which some fail', () => {
  const startMixed = (faults: Record<string, { status: number; retryAfter?: string }>) =>
    startCec({
      simulation: around(huaweiCec, ({ path, body }, answer) => {
        const fault = path === USER_INFO ? faults[JSON.parse(body.toString()).callId] : undefined;
        if (!fault) return answer();
        return json(fault.status, {}, fault.retryAfter ? { 'retry-after': fault.retryAfter } : {});
      }),
    });
  const asking = (...callIds: string[]) =>
    batchOf(callIds.map((callId, index) => eventOf({ ...INPUT, callId }, { id: `event-${index}` })));

  test('is asked for again where another try may help one of them, after the longest wait', async () => {
    const world = await startMixed({
      slow: { status: 429, retryAfter: '7' },
      slower: { status: 429, retryAfter: '90' },
    });
    const answer = await ask(world, asking(INPUT.callId, 'slow', 'gone', 'slower'));
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '90' } });
    expect(answer.events.map(({ data }) => data.problem?.code)).toEqual([
      undefined,
      'vendor-rate-limited',
      'not-found',
      'vendor-rate-limited',
    ]);
  });

  test('is done where none of them would fare better', async () => {
    const world = await startMixed({});
    const answer = await ask(world, asking('gone', INPUT.callId));
    expect(answer.status).toBe(200);
    expect(answer.events.map(({ type }) => type)).toEqual([
      'contact-lookups.lookup.failed',
      'contact-lookups.lookup.succeeded',
    ]);
  });
});

describe('the rights to accounts', () => {
  const PRINCIPALS = '{"arn:aws:iam::111122223333:role/desk":["emea"]}';
  const events = [eventOf(INPUT), eventOf({ input: INPUT, account: 'emea' })];

  test('hold for the account of each event', async () => {
    const world = await startCec({ accountAccess: PRINCIPALS });
    const front = { name: 'IAM', event: (sent: object) => ({ ...readEvent('http-api-iam.json'), ...sent }) };
    const answer = await ask(world, batchOf(events), { front });
    expect(answer.status).toBe(200);
    expect(answer.events.map(({ data }) => data.problem?.code)).toEqual(['forbidden-account', undefined]);
  });

  test('nobody has over a load balancer', async () => {
    const world = await startCec({ accountAccess: PRINCIPALS });
    for (const front of FRONTS.filter(({ name }) => name.startsWith('a load balancer'))) {
      const answer = await invoke(world, front.event(batchOf(events)));
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden-account' } });
    }
    expect(world.secretsManager.requests).toEqual([]);
  });
});

describe('a lookup of passwords', () => {
  const LOGIN = { account: 'webrtc-agent', password: 'demo-password' };
  const SECRETS = ['demo-password', 'demo-platform-password', 'demo-sip-password'];

  test.each(modes)('is refused in the mode $mode, and nobody is asked', async ({ write }) => {
    const world = await startCec({ lookup: queryAgentLoginParams });
    const answer = await ask(world, write(eventOf({ input: LOGIN })));
    expect(answer).toMatchObject({
      status: 200,
      event: {
        type: 'contact-lookups.lookup.failed',
        data: { problem: { code: 'forbidden-trigger', retryable: false } },
      },
    });
    expect(world.vendor.requests).toEqual([]);
    expect(world.secretsManager.requests).toEqual([]);
    for (const secret of SECRETS) expect(answer.text + JSON.stringify(world.outcomes)).not.toContain(secret);
  });

  test.each(modes)('is given without them in the mode $mode where the stage allows it', async ({ write }) => {
    vi.stubEnv('SECRETS_IN_EVENTS', 'allowed');
    const world = await startCec({ lookup: queryAgentLoginParams });
    const answer = await ask(world, write(eventOf({ input: LOGIN })));
    expect(answer.event.data.data).toMatchObject({ workNo: '1517', sipAccount: '88887819' });
    for (const secret of SECRETS) expect(answer.text + JSON.stringify(world.outcomes)).not.toContain(secret);
  });

  test('is no way round as an event that lacks its version', async () => {
    const world = await startCec({ lookup: queryAgentLoginParams });
    const { headers, body } = binary(eventOf(LOGIN));
    const { 'ce-specversion': _version, ...others } = headers ?? {};
    const answer = await invoke(world, HTTP_API.event({ headers: others, body: body ?? null }));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/specversion' }] } });
    expect(world.vendor.requests).toEqual([]);
  });
});

test('an answer of a batch that is more than its share of what Lambda can give is a failed one that says so', async () => {
  const rows = Array.from({ length: 50 }, () => ({ agentName: 'é'.repeat(12_500) }));
  const world = await startWorld({
    lookup: findOnlineAgent,
    simulation: around(huaweiIsdp, (request, answer) => {
      if (!request.path.endsWith('findOnlineAgent')) return answer();
      const { onlineStatus } = bodyOf(request) as { onlineStatus: number };
      return json(200, { stateCode: '0', result: { data: onlineStatus === 1 ? rows : [] } });
    }),
    secret: isdpSecret,
  });
  const askAll = async (onlineStatuses: readonly number[]) => {
    const inputs = onlineStatuses.map((onlineStatus) => ({ onlineStatus }));
    const events = inputs.map((input, index) => eventOf(input, { id: `event-${index}` }));
    const answer = await ask(world, batchOf(events));
    expect(answer.status).toBe(200);
    expect(Buffer.byteLength(JSON.stringify(answer.result))).toBeLessThan(6 * 1024 * 1024);
    return answer.events.map(({ data }) => data.problem?.code ?? 'answered');
  };

  expect(await askAll([1, 1, 1, 1])).toEqual(Array(4).fill('answered'));
  // A row is small enough for its share all the same.
  expect(await askAll([1, 1, 1, 1, 1, 0])).toEqual([...Array(5).fill('result-too-large'), 'answered']);
  expect(world.outcomes.map(({ problem }) => problem).filter(Boolean)).toEqual(Array(5).fill('result-too-large'));
});

test('no secret of an account is in what an event is answered', async () => {
  const world = await startCec({
    simulation: around(huaweiCec, ({ path, headers }, answer) =>
      path === USER_INFO ? json(400, { message: `bad token ${headers['authorization']}` }) : answer(),
    ),
  });
  const { text } = await ask(world, structured(eventOf(INPUT)));
  const token = world.vendor.requests.find(({ path }) => path === USER_INFO)?.headers['authorization']?.slice(7) ?? '';
  expect(token).toMatch(/^[0-9a-f]{32}$/);
  for (const secret of [token, 'demo-cec-app-secret']) {
    expect(text + JSON.stringify(world.outcomes)).not.toContain(secret);
  }
});
