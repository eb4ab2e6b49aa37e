import { describe, expect, test, vi } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { createTestClock } from '../../support/clock.ts';
import { type Response, startWorld, type World } from '../../support/world.ts';

/** The gateway takes at most 5 requests of an agent in 2 s. */
const REQUESTS = 5;
const WINDOW_MS = 2_000;
/** What we keep between two windows: requests may arrive closer together than they leave. */
const OUR_WINDOW_MS = 2_100;

const INPUT = { workno: 20011 };

/** A world whose clock moves only where a test turns it. */
const start = (agents: readonly unknown[]) =>
  startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    clock: createTestClock({ skipWaitsMs: -1 }),
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents }),
  });

const times = (count: number, call: (index: number) => Promise<Response>) =>
  Promise.all(Array.from({ length: count }, (_each, index) => call(index)));

const arrived = (w: World, count: number) =>
  vi.waitFor(() => expect(w.vendor.requests.length).toBe(count), { interval: 1 });

/** Lets as many requests through as one agent may send, window after window. */
async function passWindows(w: World, requests: number): Promise<void> {
  for (let count = REQUESTS; count < requests; count += REQUESTS) {
    await arrived(w, count);
    w.clock.advance(OUR_WINDOW_MS);
  }
  await arrived(w, requests);
}

const agentOf = (path: string) => path.split('/')[4];

/** The most requests of one agent that the simulator saw in any window, by its clock. */
function mostInAWindow(w: World, agentid = '20001'): number {
  const at = w.vendor.requests.filter(({ path }) => agentOf(path) === agentid).map((request) => request.at);
  return Math.max(...at.map((from) => at.filter((each) => each >= from && each - from < WINDOW_MS).length));
}

test('a hundred first calls at once make one sign-in, and never more than 5 requests in 2 s', async () => {
  const w = await start([demoAgents[0]]);

  const calls = times(100, () => w.call(INPUT, { remainingMs: 60_000 }));
  await passWindows(w, 101);
  const responses = await calls;

  expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
  expect(w.vendor.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  expect(w.secretsManager.requests).toHaveLength(1);
  expect(mostInAWindow(w)).toBe(REQUESTS);
  expect(w.clock.pending()).toBe(0);
});

test('calls over the share wait, and those who would wait too long are told when to come back', async () => {
  const w = await start([demoAgents[0]]);

  // 14.2 s are left to wait in: seven windows, whose first place is the sign-in's.
  const calls = times(40, () => w.call(INPUT));
  await passWindows(w, 35);
  const responses = await calls;

  const refused = responses.filter(({ status }) => status !== 200);
  expect(refused).toHaveLength(6);
  for (const { status, headers, body } of refused) {
    expect(status).toBe(429);
    expect(headers['retry-after']).toBe('15');
    expect(body).toMatchObject({ code: 'vendor-rate-limited', retryable: true });
  }
  expect(w.vendor.requests).toHaveLength(35);
  expect(mostInAWindow(w)).toBe(REQUESTS);
  expect(w.clock.pending()).toBe(0);
});

test('a call that finds the share used up and little time left is refused at once', async () => {
  const w = await start([demoAgents[0]]);
  await times(4, () => w.call(INPUT));

  const response = await w.call(INPUT, { remainingMs: 2_800 });

  expect(response.status).toBe(429);
  expect(response.headers['retry-after']).toBe('3');
  expect(w.vendor.requests).toHaveLength(5);
});

test('the sixth request of an agent waits until the first is 2 s old', async () => {
  const w = await start([demoAgents[0]]);
  await times(4, () => w.call(INPUT));

  const sixth = w.call(INPUT);
  await vi.waitFor(() => expect(w.clock.pending()).toBe(2), { interval: 1 });
  w.clock.advance(WINDOW_MS);
  expect(w.vendor.requests).toHaveLength(5);
  w.clock.advance(OUR_WINDOW_MS - WINDOW_MS);

  expect((await sixth).status).toBe(200);
  expect(mostInAWindow(w)).toBe(REQUESTS);
  expect(w.clock.pending()).toBe(0);
});

describe('the share of an agent', () => {
  const guids = { guid: 'a-guid-of-the-caller' };
  const refusals = (responses: readonly Response[]) => responses.map(({ body }) => body.code);

  test('counts for callers with their own session too, over all accounts of one gateway', async () => {
    const w = await start([demoAgents[0]]);
    const accounts = ['one', 'two'];
    for (const account of accounts) w.putSecret(account, { baseUrl: w.vendor.url, session: 'caller' });
    const ask = (index: number) =>
      w.call({ ...INPUT, agentid: 20001 }, { account: accounts[index % 2] ?? '', headers: guids, remainingMs: 2_500 });
    expect(refusals(await times(REQUESTS, ask))).toEqual(Array.from({ length: 5 }, () => 'vendor-auth-failed'));

    const sixth = await ask(5);

    expect(sixth.body.code).toBe('vendor-rate-limited');
    expect(w.vendor.requests).toHaveLength(REQUESTS);
  });

  test('is its own: another agent is not held up', async () => {
    const w = await start([demoAgents[0]]);
    w.putSecret('callers', { baseUrl: w.vendor.url, session: 'caller' });
    const ask = (agentid: number) =>
      w.call({ ...INPUT, agentid }, { account: 'callers', headers: guids, remainingMs: 2_500 });
    await times(REQUESTS, () => ask(20001));

    expect(refusals(await times(REQUESTS, () => ask(20002)))).toEqual(
      Array.from({ length: REQUESTS }, () => 'vendor-auth-failed'),
    );
  });
});

describe('two agents of one account', () => {
  const countsByAgent = (w: World) =>
    Object.fromEntries(
      ['20001', '20002'].map((agentid) => [
        agentid,
        w.vendor.requests.filter(({ path }) => agentOf(path) === agentid).length,
      ]),
    );

  test('share the load: the second signs in when the first has no place left, and nobody waits', async () => {
    const w = await start(demoAgents.slice(0, 2));

    const responses: Response[] = [];
    for (let call = 0; call < 8; call += 1) responses.push(await w.call(INPUT));

    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(countsByAgent(w)).toEqual({ 20001: 5, 20002: 5 });
    expect(w.clock.pending()).toBe(0);
  });

  test('share the load of a burst as well, in a process that has signed neither in', async () => {
    const w = await start(demoAgents.slice(0, 2));

    const calls = times(20, () => w.call(INPUT));
    await arrived(w, 10);
    w.clock.advance(OUR_WINDOW_MS);
    await arrived(w, 20);
    w.clock.advance(OUR_WINDOW_MS);
    const responses = await calls;

    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(countsByAgent(w)).toEqual({ 20001: 11, 20002: 11 });
    expect(w.vendor.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2);
    expect([mostInAWindow(w, '20001'), mostInAWindow(w, '20002')]).toEqual([REQUESTS, REQUESTS]);
    expect(w.clock.pending()).toBe(0);
  });

  test('do not share what one can do alone: the second is left signed out', async () => {
    const w = await start(demoAgents.slice(0, 2));

    for (let call = 0; call < 12; call += 1) {
      expect((await w.call(INPUT)).status).toBe(200);
      w.clock.advance(1_000);
    }

    expect(countsByAgent(w)).toEqual({ 20001: 13, 20002: 0 });
  });

  test('are not thought busy after sign-ins that failed', async () => {
    const w = await start(demoAgents.slice(0, 2));
    w.vendor.fail({ path: 'onlineagent/20001', vendorCase: 'retcode:100-014', times: 6 });
    for (let call = 0; call < 6; call += 1) {
      await w.call({ ...INPUT, agentid: 20001 });
      w.clock.advance(1_000);
    }

    await w.call(INPUT);

    expect(countsByAgent(w)).toEqual({ 20001: 8, 20002: 0 });
  });

  test.each([
    ['is signed in elsewhere', (w: World) => w.vendor.setState({ signIn: '20001' })],
    [
      'is refused for its phone number',
      (w: World) => w.vendor.fail({ path: 'onlineagent/20001', vendorCase: 'retcode:100-014' }),
    ],
    ['cannot be forced out', (w: World) => w.vendor.fail({ path: 'onlineagent/20001', vendorCase: 'retcode:100-015' })],
  ])('stand in for each other where one %s', async (_what, refuse) => {
    const w = await start(demoAgents.slice(0, 2));
    refuse(w);

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(w.vendor.requests.map(({ method, path }) => `${method} ${agentOf(path)}`)).toEqual([
      'PUT 20001',
      'PUT 20002',
      'GET 20002',
    ]);
  });

  test('stand in for each other where one is taken away in between', async () => {
    const w = await start(demoAgents.slice(0, 2));
    await w.call(INPUT);
    w.vendor.setState({ signIn: '20001' });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(w.vendor.requests.at(-1)?.path).toContain('/agentgroup/20002/');
  });

  test('do not stand in for each other where the caller names one', async () => {
    const w = await start(demoAgents.slice(0, 2));
    w.vendor.setState({ signIn: '20001' });

    const response = await w.call({ ...INPUT, agentid: 20001 });

    expect(response.body).toMatchObject({ code: 'vendor-rejected', vendor: { code: '100-002' } });
    expect(w.vendor.requests).toHaveLength(1);
  });
});
