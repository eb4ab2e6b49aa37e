import { describe, expect, test, vi } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { FUNCTION_TIMEOUT_MS, startWorld, type World } from '../../support/world.ts';

const INPUT = { workno: 20011 };

const start = () =>
  startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: [demoAgents[0]] }),
  });

const lookUps = (w: World) => w.vendor.requests.filter(({ method }) => method === 'GET').length;

describe('a retcode', () => {
  // One of each class; test/lib/vendors/huawei-agent-gateway/retcodes.test.ts has every code.
  test.each([
    ['000-002', 'a caller’s error', 422, 'vendor-rejected', false, 1],
    ['100-001', 'a configuration that is wrong', 422, 'vendor-rejected', false, 1],
    ['300-001', 'no right to query', 422, 'vendor-rejected', false, 1],
    ['101-004', 'what only conferences give', 422, 'vendor-rejected', false, 1],
    ['999-999', 'what no table lists', 422, 'vendor-rejected', false, 1],
    ['constructor', 'a name that every object has', 422, 'vendor-rejected', false, 1],
    ['300-002', 'an agent that does not exist', 404, 'not-found', false, 1],
    ['600-001', 'no agent at all', 404, 'not-found', false, 1],
    ['100-004', 'a wrong password', 502, 'vendor-auth-failed', false, 1],
    ['999-001', 'a fault for the vendor’s operator', 502, 'vendor-unavailable', false, 1],
    ['100-007', 'a fault inside that is tried once more', 502, 'vendor-unavailable', true, 2],
    ['000-004', 'an agent that is being switched over', 502, 'vendor-unavailable', true, 3],
    ['105-001', 'an agent that is not cached', 502, 'vendor-unavailable', true, 3],
    ['000-007', 'calls too fast', 429, 'vendor-rate-limited', true, 3],
  ])('%s says %s', async (code, _meaning, status, problem, retryable, attempts) => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: `retcode:${code}`, times: 10 });

    const response = await w.call(INPUT);

    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.body).toMatchObject({
      type: `urn:contact-lookups:problem:${problem}`,
      status,
      code: problem,
      retryable,
      instance: `urn:uuid:${w.outcomes[0]?.requestId}`,
      vendor: { name: 'huawei-agent-gateway', code },
    });
    expect(lookUps(w)).toBe(attempts);
    expect(w.outcomes[0]).toMatchObject({ outcome: 'failed', problem, vendorCode: code, attempts });
    expect(w.clock.pending()).toBe(0);
  });

  test('that passes leaves an answer behind: 000-004 twice, then the agent', async () => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'retcode:000-004', times: 2 });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(3);
  });

  test.each([
    '{"msg":"agent state wrong","retcode":"100-010"}',
    '{"message":"","msg":"agent state wrong","retcode":"100-010"}',
    '{"message":null,"msg":"agent state wrong","retcode":"100-010","result":""}',
    '{"message":"agent state wrong","msg":"","retcode":"100-010"}',
  ])('comes with the vendor’s message, in its older form too: %s', async (body) => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', body });

    expect((await w.call(INPUT)).body.vendor).toEqual({
      name: 'huawei-agent-gateway',
      code: '100-010',
      message: 'agent state wrong',
    });
  });

  test('of the flow control names the wait that the vendor asks for', async () => {
    const w = await start();
    const fault = { headers: { 'retry-after': '7' }, body: '{"message":"","retcode":"000-007"}' };
    w.vendor.fail({ path: 'agentbyworkno', ...fault });

    const response = await w.call(INPUT);

    expect(response.status).toBe(429);
    expect(response.headers['retry-after']).toBe('7');
    // Longer than we wait ourselves.
    expect(lookUps(w)).toBe(1);
  });

  test('of the flow control comes from the vendor itself where another process has used the share up', async () => {
    const w = await start();
    w.putSecret('callers', { baseUrl: w.vendor.url, session: 'caller' });
    await w.call(INPUT);
    const headers = { guid: String(w.vendor.requests[1]?.headers['guid']) };
    const others = [w.coldStart(), w.coldStart()];
    const ask = (process: World) => process.call({ ...INPUT, agentid: 20001 }, { account: 'callers', headers });
    for (const process of [others[0], others[0], others[0], others[0]]) await ask(process as World);

    const response = await ask(others[1] as World);

    expect(response.body).toMatchObject({ code: 'vendor-rate-limited', vendor: { code: '000-007' } });
    expect(response.headers['retry-after']).toBe('1');
  });
});

describe('a retcode under another HTTP status', () => {
  const body = (retcode: string) => JSON.stringify({ message: 'said by the gateway', retcode, result: '' });

  test.each([400, 401, 403, 404, 405, 429, 500, 502, 503])(
    'is what counts, where a table lists it: %i',
    async (status) => {
      const w = await start();
      w.vendor.fail({ path: 'agentbyworkno', status, body: body('300-002') });

      const response = await w.call(INPUT);

      expect(response.body).toMatchObject({
        code: 'not-found',
        retryable: false,
        vendor: { code: '300-002', message: 'said by the gateway' },
      });
      expect(lookUps(w)).toBe(1);
    },
  );

  test.each([401, 500])('has a lost session renewed: 100-006 under %i', async (status) => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', status, body: body('100-006') });

    expect((await w.call(INPUT)).status).toBe(200);
    expect(w.outcomes[0]?.renewals).toEqual(['100-006']);
  });

  test.each([
    [400, 'vendor-rejected', 422, false, 1],
    [404, 'vendor-rejected', 422, false, 1],
    [429, 'vendor-rate-limited', 429, true, 3],
    [500, 'vendor-unavailable', 502, true, 3],
    [503, 'vendor-unavailable', 502, true, 3],
  ])(
    'that no table lists is told under %i, and the status decides',
    async (status, code, ours, retryable, attempts) => {
      const w = await start();
      w.vendor.fail({ path: 'agentbyworkno', status, body: body('999-777'), times: attempts });

      const response = await w.call(INPUT);

      expect(response.status).toBe(ours);
      expect(response.body).toMatchObject({
        code,
        retryable,
        vendor: { code: '999-777', message: 'said by the gateway' },
      });
      expect(lookUps(w)).toBe(attempts);
    },
  );

  test('of the flow control may have three parts', async () => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'retcode:000-000-007' });

    expect((await w.call(INPUT)).status).toBe(200);
    expect(lookUps(w)).toBe(2);
  });

  test('of a sign-in counts as well: a wrong password under 401 is not tried again', async () => {
    const w = await start();
    w.vendor.fail({ path: 'onlineagent', status: 401, body: body('100-004') });

    const responses = [await w.call(INPUT), await w.call(INPUT)];

    for (const response of responses) {
      expect(response.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: '100-004' } });
    }
    expect(w.vendor.requests).toHaveLength(1);
  });
});

describe('a work number beyond the range of the site', () => {
  test.each([
    ['asked about', { workno: 60_000 }, [{ ...demoAgents[0] }]],
    ['of the agent that asks', INPUT, [{ ...demoAgents[0], agentid: '60001' }]],
  ])('%s is a 404 of the route, which names that and baseUrl and is not retryable', async (_whose, input, agents) => {
    const w = await startWorld({
      lookup,
      simulation: huaweiAgentGateway,
      secret: (baseUrl) => ({ baseUrl, session: 'managed', agents }),
    });
    w.vendor.setState({ lastWorkNumber: 59_999 });

    const response = await w.call(input);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-unavailable', retryable: false, vendor: { code: '404' } });
    expect(response.body.detail).toMatch(/`baseUrl`.*work numbers/);
  });
});

describe('no answer', () => {
  test.each([
    ['HTML under 502', { vendorCase: 'html-502', times: 3 }, '502'],
    ['a 503 without a body', { status: 503, times: 3 }, '503'],
    ['a 500 with a retcode, which does not count under it', { status: 500, body: '{"retcode":"0"}', times: 3 }, '500'],
  ])('%s is sent again twice', async (_what, fault, code) => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', ...fault });

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-unavailable', retryable: true, vendor: { code } });
    expect(lookUps(w)).toBe(3);
    expect(w.clock.pending()).toBe(0);
  });

  test.each([
    ['a reset connection', { reset: true }],
    ['a reset in the middle of the answer', { truncate: true }],
    ['HTML under 502', { vendorCase: 'html-502' }],
    ['a 429', { status: 429 }],
  ])('%s, and then one, is an answer', async (_what, fault) => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', ...fault });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(2);
    expect(w.clock.pending()).toBe(0);
  });

  test.each([
    ['HTML under 200', { status: 200, body: '<html>sign in</html>' }, true],
    ['an answer that breaks off', { status: 200, body: '{"retcode":"0","result":{' }, true],
    ['an empty answer', { status: 200, body: '' }, true],
    ['a 404', { status: 404, body: '' }, false],
    ['a redirect, which is not followed', { status: 302, headers: { location: '/elsewhere' } }, false],
  ])('%s is not sent again', async (_what, fault, retryable) => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', ...fault });

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-unavailable', retryable });
    expect(lookUps(w)).toBe(1);
    expect(w.vendor.requests.at(-1)?.path).not.toBe('/elsewhere');
  });

  test.each([
    ['the lookup', 'agentbyworkno', 2],
    ['the sign-in before it', 'onlineagent', 1],
  ])('%s within the time that the function has left is vendor-timeout', async (_what, path, requests) => {
    const w = await start();
    w.vendor.fail({ path, delayMs: 60_000 });

    const call = w.call(INPUT);
    await vi.waitFor(() => expect(w.vendor.requests).toHaveLength(requests), { interval: 1 });
    w.clock.advance(FUNCTION_TIMEOUT_MS);
    const response = await call;

    expect(response.status).toBe(504);
    expect(response.body).toMatchObject({ code: 'vendor-timeout', retryable: true });
    expect(w.clock.pending()).toBe(0);
  });

  test('to one caller’s sign-in in time is one to those who have more time', async () => {
    const w = await start();
    const { promise: until, resolve: answer } = Promise.withResolvers<void>();
    w.vendor.fail({ path: 'onlineagent', until });

    const hasty = w.call(INPUT, { remainingMs: 7_000 });
    const patient = w.call(INPUT);
    await vi.waitFor(() => expect(w.vendor.requests).toHaveLength(1), { interval: 1 });
    w.clock.advance(7_000);

    expect((await hasty).body.code).toBe('vendor-timeout');
    answer();
    expect((await patient).status).toBe(200);
    expect(w.vendor.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
    expect(w.clock.pending()).toBe(0);
  });
});

test('nothing listens at the address: the vendor is unavailable, and nobody was signed in', async () => {
  const w = await start();
  w.putSecret('gone', { baseUrl: 'http://127.0.0.1:1', session: 'managed', agents: [demoAgents[0]] });

  const response = await w.call(INPUT, { account: 'gone' });

  expect(response.status).toBe(502);
  expect(response.body).toMatchObject({ code: 'vendor-unavailable', retryable: true });
  expect(response.body.detail).toMatch(
    /^No connection to the vendor's server 127\.0\.0\.1:\d+: .+ \(ECONNREFUSED\); check/,
  );
  expect(w.outcomes[0]).toMatchObject({ credentialAttempts: 3, attempts: 0 });
  expect(w.clock.pending()).toBe(0);
});
