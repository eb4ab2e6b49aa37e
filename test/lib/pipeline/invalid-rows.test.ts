import { describe, expect, test, vi } from 'vitest';
import { createReport } from '../../../lib/log/report.ts';
import { loginParams, onlineAgents, participants } from '../../support/lookups.ts';
import { startWorld, type WorldOptions } from '../../support/world.ts';

/* A vendor's list in which some rows break the vendor's own document. */

const wrap = {
  findOnlineAgent: (rows: unknown) => ({ stateCode: '0', result: { data: rows, pos: 0 } }),
  batchGetConversationParticipant: (rows: unknown) => ({ ResponseMetadata: {}, Result: { Participants: rows } }),
  queryAgentLoginParams: (rows: unknown) => ({
    returnCode: '0',
    results: { workNo: '1516', sipAccount: '88887818', sipServerInfo: rows },
  }),
};

/** The lookup at a vendor that answers its question with this body. */
async function answered(known: WorldOptions & { input: object }, path: string, body: unknown, input = known.input) {
  const world = await startWorld(known);
  await world.call(input);
  world.vendor.fail({ path, status: 200, body: typeof body === 'string' ? body : JSON.stringify(body), times: 9 });
  return { world, response: await world.call(input) };
}

const agents = (rows: unknown, input?: object) =>
  answered(onlineAgents, 'findOnlineAgent', wrap.findOnlineAgent(rows), input);
const members = (rows: unknown) => answered(participants, '/', wrap.batchGetConversationParticipant(rows));
const logins = (rows: unknown) => answered(loginParams, 'queryAgentLoginParams', wrap.queryAgentLoginParams(rows));

describe('findOnlineAgent', () => {
  test.each([
    ['isArea is no integer', { agentId: 2, isArea: true }, '/isArea must be an integer'],
    ['an id is no integer', { agentId: 1.5 }, '/agentId must be a 64-bit integer'],
    ['a text is an object', { agentName: {} }, '/agentName must be a string'],
    ['nothing is a row', null, 'must be an object'],
    ['a list is a row', [], 'must be an object'],
    [
      'two rules are broken',
      { capacity: {}, pos: 1, agentId: 'x' },
      '/agentId must be a 64-bit integer; /capacity must be an integer',
    ],
  ])('answers the good rows of a page where in one of fifty %s, and tells the bad one', async (_what, bad, reason) => {
    const rows: unknown[] = Array.from({ length: 50 }, (_, index) => ({ agentId: 100 + index }));
    rows[17] = bad;

    const { world, response } = await agents(rows);

    expect(response.status).toBe(200);
    expect(response.body.data.data).toHaveLength(49);
    expect(response.body.data.data[17]).toEqual({ agentId: '118' });
    expect(response.body.meta.invalidRows).toEqual([{ pointer: '/data/17', reason }]);
    expect(response.body.meta).not.toHaveProperty('invalidRowCount');
    expect(world.outcomes[1]).toMatchObject({
      outcome: 'succeeded',
      invalidRowCount: 1,
      invalidRows: [{ pointer: '/data/17', reason }],
    });
  });

  test('breaks the documentation where no row of the page is good', async () => {
    const { response } = await agents([{ isArea: true }, null]);

    expect(response).toMatchObject({ status: 502, body: { code: 'vendor-contract-changed', retryable: false } });
    expect(response.body.detail).toContain('/data has no valid row (of the first: /isArea must be an integer)');
  });

  test('says nothing of rows where all are good', async () => {
    const { world, response } = await agents([{ agentId: 1 }]);

    expect(response.body.meta).not.toHaveProperty('invalidRows');
    expect(world.outcomes[1]).not.toHaveProperty('invalidRows');
  });
});

describe('batchGetConversationParticipant', () => {
  test('lists the first fifty of many bad rows, and says how many there are', async () => {
    const { world, response } = await members([...Array.from({ length: 80 }, () => null), {}]);

    expect(response.body.data.Participants).toEqual([{}]);
    expect(response.body.meta.invalidRows).toHaveLength(50);
    expect(response.body.meta.invalidRows[49].pointer).toBe('/Participants/49');
    expect(response.body.meta.invalidRowCount).toBe(80);
    expect(world.outcomes[1]).toMatchObject({ invalidRowCount: 80 });
  });

  test('answers the good members beside one whose id is beyond 64 bits', async () => {
    const { response } = await members([{ ParticipantUserId: 1 }, { ParticipantUserId: '9223372036854775808' }]);

    expect(response.body.data).toEqual({ Participants: [{ ParticipantUserId: '1' }] });
    expect(response.body.meta.invalidRows).toEqual([
      { pointer: '/Participants/1', reason: '/ParticipantUserId must be a 64-bit integer' },
    ]);
  });

  test.each([
    [
      { key: 'value', count: 5, gone: null },
      { key: 'value', count: '5', gone: null },
    ],
    [{ nested: { list: [1, { flag: true }] } }, { nested: { list: ['1', { flag: 'true' }] } }],
    ['{"key":"value"}', '{"key":"value"}'],
    [
      ['a', 1],
      ['a', '1'],
    ],
    [7, '7'],
    [null, null],
    [{}, {}],
  ])('takes an Ext of any shape, as text: %j', async (Ext, expected) => {
    const { response } = await members([{ ParticipantUserId: 1, Ext }]);

    expect(response.body.data.Participants).toEqual([{ ParticipantUserId: '1', Ext: expected }]);
    expect(response.body.meta).not.toHaveProperty('invalidRows');
  });

  test('keeps the digits of ids in an Ext', async () => {
    const body = '{"ResponseMetadata":{},"Result":{"Participants":[{"Ext":{"order":9223372036854775807}}]}}';
    const { response } = await answered(participants, '/', body);

    expect(response.body.data.Participants).toEqual([{ Ext: { order: '9223372036854775807' } }]);
  });

  test('leaves out the row of an Ext that is nested without end', async () => {
    const Ext = JSON.parse('['.repeat(4_000) + ']'.repeat(4_000));
    const { response } = await members([{ ParticipantUserId: 1 }, { Ext }]);

    expect(response.body.data.Participants).toHaveLength(1);
    expect(response.body.meta.invalidRows).toEqual([
      { pointer: '/Participants/1', reason: '/Ext must be nested at most 50 levels' },
    ]);
  });
});

describe('queryAgentLoginParams', () => {
  test.each([
    [
      'a bad one among its SIP servers',
      [{ node: '1' }, 'x'],
      [{ node: '1', typeLabel: 'SIP' }],
      '/sipServerInfo/1',
      'must be an object',
    ],
    ['a bad one alone', [null], [], '/sipServerInfo/0', 'must be an object'],
    ['an object in place of the list', { node: '1' }, [], '/sipServerInfo', 'must be an array'],
    ['a text in place of the list', 'x', [], '/sipServerInfo', 'must be an array'],
  ])('answers all else beside %s', async (_what, sipServerInfo, expected, pointer, reason) => {
    const { response } = await logins(sipServerInfo);

    expect(response.status).toBe(200);
    expect(response.body.data).toEqual({ workNo: '1516', sipAccount: '88887818', sipServerInfo: expected });
    expect(response.body.meta.invalidRows).toEqual([{ pointer, reason }]);
  });
});

test('a left-out row raises the level of the log line, and is counted as a metric', async () => {
  const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
  const world = await startWorld({ ...onlineAgents, report: createReport('test') });
  world.vendor.fail({ path: 'findOnlineAgent', body: JSON.stringify(wrap.findOnlineAgent([{}, null])) });
  await world.call(onlineAgents.input);
  const written = writes.flatMap(({ mock }) => mock.calls.map(([chunk]) => String(chunk)));
  vi.restoreAllMocks();

  const line = written.find((text) => text.includes('"message":"lookup"')) ?? '{}';
  expect(JSON.parse(line)).toMatchObject({ level: 'WARN', InvalidRows: 1, invalidRows: [{ pointer: '/data/1' }] });
});
