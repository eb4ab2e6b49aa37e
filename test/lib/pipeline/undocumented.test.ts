import { describe, expect, test, vi } from 'vitest';
import { createReport } from '../../../lib/log/report.ts';
import { failure, success } from '../../support/invoke.ts';
import { agentInfo, loginParams, onlineAgents, participants, userInfo } from '../../support/lookups.ts';
import { resultsOn, startMessageWorld } from '../../support/messages.ts';
import { snsEvent } from '../../support/service-events.ts';
import { startWorld, type World, type WorldOptions } from '../../support/world.ts';
import { ask, batchOf, eventOf, startCec } from '../triggers/cloud-events-support.ts';
import { FRONTS, invoke } from '../triggers/http-support.ts';

/* Fields of a vendor's answer that the vendor's documents do not name: named always, given where they are asked for. */

const INCLUDE = { headers: { 'x-undocumented': 'include' } };

/** The lookup at a vendor that answers its question with this body. */
async function startAnswering(known: WorldOptions & { input: object }, path: string, body: string): Promise<World> {
  const world = await startWorld(known);
  await world.call(known.input);
  world.vendor.fail({ path, status: 200, body, times: 9 });
  return world;
}

const startIsdp = (rows: string, around = '') =>
  startAnswering(onlineAgents, 'findOnlineAgent', `{"stateCode":"0","result":{"data":[${rows}]${around}}}`);

describe('undocumented fields', () => {
  test('are left out, and named once for all rows, where nobody asks for them', async () => {
    const world = await startIsdp(
      '{"agentId":1,"appName":"a"},{"agentId":2,"appName":"b","deleteFlag":0}',
      ',"entityName":null',
    );
    const { body } = await world.call({});
    expect(body.data).toEqual({ data: [{ agentId: '1' }, { agentId: '2' }] });
    expect(body.meta.undocumentedFields).toEqual(['/data/*/appName', '/data/*/deleteFlag', '/entityName']);
    expect(body).not.toHaveProperty('undocumented');
    expect(world.outcomes.at(-1)?.undocumentedFields).toEqual(body.meta.undocumentedFields);
  });

  test('are given in their places where the header asks for them, exactly as they came', async () => {
    const rows =
      '{"agentId":1,"appName":"a","big":9223372036854775807},{"bad":1,"isArea":true},{"agentId":2,"n":{"x":[1,null]}}';
    const world = await startIsdp(rows, ',"entityName":null');
    const { body } = await world.call({}, INCLUDE);
    expect(body.undocumented).toEqual({
      data: [{ appName: 'a', big: '9223372036854775807' }, { n: { x: [1, null] } }],
      entityName: null,
    });
    expect(Object.keys(body)).toEqual(['data', 'meta', 'undocumented']);
    expect(body.data.data).toHaveLength(2);
  });

  test('are no member of the answer where there are none', async () => {
    const world = await startIsdp('{"agentId":1}');
    const { body } = await world.call({}, INCLUDE);
    expect(body).not.toHaveProperty('undocumented');
    expect(body.meta).not.toHaveProperty('undocumentedFields');
  });

  test.each([
    ['getUserInfoByCallId', userInfo, 'getUserInfoBycallId', '{"userId":"1","vip":true}', { vip: true }],
    [
      'queryAgentInfoByWorkNo',
      agentInfo,
      'agentbyworkno',
      '{"retcode":"0","result":{"workno":"20011","skilllist":[{"id":1,"weight":5}]}}',
      { skilllist: [{ weight: 5 }] },
    ],
    [
      'batchGetConversationParticipant',
      participants,
      '/',
      '{"ResponseMetadata":{},"Result":{"Participants":[{"Sort":1}],"HasMore":false}}',
      { Participants: [{ Sort: 1 }], HasMore: false },
    ],
  ] as const)('of %s are given', async (_name, known, path, answer, expected) => {
    const world = await startAnswering(known, path, answer);
    expect((await world.call(known.input, INCLUDE)).body.undocumented).toEqual(expected);
  });

  test('of all pages are given', async () => {
    const world = await startWorld(onlineAgents);
    const page = (id: number) =>
      `{"stateCode":"0","result":{"total_count":2,"data":[{"agentId":${id},"appName":"a${id}"}]}}`;
    world.vendor.fail({ path: 'findOnlineAgent', body: page(1) });
    world.vendor.fail({ path: 'findOnlineAgent', body: page(2) });
    const { body } = await world.call({ all: true, pageSize: 1 }, INCLUDE);
    expect(body.undocumented).toEqual({ data: [{ appName: 'a1' }, { appName: 'a2' }] });
  });

  test('count for the size of the answer', async () => {
    const world = await startAnswering(
      userInfo,
      'getUserInfoBycallId',
      `{"userId":"1","note":"${'x'.repeat(300_000)}"}`,
    );
    const input = { input: userInfo.input, maxResultBytes: 262_144 };
    expect(await success(world, input)).toMatchObject({ data: { userId: '1' } });
    expect((await failure(world, { ...input, undocumented: 'include' })).problem.code).toBe('result-too-large');
  });
});

describe('they are asked for', () => {
  test.each(FRONTS)('by the header over $name', async (front) => {
    const world = await startAnswering(userInfo, 'getUserInfoBycallId', '{"userId":"1","vip":true}');
    const headers = { 'content-type': 'application/json', ...INCLUDE.headers };
    const answer = await invoke(world, front.event({ headers, body: JSON.stringify(userInfo.input) }));
    expect(answer.body.undocumented).toEqual({ vip: true });
  });

  test.each(['', 'true', 'Include', 'include, include', 'exclude'])(
    'by no other value of the header: %j',
    async (value) => {
      const world = await startWorld(userInfo);
      const answer = await world.call(userInfo.input, { headers: { 'x-undocumented': value } });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
      expect(answer.body.detail).toBe('The header x-undocumented must be include, or absent.');
      expect(world.vendor.requests).toEqual([]);
      expect(world.outcomes).toHaveLength(1);
    },
  );

  test('by a field of an invocation', async () => {
    const world = await startAnswering(userInfo, 'getUserInfoBycallId', '{"userId":"1","vip":true}');
    const answer = await success(world, { input: userInfo.input, undocumented: 'include' });
    expect(answer).toMatchObject({ data: { userId: '1' }, undocumented: { vip: true } });
    expect(await success(world, { input: userInfo.input })).not.toHaveProperty('undocumented');
  });

  test.each([true, 'yes', null, 1])('by no other value of the field: %j', async (undocumented) => {
    const world = await startWorld(userInfo);
    const { problem } = await failure(world, { input: userInfo.input, undocumented });
    expect(problem).toMatchObject({
      code: 'invalid-input',
      errors: [{ pointer: '/undocumented', detail: 'must be "include"' }],
    });
  });

  test('by a field of a message, whose result has them', async () => {
    const world = await startMessageWorld(userInfo);
    world.vendor.fail({ path: 'getUserInfoBycallId', body: '{"userId":"1","vip":true}', times: 2 });
    await world.deliver(snsEvent({ input: userInfo.input, undocumented: 'include' }));
    await world.deliver(snsEvent({ input: userInfo.input }));
    const [asked, not] = resultsOn(world.bus).map(({ detail }) => detail);
    expect(asked).toMatchObject({ data: { userId: '1' }, undocumented: { vip: true } });
    expect(not).not.toHaveProperty('undocumented');
  });

  test('by the header or the message of a CloudEvent', async () => {
    const world = await startCec();
    world.vendor.fail({ path: 'getUserInfoBycallId', body: '{"userId":"1","vip":true}', times: 9 });
    const given = async (data: object, headers = {}) => {
      const sent = batchOf([eventOf(data)]);
      const { event } = await ask(world, { ...sent, headers: { ...sent.headers, ...headers } });
      return event.data.undocumented;
    };
    expect(await given({ input: userInfo.input })).toBe(undefined);
    expect(await given({ input: userInfo.input }, INCLUDE.headers)).toEqual({ vip: true });
    expect(await given({ input: userInfo.input, undocumented: 'include' })).toEqual({ vip: true });
  });
});

describe('queryAgentLoginParams', () => {
  const results = {
    workNo: '1516',
    password: 'Agent_pass',
    sipPwd: 'Sip_pass',
    agentType: 'a',
    Agent_pass: 1,
    Sip_pass: 2,
    Samplex: 3,
    sipServerInfo: [{ node: '1', secretKey: 'Sip_pass', Agent_pass: 1 }],
  };

  test('gives none of them, and names none that is a secret', async () => {
    const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
    const world = await startWorld({ ...loginParams, report: createReport('test') });
    world.vendor.fail({ path: 'queryAgentLoginParams', body: JSON.stringify({ returnCode: '0', results }) });
    const { body } = await world.call(loginParams.input, INCLUDE);
    const written = writes.flatMap(({ mock }) => mock.calls.map(([chunk]) => String(chunk))).join('');
    vi.restoreAllMocks();

    expect(body).not.toHaveProperty('undocumented');
    expect(body.meta.undocumentedFields).toEqual([
      '/*',
      '/agentType',
      '/sipServerInfo/*/*',
      '/sipServerInfo/*/secretKey',
    ]);
    expect(written).toContain('/agentType');
    for (const secret of ['Agent_pass', 'Sip_pass', 'Samplex']) expect(written).not.toContain(secret);
  });
});

test('names are told to the caller and the log in small numbers, whatever the vendor sends', async () => {
  const names = Array.from({ length: 500 }, (_, index) => [
    `field${String.fromCharCode(97 + (index % 26))}${index}`,
    'v'.repeat(99),
  ]);
  const world = await startAnswering(
    userInfo,
    'getUserInfoBycallId',
    JSON.stringify({ userId: '1', ...Object.fromEntries(names) }),
  );
  const { body, text } = await world.call(userInfo.input);
  expect(body.meta.undocumentedFields).toEqual(['/*']);
  expect(text.length).toBeLessThan(500);
});
