import { describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startWorld } from '../../support/world.ts';

const BOUND = 'must be an integer from 101 to 999999, as JSON integer or decimal string';

const start = () =>
  startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: demoAgents }),
  });

describe.each(['workno', 'agentid'] as const)('%s', (field) => {
  const inputWith = (value: unknown) => ({ workno: 20011, [field]: value });

  test.each([
    ['100', 100],
    ['1000000', 1_000_000],
    ['the text 100', '100'],
    ['the text 1000000', '1000000'],
    ['leading zeros', '020011'],
    ['a negative number', -20011],
    ['zero', 0],
    ['a fraction', 20011.5],
    ['text', 'agent'],
    ['the empty text', ''],
    ['white space around it', ' 20011 '],
    ['a sign', '+20011'],
    ['an exponent as text', '2e4'],
    ['a path', '20011/../20012'],
    ['digits of another script', '２００１１'],
    ['true', true],
    ['null', null],
    ['a list', [20011]],
    ['an object', { workno: 20011 }],
  ])('is refused as %s, and nobody is asked', async (_what, value) => {
    const w = await start();

    const response = await w.call(inputWith(value));

    expect(response.status).toBe(400);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.body).toMatchObject({
      type: 'urn:contact-lookups:problem:invalid-input',
      code: 'invalid-input',
      retryable: false,
      errors: [{ pointer: `/${field}`, detail: BOUND }],
    });
    expect(w.vendor.requests).toHaveLength(0);
    expect(w.secretsManager.requests).toHaveLength(0);
    expect(w.clock.pending()).toBe(0);
  });

  test('is refused where a double cannot hold it', async () => {
    const w = await start();

    const response = await w.call(undefined, { body: `{"workno":20011,"${field}":90071992547409930}` });

    expect(response.body.errors).toEqual([{ pointer: `/${field}`, detail: BOUND }]);
  });
});

describe('workno', () => {
  test.each([
    ['the least, 101', 101, '101'],
    ['the least as text', '101', '101'],
    ['the most, 999999', 999_999, '999999'],
    ['the most as text', '999999', '999999'],
    ['the most of the older pages', 59_999, '59999'],
  ])('may be %s, and stands in the path as its digits', async (_what, workno, digits) => {
    const w = await start();

    const response = await w.call({ workno });

    expect(w.vendor.requests.at(-1)?.path).toBe(`/agentgateway/resource/agentgroup/20001/agentbyworkno/${digits}`);
    // The simulator knows no such agent, and says so in the vendor's way.
    expect(response.body).toMatchObject({ status: 404, code: 'not-found', vendor: { code: '300-002' } });
  });

  test('is required', async () => {
    const w = await start();

    const response = await w.call({ agentid: 20001 });

    expect(response.status).toBe(400);
    expect(response.body.errors).toEqual([{ pointer: '/workno', detail: 'is required' }]);
  });
});

describe('agentid', () => {
  test.each([
    ['number', 20002],
    ['text', '20002'],
  ])('may be a %s that names one of the account’s agents, who then asks', async (_type, agentid) => {
    const w = await start();

    const response = await w.call({ workno: 20011, agentid });

    expect(response.status).toBe(200);
    expect(w.vendor.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /agentgateway/resource/onlineagent/20002',
      'GET /agentgateway/resource/agentgroup/20002/agentbyworkno/20011',
    ]);
  });

  test.each([101, 999_999])('is refused as %i, an agent that the account does not have', async (agentid) => {
    const w = await start();

    const response = await w.call({ workno: 20011, agentid });

    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      code: 'invalid-input',
      errors: [{ pointer: '/agentid', detail: 'is not an agent of this vendor account' }],
    });
    expect(w.vendor.requests).toHaveLength(0);
    expect(w.clock.pending()).toBe(0);
  });
});

test('every unknown field is refused by its name, and every broken rule is told at once', async () => {
  const w = await start();

  const response = await w.call({ workno: 1, WorkNo: 20011, 'a/b~c': 1 });

  expect(response.status).toBe(400);
  expect(response.body.errors).toHaveLength(3);
  expect(response.body.errors).toEqual(
    expect.arrayContaining([
      { pointer: '/workno', detail: BOUND },
      { pointer: '/WorkNo', detail: 'is not a known field' },
      { pointer: '/a~1b~0c', detail: 'is not a known field' },
    ]),
  );
});

test('the log keeps the two work numbers, as they are marked, and no other part of the input', async () => {
  const w = await start();

  await w.call({ workno: 20011, agentid: '20002' });

  expect(w.outcomes.map(({ input }) => input)).toEqual([{ workno: '20011', agentid: '20002' }]);
});
