import { describe, expect, it } from 'vitest';
import { huaweiIsdp, ISDP_SAMPLE_AGENT, type IsdpAgent } from '../../../local/simulators/huawei-isdp.ts';
import { json } from '../../../local/simulators/server.ts';
import { around, bodyOf, expectProblem, requestsTo } from '../huawei-common/support.ts';
import { FIND, SAMPLE, startIsdp } from './support.ts';

const SAMPLE_ANSWER = {
  agentCode: '0e626733-07d8-45af-af23-aff287b118b8',
  productType: null,
  deliveryScene: null,
  businessType: null,
  agentAccount: '111111111',
  agentName: '111111111',
  type: '0',
  typeLabel: 'safety check',
  areaName: '',
  cityId: null,
  createName: '小七',
  lastUpdateName: '小七',
  agentId: '17813',
  tenantId: '886',
  userId: '307457',
  createdBy: '277881',
  lastUpdatedBy: '277881',
  creationTimestamp: 1616486693402,
  lastUpdateTimestamp: 1616486693402,
  onlineStatus: 1,
  onlineStatusLabel: 'online',
  isArea: 0,
  capacity: 1,
  creationDate: '2021-03-23T08:04:54.000+00:00',
  lastUpdateDate: '2021-03-23T08:05:32.000+00:00',
};

/** A vendor whose tenant has these agents alone. */
const withAgents = (...agents: IsdpAgent[]) => startIsdp({ simulation: (clock) => huaweiIsdp(clock, { agents }) });

/** A vendor whose lookup answers with `body`, and nothing else changed. */
const answering = (body: unknown) =>
  startIsdp({ simulation: around(huaweiIsdp, ({ path }, answer) => (path === FIND ? json(200, body) : answer())) });

async function callWith(vendorCase: string) {
  const world = await startIsdp();
  world.vendor.fail({ path: FIND, vendorCase });
  return world.call(SAMPLE);
}

describe('agents', () => {
  it('are answered as in the page’s own sample: ids as text, codes labelled, undocumented fields named', async () => {
    const world = await startIsdp();

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    expect(response.headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(response.body).toEqual({
      data: { data: [SAMPLE_ANSWER], pos: 0, total_count: 340 },
      meta: {
        lookup: 'findOnlineAgent',
        requestId: expect.stringMatching(/^request-\d+$/),
        vendorMs: 0,
        attempts: 1,
        undocumentedFields: ['/data/*/appName', '/data/*/deleteFlag', '/data/*/entityName', '/entityName'],
      },
    });
  });

  it('are asked for as in the page’s own sample', async () => {
    const world = await startIsdp();

    await world.call(SAMPLE);

    const [request] = requestsTo(world, FIND);
    expect(request?.method).toBe('POST');
    expect(request?.headers).toMatchObject({
      authorization: expect.stringMatching(/^bearer [0-9a-f-]{36}$/),
      'content-type': 'application/json',
      accept: 'application/json',
    });
    expect(bodyOf(request)).toEqual(SAMPLE);
  });

  it('are asked for with an empty object where nothing is given', async () => {
    const world = await startIsdp();

    const response = await world.call({});

    expect(bodyOf(requestsTo(world, FIND)[0])).toEqual({});
    expect(response.body.data.data).toHaveLength(50);
    expect(response.body.data.total_count).toBe(400);
  });

  it('are one page where `all` is false, which the vendor does not see', async () => {
    const world = await startIsdp();

    const response = await world.call({ ...SAMPLE, all: false });

    expect(bodyOf(requestsTo(world, FIND)[0])).toEqual(SAMPLE);
    expect(response.body.meta).not.toHaveProperty('pages');
  });

  it('have ids with all of their nineteen digits', async () => {
    const response = await callWith('big-ids');

    expect(response.body.data.data[0]).toMatchObject({
      agentId: '9223372036854775807',
      tenantId: '9223372036854775806',
      userId: '9223372036854775805',
      createdBy: '9223372036854775804',
      lastUpdatedBy: '9223372036854775803',
    });
  });

  it('have the same ids where the vendor sends them as strings', async () => {
    const world = await withAgents({ agentId: '9223372036854775807', tenantId: '886', userId: 307457 });

    const response = await world.call({});

    expect(response.body.data.data).toEqual([{ agentId: '9223372036854775807', tenantId: '886', userId: '307457' }]);
  });

  it.each([
    ['0', 'safety check'],
    ['1', 'quality check'],
    ['2', 'inspection'],
    ['10', 'video-call agent'],
    ['7', 'unknown'],
    ['video', 'unknown'],
  ])('of business type %s are labelled %s', async (type, label) => {
    const world = await withAgents({ type });

    const response = await world.call({});

    expect(response.body.data.data).toEqual([{ type, typeLabel: label }]);
  });

  it.each([
    [0, 0, 'offline'],
    [1, 1, 'online'],
    ['1', 1, 'online'],
    [2, 2, 'unknown'],
    ['away', 'away', 'unknown'],
  ])('of online status %j are labelled', async (sent, onlineStatus, onlineStatusLabel) => {
    const world = await withAgents({ onlineStatus: sent });

    const response = await world.call({});

    expect(response.body.data.data).toEqual([{ onlineStatus, onlineStatusLabel }]);
  });

  it('have a business type of text where the vendor sends a number', async () => {
    const response = await callWith('type-as-number');

    expect(response.body.data.data).toEqual([SAMPLE_ANSWER]);
  });

  it('pass with an unknown business type', async () => {
    const response = await callWith('unknown-type');

    expect(response.body.data.data).toEqual([{ ...SAMPLE_ANSWER, type: '7', typeLabel: 'unknown' }]);
  });

  it('have numbers where the vendor sends strings for its ints, and strings where it sends numbers', async () => {
    const world = await withAgents({
      capacity: '3',
      isArea: '1',
      agentAccount: 111111111,
      creationTimestamp: '1616486693402',
    });

    const response = await world.call({});

    expect(response.body.data.data).toEqual([
      { capacity: 3, isArea: 1, agentAccount: '111111111', creationTimestamp: 1616486693402 },
    ]);
  });

  it('may have null in every field, which has no label then', async () => {
    const response = await callWith('null-fields');

    const { typeLabel: _type, onlineStatusLabel: _onlineStatus, ...fields } = SAMPLE_ANSWER;
    expect(response.body.data.data).toEqual([Object.fromEntries(Object.keys(fields).map((field) => [field, null]))]);
  });

  it('may lack every field', async () => {
    const world = await withAgents({});

    const response = await world.call({});

    expect(response.body.data.data).toEqual([{}]);
  });

  it.each([
    [3_600_000, 3_600_000],
    ['3600000', 3_600_000],
    ['2021-03-23 08:04:54', '2021-03-23 08:04:54'],
  ])('have their contradictory sign-in fields as they came: %j', async (sent, answered) => {
    const world = await withAgents({ ...ISDP_SAMPLE_AGENT, agentSignInTime: sent, agentSignInDate: sent });

    const response = await world.call({});

    expect(response.body.data.data).toEqual([
      { ...SAMPLE_ANSWER, agentSignInTime: answered, agentSignInDate: answered },
    ]);
  });

  it.each(['missing-data', 'null-data'])('are an empty list: %s', async (vendorCase) => {
    const response = await callWith(vendorCase);

    expect(response.status).toBe(200);
    expect(response.body.data).toEqual({ data: [], pos: 0, total_count: 340 });
  });

  it.each([
    ['null', { stateCode: '0', errorMessage: null, result: null }],
    ['absent', { stateCode: 0 }],
  ])('are an empty list where the result is %s', async (_, body) => {
    const world = await answering(body);

    const response = await world.call({});

    expect(response.body.data).toEqual({ data: [] });
  });

  it('are an empty list past the last page', async () => {
    const world = await startIsdp();

    const response = await world.call({ pageStart: 8 });

    expect(response.body.data).toEqual({ data: [], pos: 8, total_count: 400 });
  });
});

describe('an answer that is not what the page says', () => {
  it('is vendor-rejected by a state code other than "0", and not asked for again', async () => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, vendorCase: 'state-code', times: 9 });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-rejected', status: 422, retryable: false });
    expect(response.body.vendor).toEqual({ name: 'huawei-isdp', code: '1', message: 'invalid parameter' });
    expect(requestsTo(world, FIND)).toHaveLength(1);
  });

  it.each([
    ['a list for its result', { stateCode: '0', result: [] }],
    ['an object for its data', { stateCode: '0', result: { data: {} } }],
    ['an agent that is none', { stateCode: '0', result: { data: [null] } }],
    ['an id that is no integer', { stateCode: '0', result: { data: [{ agentId: 1.5 }] } }],
    ['no state code', { result: { data: [] } }],
  ])('is vendor-contract-changed with %s', async (_, body) => {
    const world = await answering(body);

    const response = await world.call({});

    expectProblem(response, { code: 'vendor-contract-changed', status: 502, retryable: false });
  });

  it('is vendor-contract-changed without a state code beside good rows', async () => {
    expectProblem(await callWith('missing-state-code'), { code: 'vendor-contract-changed', status: 502 });
  });
});
