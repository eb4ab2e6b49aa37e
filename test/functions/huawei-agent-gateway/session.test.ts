import { describe, expect, test, vi } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startWorld, type World } from '../../support/world.ts';

const INPUT = { workno: 20011 };
/** Two minutes without polling sign an agent out. */
const POLL_TIMEOUT_MS = 120_000;

const start = (settings: object = {}) =>
  startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: [demoAgents[0]], ...settings }),
  });

const methods = (w: World) => w.vendor.requests.map(({ method }) => method);
const guids = (w: World) => w.vendor.requests.map(({ headers }) => headers['guid']);

test('a session serves the calls that follow, and its age is told', async () => {
  const w = await start();

  await w.call(INPUT);
  w.clock.advance(90_000);
  const response = await w.call(INPUT);

  expect(response.status).toBe(200);
  expect(methods(w)).toEqual(['PUT', 'GET', 'GET']);
  expect(guids(w)[2]).toBe(guids(w)[1]);
  expect(w.outcomes.map(({ tokenAgeMs }) => tokenAgeMs)).toEqual([0, 90_000]);
  expect(w.outcomes[1]).not.toHaveProperty('renewals');
  expect(w.clock.pending()).toBe(0);
});

describe('one new sign-in', () => {
  test.each(['100-006', '100-008', '000-003', '105-005', '105-006', '105-007'])(
    'follows %s, and the lookup is sent once more',
    async (code) => {
      const w = await start();
      await w.call(INPUT);
      w.vendor.setState({ forgetSessions: true });
      w.vendor.fail({ path: 'agentbyworkno', vendorCase: `retcode:${code}` });

      const response = await w.call(INPUT);

      expect(response.status).toBe(200);
      expect(response.body.meta.attempts).toBe(2);
      expect(methods(w)).toEqual(['PUT', 'GET', 'GET', 'DELETE', 'PUT', 'GET']);
      expect(guids(w)[3]).toBe(guids(w)[2]);
      expect(guids(w)[5]).not.toBe(guids(w)[2]);
      expect(w.outcomes[1]?.renewals).toEqual([code]);
      expect(w.clock.pending()).toBe(0);
    },
  );

  test.each(['105-005', '105-006', '105-007'])('is all: a second %s ends in vendor-auth-failed', async (code) => {
    const w = await start({ onConflict: 'force' });
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: `retcode:${code}`, times: 2 });

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-auth-failed', retryable: false, vendor: { code } });
    expect(w.vendor.requests.map(({ method, path }) => `${method} ${path.split('/').slice(3, 6).join('/')}`)).toEqual([
      'PUT onlineagent/20001',
      'GET agentgroup/20001/agentbyworkno',
      'DELETE onlineagent/20001/logout',
      'PUT onlineagent/20001',
      'GET agentgroup/20001/agentbyworkno',
    ]);
    expect(w.clock.pending()).toBe(0);
  });

  test('follows two minutes without polling, which sign the agent out', async () => {
    const w = await start();
    await w.call(INPUT);
    w.clock.advance(POLL_TIMEOUT_MS);

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(methods(w)).toEqual(['PUT', 'GET', 'GET', 'DELETE', 'PUT', 'GET']);
    expect(w.outcomes[1]).toMatchObject({ renewals: ['100-006'], tokenAgeMs: 0, attempts: 2, credentialAttempts: 2 });
    expect(w.clock.pending()).toBe(0);
  });

  test('serves all who found the agent signed out at once', async () => {
    const w = await start();
    await w.call(INPUT);
    w.clock.advance(POLL_TIMEOUT_MS);

    const responses = await Promise.all([w.call(INPUT), w.call(INPUT)]);

    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(methods(w).filter((method) => method === 'PUT')).toHaveLength(2);
  });

  test('serves those too whose refusal comes late: the new session outlives it', async () => {
    const w = await start();
    await w.call(INPUT);
    w.clock.advance(POLL_TIMEOUT_MS);
    const { promise: until, resolve: refuse } = Promise.withResolvers<void>();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in', until });

    const late = w.call(INPUT);
    await vi.waitFor(() => expect(w.vendor.requests).toHaveLength(3), { interval: 1 });
    const prompt = await w.call(INPUT);
    refuse();

    expect([prompt.status, (await late).status]).toEqual([200, 200]);
    expect(methods(w)).toEqual(['PUT', 'GET', 'GET', 'GET', 'DELETE', 'PUT', 'GET', 'GET']);
    expect(w.clock.pending()).toBe(0);
  });

  test('that is refused leaves no session behind: the call after it signs in again', async () => {
    const w = await start();
    await w.call(INPUT);
    w.vendor.setState({ forgetSessions: true });
    // The sign-out is refused, and the sign-in after it.
    w.vendor.fail({ path: 'onlineagent', vendorCase: 'retcode:100-014', times: 2 });

    const responses = [await w.call(INPUT), await w.call(INPUT)];

    expect(responses.map(({ body }) => body.code ?? 'answered')).toEqual(['vendor-rejected', 'answered']);
    expect(methods(w)).toEqual(['PUT', 'GET', 'GET', 'DELETE', 'PUT', 'PUT', 'GET']);
  });
});

describe('another sign-in of the agent', () => {
  test('ends ours: with onConflict fail the agent is left where it is', async () => {
    const w = await start();
    await w.call(INPUT);
    w.vendor.setState({ signIn: '20001' });

    const response = await w.call(INPUT);

    expect(response.status).toBe(422);
    expect(response.body).toMatchObject({
      code: 'vendor-rejected',
      // An instance of ours may have it.
      retryable: true,
      detail: expect.stringContaining('signed in elsewhere (100-002)'),
      vendor: { code: '100-006', message: 'agent not login' },
    });
    expect(methods(w)).toEqual(['PUT', 'GET', 'GET', 'DELETE', 'PUT']);
  });

  test('ends ours: with onConflict force the agent is taken back', async () => {
    const w = await start({ onConflict: 'force' });
    await w.call(INPUT);
    w.vendor.setState({ signIn: '20001' });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(methods(w)).toEqual(['PUT', 'GET', 'GET', 'DELETE', 'PUT', 'PUT', 'GET']);
  });

  test('by another process of ours ends ours', async () => {
    const w = await start({ onConflict: 'force' });
    await w.call(INPUT);
    const second = w.coldStart();

    const responses = [await second.call(INPUT), await w.call(INPUT)];

    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(w.outcomes[1]?.renewals).toEqual(['100-006']);
  });
});

describe('a Guid that an answer renews', () => {
  test.each([
    ['AUTHMODE 2 with Set-GUID', { path: 'agentbyworkno', vendorCase: 'renew-guid' }],
    [
      'a release that says Guid',
      {
        path: 'agentbyworkno',
        headers: { Guid: 'renewed.AgentGateway0' },
        body: '{"message":"","retcode":"0","result":{}}',
      },
    ],
  ])('takes the place of the old one: %s', async (_what, fault) => {
    const w = await start();
    w.vendor.fail(fault);

    const responses = [await w.call(INPUT), await w.call(INPUT)];

    expect(responses[0]?.status).toBe(200);
    expect(responses[0]?.headers).not.toHaveProperty('guid');
    expect(guids(w)[2]).not.toBe(guids(w)[1]);
    expect(guids(w)[2]).toMatch(/\.AgentGateway0$/);
    expect(w.vendor.requests[2]?.headers['cookie']).toBe(w.vendor.requests[1]?.headers['cookie']);
  });

  test.each([
    ['Max-Age=0', 'huaweielbsession=x; Max-Age=0'],
    ['an Expires that has passed', 'huaweielbsession=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/'],
  ])('comes without a cookie that its answer deletes by %s', async (_what, deletion) => {
    const w = await start();
    w.vendor.fail({
      path: 'agentbyworkno',
      headers: { 'Set-GUID': 'JSESSIONID=renewed.AgentGateway0', 'Set-Cookie': deletion },
      body: '{"message":"","retcode":"0","result":{}}',
    });

    await w.call(INPUT);
    await w.call(INPUT);

    expect(w.vendor.requests[1]?.headers['cookie']).toMatch(/^huaweielbsession=\S+; simulatornode=AgentGateway0$/);
    expect(w.vendor.requests[2]?.headers['cookie']).toBe('simulatornode=AgentGateway0');
  });

  test('costs no sign-in, though the old one is refused from then on', async () => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'renew-guid', times: 3 });

    const responses = [await w.call(INPUT), await w.call(INPUT), await w.call(INPUT), await w.call(INPUT)];

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(methods(w)).toEqual(['PUT', 'GET', 'GET', 'GET', 'GET']);
    expect(new Set(guids(w).slice(1)).size).toBe(4);
  });

  test('is not taken from an answer that fails', async () => {
    const w = await start();
    w.vendor.fail({
      path: 'agentbyworkno',
      headers: { 'Set-GUID': 'JSESSIONID=of-a-failure' },
      body: '{"message":"","retcode":"300-002"}',
    });

    const responses = [await w.call(INPUT), await w.call(INPUT)];

    expect(responses.map(({ status }) => status)).toEqual([404, 200]);
    expect(guids(w)[2]).toBe(guids(w)[1]);
  });
});

test('AUTHMODE 1 keeps one Guid from sign-in to sign-out', async () => {
  const w = await start();
  w.vendor.setState({ authMode: 1 });

  await w.call(INPUT);
  w.clock.advance(100_000);
  const response = await w.call(INPUT);

  expect(response.status).toBe(200);
  expect(methods(w)).toEqual(['PUT', 'GET', 'GET']);
  expect(guids(w)[2]).toBe(guids(w)[1]);
});

test('a changed secret shares no session with the one before it', async () => {
  const w = await start();
  await w.call(INPUT);
  w.putSecret('default', { baseUrl: w.vendor.url, session: 'managed', agents: [demoAgents[0]], onConflict: 'force' });
  // So old a secret is read again before it is used.
  w.clock.advance(15 * 60_000);

  const response = await w.call(INPUT);

  expect(response.status).toBe(200);
  expect(methods(w)).toEqual(['PUT', 'GET', 'PUT', 'GET']);
});
