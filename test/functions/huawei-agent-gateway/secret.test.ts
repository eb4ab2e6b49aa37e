import { expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startWorld } from '../../support/world.ts';

const [agent] = demoAgents;
const INPUT = { workno: 20011, agentid: 20001 };

const start = (settings: object) =>
  startWorld({ lookup, simulation: huaweiAgentGateway, secret: (baseUrl) => ({ baseUrl, ...settings }) });

test('an agent’s number may be an integer in the secret too', async () => {
  const w = await start({ session: 'managed', agents: [{ ...agent, agentid: 20001 }] });

  expect((await w.call(INPUT)).status).toBe(200);
});

test('an agent’s password may be empty, as in the page’s own sample', async () => {
  const w = await startWorld({
    lookup,
    simulation: (clock) =>
      huaweiAgentGateway(clock, { agents: [{ agentid: '20001', password: '', phonenum: '70001' }] }),
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: [{ ...agent, password: '' }] }),
  });

  const response = await w.call(INPUT);

  expect(response.status).toBe(200);
  expect(JSON.parse(String(w.vendor.requests[0]?.body))).toMatchObject({ password: '' });
  expect(response.body.data.name).toBe('20011');
});

test.each([
  ['no session mode', { agents: [agent] }, '/session'],
  ['a session mode that does not exist', { session: 'shared' }, '/session'],
  ['no agents where it signs in by itself', { session: 'managed' }, '/agents'],
  ['an empty list of agents', { session: 'managed', agents: [] }, '/agents'],
  ['agents where the caller signs in', { session: 'caller', agents: [agent] }, '/agents'],
  [
    'an agent without a password',
    { session: 'managed', agents: [{ ...agent, password: undefined }] },
    '/agents/0/password',
  ],
  [
    'a password of 33 characters',
    { session: 'managed', agents: [{ ...agent, password: 'p'.repeat(33) }] },
    '/agents/0/password',
  ],
  [
    'a phone number of 25 characters',
    { session: 'managed', agents: [{ ...agent, phonenum: '1'.repeat(25) }] },
    '/agents/0/phonenum',
  ],
  [
    'an agent’s number out of range',
    { session: 'managed', agents: [agent, { ...agent, agentid: '100' }] },
    '/agents/1/agentid',
  ],
  [
    'a rule for conflicts that does not exist',
    { session: 'managed', agents: [agent], onConflict: 'ask' },
    '/onConflict',
  ],
  ['an empty server name', { session: 'caller', servername: '' }, '/servername'],
  ['an unknown field', { session: 'caller', rejectUnauthorized: false }, '/rejectUnauthorized'],
])('a secret with %s is misconfigured, told by its field and without its values', async (_what, settings, pointer) => {
  const w = await start(settings);

  const response = await w.call(INPUT, { headers: { guid: 'a-guid' } });

  expect(response.status).toBe(500);
  expect(response.body).toMatchObject({ code: 'misconfigured', retryable: false });
  expect(response.body.detail).toContain(pointer);
  expect(response.text).not.toContain(agent?.password);
  expect(w.vendor.requests).toHaveLength(0);
  expect(w.clock.pending()).toBe(0);
});
