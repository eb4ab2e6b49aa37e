import { describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startWorld, type World } from '../../support/world.ts';

const INPUT = { workno: 20011, agentid: 20001 };
const LOOK_UP = 'GET /agentgateway/resource/agentgroup/20001/agentbyworkno/20011';

const start = () =>
  startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'caller' }),
  });

/** The caller's own desktop signs its agent in. */
async function signInElsewhere(w: World): Promise<string> {
  const response = await fetch(`${w.vendor.url}/agentgateway/resource/onlineagent/20001`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify(demoAgents[0]),
  });
  w.vendor.requests.length = 0;
  return (response.headers.get('set-guid') ?? '').replace('JSESSIONID=', '');
}

const sent = (w: World) => w.vendor.requests.map(({ method, path }) => `${method} ${path}`);

test('the caller’s Guid goes to the vendor as it came, and nobody is signed in', async () => {
  const w = await start();
  const guid = await signInElsewhere(w);

  const response = await w.call(INPUT, { headers: { guid } });

  expect(response.status).toBe(200);
  expect(response.body.data).toMatchObject({ workno: '20011', statusLabel: 'idle' });
  expect(sent(w)).toEqual([LOOK_UP]);
  expect(w.vendor.requests[0]?.headers).toMatchObject({ guid, 'content-type': 'application/json; charset=UTF-8' });
  expect(w.vendor.requests[0]?.headers).not.toHaveProperty('cookie');
  expect(w.vendor.requests[0]?.body).toHaveLength(0);
  expect(response.headers).not.toHaveProperty('guid');
  expect(w.clock.pending()).toBe(0);
});

test('a Guid that an answer without a usable result renews comes back all the same', async () => {
  const w = await start();
  w.vendor.fail({
    path: 'agentbyworkno',
    headers: { 'Set-GUID': 'JSESSIONID=a-renewed-guid.AgentGateway1' },
    body: JSON.stringify({ message: '', retcode: '0', result: [] }),
  });

  const response = await w.call(INPUT, { headers: { guid: 'a-guid-of-the-caller.AgentGateway1' } });

  expect(response).toMatchObject({ status: 404, headers: { guid: 'a-renewed-guid.AgentGateway1' } });
  expect(response.text).not.toContain('a-renewed-guid');
});

test('a Guid that the answer renews comes back in the header guid', async () => {
  const w = await start();
  const guid = await signInElsewhere(w);
  w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'renew-guid' });

  const first = await w.call(INPUT, { headers: { guid } });
  const renewed = String(first.headers['guid']);
  const second = await w.call(INPUT, { headers: { guid: renewed } });

  expect(first.status).toBe(200);
  expect(renewed).toMatch(/^[0-9a-f-]{36}\.AgentGateway0$/);
  expect(renewed).not.toBe(guid);
  expect(second.status).toBe(200);
  expect(first.text).not.toContain(renewed);
});

test.each([
  ['that is longer than any', 'g'.repeat(257)],
  ['with a blank in it', 'a guid'],
  ['that is not ASCII', 'gü'],
])('a Guid %s is not given back: no caller could send it', async (_what, renewed) => {
  const w = await start();
  const guid = await signInElsewhere(w);
  w.vendor.fail({
    path: 'agentbyworkno',
    headers: { 'Set-GUID': `JSESSIONID=${renewed}` },
    body: JSON.stringify({ message: '', retcode: '0', result: [] }),
  });

  const response = await w.call(INPUT, { headers: { guid } });

  expect(response.headers).not.toHaveProperty('guid');
});

test('a Guid that the answer merely repeats is not given back', async () => {
  const w = await start();
  const guid = await signInElsewhere(w);
  w.vendor.fail({
    path: 'agentbyworkno',
    headers: { Guid: guid },
    body: '{"message":"","retcode":"0","result":{"workno":"20011"}}',
  });

  const response = await w.call(INPUT, { headers: { guid } });

  expect(response.status).toBe(200);
  expect(response.headers).not.toHaveProperty('guid');
});

describe('a Guid that the vendor refuses', () => {
  test.each(['100-006', '100-008', '000-003', '105-005', '105-006', '105-007'])(
    'with %s ends in vendor-auth-failed: only the caller can sign its agent in',
    async (code) => {
      const w = await start();
      w.vendor.fail({ path: 'agentbyworkno', vendorCase: `retcode:${code}` });

      const response = await w.call(INPUT, { headers: { guid: 'a-guid-of-the-caller.AgentGateway1' } });

      expect(response.status).toBe(502);
      expect(response.body).toMatchObject({
        code: 'vendor-auth-failed',
        retryable: false,
        vendor: { name: 'huawei-agent-gateway', code },
      });
      expect(sent(w)).toEqual([LOOK_UP]);
      expect(w.clock.pending()).toBe(0);
    },
  );

  test.each([
    ['100-006', INPUT, true],
    ['000-003', INPUT, true],
    ['105-006', INPUT, false],
    ['100-006', { workno: 20001, agentid: 20001 }, false],
  ])('with %s may have been refused for the agent asked about, which is told: %j', async (code, input, isTold) => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: `retcode:${code}` });

    const response = await w.call(input, { headers: { guid: 'a-guid-of-the-caller.AgentGateway1' } });

    expect(response.body.detail.includes('the agent asked about')).toBe(isTold);
  });

  test('stands in no problem and no outcome, also where the vendor repeats it', async () => {
    const w = await start();
    const guid = 'a-guid-of-the-caller.AgentGateway1';
    w.vendor.fail({
      path: 'agentbyworkno',
      body: JSON.stringify({ message: `Guid ${guid} of 20001, ${guid}`, retcode: '100-006' }),
    });

    const response = await w.call(INPUT, { headers: { guid } });

    expect(response.body.vendor.message).toBe('Guid [redacted] of 20001, [redacted]');
    expect(response.text).not.toContain(guid);
    expect(JSON.stringify(w.outcomes)).not.toContain(guid);
  });
});

describe('what the caller must bring', () => {
  test.each([
    ['no header Guid', {}],
    ['an empty one', { guid: '' }],
    ['one with white space in it', { guid: 'a guid' }],
    ['one that would end the header', { guid: 'a\r\nx-injected: 1' }],
    ['one of 257 characters', { guid: 'g'.repeat(257) }],
    ['one beyond ASCII', { guid: 'gü' }],
  ])('is a Guid: %s is refused, and the vendor is not asked', async (_what, headers) => {
    const w = await start();

    const response = await w.call(INPUT, { headers: headers as Record<string, string> });

    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      code: 'invalid-input',
      detail: 'The header Guid, with the Guid of the signed-in agent, is required.',
    });
    expect(w.vendor.requests).toHaveLength(0);
    expect(w.clock.pending()).toBe(0);
  });

  test('is agentid, which is told by its pointer', async () => {
    const w = await start();

    const response = await w.call({ workno: 20011 }, { headers: { guid: 'a-guid' } });

    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      code: 'invalid-input',
      errors: [{ pointer: '/agentid', detail: 'is required: this vendor account has no agents of its own' }],
    });
    expect(w.vendor.requests).toHaveLength(0);
  });
});

test('two callers at once each ask with their own Guid', async () => {
  const w = await start();
  const guids = ['first-guid.AgentGateway0', 'second-guid.AgentGateway0'];

  const responses = await Promise.all(
    guids.map((guid, index) => w.call({ workno: 20011, agentid: 20001 + index }, { headers: { guid } })),
  );

  expect(responses.map(({ body }) => body.vendor.code)).toEqual(['100-006', '100-006']);
  expect(w.vendor.requests.map(({ path, headers }) => [path.split('/')[4], headers['guid']]).toSorted()).toEqual([
    ['20001', guids[0]],
    ['20002', guids[1]],
  ]);
});

test('the header Guid is for accounts of callers: a managed account asks with its own session', async () => {
  const w = await start();
  w.putSecret('managed', { baseUrl: w.vendor.url, session: 'managed', agents: [demoAgents[1]] });

  const response = await w.call({ workno: 20011 }, { account: 'managed', headers: { guid: 'a-guid-of-the-caller' } });

  expect(response.status).toBe(200);
  expect(w.vendor.requests.map(({ headers }) => headers['guid'])).toEqual([
    undefined,
    expect.stringMatching(/\.AgentGateway0$/),
  ]);
});
