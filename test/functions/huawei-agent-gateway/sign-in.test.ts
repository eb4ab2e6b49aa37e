import { describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startWorld, type World } from '../../support/world.ts';

const INPUT = { workno: 20011 };
const SIGN_IN = 'PUT /onlineagent/20001';
const FORCED_SIGN_IN = 'PUT /onlineagent/20001/forcelogin';
const LOOK_UP = 'GET /agentgroup/20001/agentbyworkno/20011';

const start = (settings: object = {}) =>
  startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: [demoAgents[0]], ...settings }),
  });

const sent = (w: World) =>
  w.vendor.requests.map(({ method, path }) => `${method} ${path.replace('/agentgateway/resource', '')}`);

describe('the sign-in of an agent that only asks', () => {
  test('leaves it busy, off text chat and never put to idle, so that no call comes to it', async () => {
    const w = await start();

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(sent(w)).toEqual([SIGN_IN, LOOK_UP]);
    const [signIn] = w.vendor.requests;
    expect(JSON.parse(String(signIn?.body))).toEqual({
      password: 'demo-password-20001',
      phonenum: '70001',
      status: 3,
      autoenteridle: false,
      autoanswer: false,
      checkInWebm: false,
      checkInMailm: false,
    });
    expect(signIn?.headers['content-type']).toBe('application/json; charset=UTF-8');
    expect(signIn?.headers).not.toHaveProperty('guid');
    expect(signIn?.headers).not.toHaveProperty('cookie');
    expect(w.outcomes[0]).toMatchObject({ attempts: 1, credentialAttempts: 1, tokenAgeMs: 0 });
    expect(w.clock.pending()).toBe(0);
  });

  test('goes to the path of the account’s address where it has one', async () => {
    const w = await start();
    w.putSecret('default', {
      baseUrl: `${w.vendor.url}/agentgateway/resource/`,
      session: 'managed',
      agents: [demoAgents[0]],
    });

    expect((await w.call(INPUT)).status).toBe(200);
    expect(sent(w)).toEqual([SIGN_IN, LOOK_UP]);
  });
});

describe('the Guid', () => {
  test.each([
    ['in Set-GUID, behind JSESSIONID=', undefined],
    ['in Guid, bare', 'guid-header'],
    ['with an answer in the older form, which says msg', 'msg'],
  ])('is taken %s', async (_where, vendorCase) => {
    const w = await start();
    if (vendorCase) w.vendor.fail({ path: 'onlineagent', vendorCase });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(w.vendor.requests[1]?.headers['guid']).toMatch(/^[0-9a-f-]{36}\.AgentGateway0$/);
  });

  test.each([
    ['Set-GUID', 'JSESSIONID=abc.AgentGateway1; Path=/; HttpOnly'],
    ['SET-GUID', 'abc.AgentGateway1'],
    ['guid', ' abc.AgentGateway1;x=1'],
  ])('is what stands before a semicolon of %s: %s', async (name, value) => {
    const w = await start();
    w.vendor.fail({ path: 'onlineagent', headers: { [name]: value }, body: '{"retcode":"0"}' });
    w.vendor.fail({ path: 'agentbyworkno', body: '{"retcode":"0","result":{}}' });

    await w.call(INPUT);

    expect(w.vendor.requests[1]?.headers['guid']).toBe('abc.AgentGateway1');
  });

  test.each([
    ['is in no header', { vendorCase: 'guid-neither' }],
    ['is empty', { headers: { 'Set-GUID': 'JSESSIONID=' }, body: '{"retcode":"0","result":{}}' }],
  ])('is an error of the vendor where it %s', async (_what, fault) => {
    const w = await start();
    w.vendor.fail({ path: 'onlineagent', ...fault });

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-contract-changed', retryable: false });
    expect(sent(w)).toEqual([SIGN_IN]);
    expect(w.clock.pending()).toBe(0);
  });

  test('is not taken from a sign-in that failed', async () => {
    const w = await start();
    w.vendor.fail({
      path: 'onlineagent',
      headers: { 'Set-GUID': 'JSESSIONID=abc' },
      body: '{"message":"","retcode":"100-014"}',
    });

    const response = await w.call(INPUT);

    expect(response.body).toMatchObject({ code: 'vendor-rejected', vendor: { code: '100-014' } });
    expect(sent(w)).toEqual([SIGN_IN]);
  });
});

test('the cookies of the sign-in go with every request of the session, names and values alone', async () => {
  const w = await start();
  w.vendor.setState({ requireCookie: true });

  const responses = [await w.call(INPUT), await w.call(INPUT)];

  expect(responses.map(({ status }) => status)).toEqual([200, 200]);
  expect(sent(w)).toEqual([SIGN_IN, LOOK_UP, LOOK_UP]);
  expect(w.vendor.requests[1]?.headers['cookie']).toMatch(
    /^huaweielbsession=[0-9a-f-]{36}; simulatornode=AgentGateway0$/,
  );
  expect(w.vendor.requests[2]?.headers['cookie']).toBe(w.vendor.requests[1]?.headers['cookie']);
});

describe('an agent that is signed in elsewhere', () => {
  test('is left there with onConflict fail, which is the default', async () => {
    const w = await start();
    w.vendor.setState({ signIn: '20001' });

    const response = await w.call(INPUT);

    expect(response.status).toBe(422);
    expect(response.body).toMatchObject({
      code: 'vendor-rejected',
      // Another instance may have it, for without a store nobody knows.
      retryable: true,
      vendor: { name: 'huawei-agent-gateway', code: '100-002' },
    });
    expect(sent(w)).toEqual([SIGN_IN]);
    expect(w.clock.pending()).toBe(0);
  });

  test('asks as soon as it is free there: that it was taken is not kept', async () => {
    const w = await start();
    w.vendor.setState({ signIn: '20001' });
    await w.call(INPUT);
    w.vendor.setState({ forgetSessions: true });

    expect((await w.call(INPUT)).status).toBe(200);
  });

  test('is forced out there with onConflict force', async () => {
    const w = await start({ onConflict: 'force' });
    w.vendor.setState({ signIn: '20001' });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(sent(w)).toEqual([SIGN_IN, FORCED_SIGN_IN, LOOK_UP]);
    expect(w.vendor.requests[1]?.body).toEqual(w.vendor.requests[0]?.body);
    expect(w.clock.pending()).toBe(0);
  });

  test('is a refusal with 100-015 where the vendor cannot force it out', async () => {
    const w = await start({ onConflict: 'force' });
    w.vendor.setState({ signIn: '20001', cannotForce: true });

    const response = await w.call(INPUT);

    expect(response.status).toBe(422);
    expect(response.body).toMatchObject({ code: 'vendor-rejected', vendor: { code: '100-015' } });
    expect(sent(w)).toEqual([SIGN_IN, FORCED_SIGN_IN]);
  });

  test('is forced out once only, also where the forced sign-in finds it signed in', async () => {
    const w = await start({ onConflict: 'force' });
    w.vendor.fail({ path: 'onlineagent', vendorCase: 'retcode:100-002', times: 2 });

    const response = await w.call(INPUT);

    expect(response.body).toMatchObject({ code: 'vendor-rejected', vendor: { code: '100-002' } });
    expect(sent(w)).toEqual([SIGN_IN, FORCED_SIGN_IN]);
  });
});

describe('a sign-in that fails', () => {
  test('is not sent again when its answer is lost, since it may have succeeded', async () => {
    const w = await start();
    w.vendor.fail({ path: 'onlineagent', reset: true });

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-unavailable', retryable: false });
    expect(sent(w)).toEqual([SIGN_IN]);
    expect(w.clock.pending()).toBe(0);
  });

  test.each(['100-003', '100-021', '000-004'])('is sent again on %s, which may pass', async (code) => {
    const w = await start();
    w.vendor.fail({ path: 'onlineagent', vendorCase: `retcode:${code}`, times: 2 });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(sent(w)).toEqual([SIGN_IN, SIGN_IN, SIGN_IN, LOOK_UP]);
    expect(w.outcomes[0]).toMatchObject({ credentialAttempts: 3, attempts: 1 });
  });

  test.each(['105-005', '105-006', '105-007', '100-006', '000-003'])(
    'with %s says nothing of the password: the next call signs in again',
    async (code) => {
      const w = await start();
      w.vendor.fail({ path: 'onlineagent', vendorCase: `retcode:${code}` });

      const responses = [await w.call(INPUT), await w.call(INPUT)];

      expect(responses.map(({ status }) => status)).toEqual([502, 200]);
      expect(responses[0]?.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code } });
      expect(sent(w)).toEqual([SIGN_IN, SIGN_IN, LOOK_UP]);
    },
  );
});
