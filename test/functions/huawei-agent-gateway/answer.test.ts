import { describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startWorld } from '../../support/world.ts';

const start = () =>
  startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: [demoAgents[0]] }),
  });

/** A world whose vendor answers the lookup with this text once. */
async function startAnswering(body: string, headers: Record<string, string> = {}) {
  const world = await start();
  world.vendor.fail({ path: 'agentbyworkno', body, headers });
  return world;
}

const answering = (result: unknown) => startAnswering(JSON.stringify({ message: '', retcode: '0', result }));

/** The page's sample in the types of its table, each code with its label. */
const SAMPLE = {
  workno: '20011',
  name: '20011',
  status: 4,
  statusLabel: 'idle',
  ctiStatus: 1,
  ctiStatusLabel: 'idle',
  groupid: 1,
  groupname: 'jst',
  skilllist: [
    { name: 'clicktodial_jst', id: 10, mediatype: 2, mediatypeLabel: 'click to dial' },
    { name: 'callback', id: 2, mediatype: 4, mediatypeLabel: 'callback request' },
    { name: 'webchat', id: 3, mediatype: 1, mediatypeLabel: 'text chat' },
    { name: 'email', id: 4, mediatype: 6, mediatypeLabel: 'unknown' },
    { name: 'voice_hym', id: 5, mediatype: 5, mediatypeLabel: 'ordinary audio/video phone' },
    { name: 'voice', id: 6, mediatype: 5, mediatypeLabel: 'ordinary audio/video phone' },
    { name: 'webchat_jst', id: 9, mediatype: 1, mediatypeLabel: 'text chat' },
  ],
  mediatype: 'TTT',
  vdnid: 6,
  phonenumber: '70942',
  currentstatetime: 1210,
  logindate: 1501125758000,
  callids: [],
  inMultimediaConf: 0,
  inMultimediaConfLabel: 'no',
  currentStateReason: 0,
};

test("answers the page's own sample, in the types of its table and labelled", async () => {
  const w = await start();

  const response = await w.call({ workno: '20011' });

  expect(response.status).toBe(200);
  expect(response.headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  expect(response.body).toEqual({
    data: SAMPLE,
    meta: {
      lookup: 'queryAgentInfoByWorkNo',
      requestId: expect.stringMatching(/^request-\d+$/),
      vendorMs: 0,
      attempts: 1,
    },
  });
  expect(w.clock.pending()).toBe(0);
});

describe('the shape of the vendor’s answer', () => {
  test('may have numbers where the sample has strings, the retcode among them', async () => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'numbers' });

    expect((await w.call({ workno: 20011 })).body.data).toEqual(SAMPLE);
  });

  test('may be a list of one agent, as the page’s text has it', async () => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'result-array' });

    expect((await w.call({ workno: 20011 })).body.data).toEqual(SAMPLE);
  });

  test('may be in GBK, which its content type says', async () => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'gbk' });

    expect((await w.call({ workno: 20011 })).body.data).toEqual({ ...SAMPLE, name: '座席张三' });
  });

  test('may have strings for every number, and numbers for strings', async () => {
    const w = await answering({
      workno: 20011,
      name: 20011,
      groupid: '1',
      skilllist: [{ name: 10, id: '10', mediatype: '53' }],
      vdnid: '6',
      phonenumber: 70942,
      currentstatetime: '1210',
      logindate: '1501125758000',
      inMultimediaConf: '1',
      currentStateReason: '3',
    });

    expect((await w.call({ workno: 20011 })).body.data).toEqual({
      workno: '20011',
      name: '20011',
      groupid: 1,
      skilllist: [{ name: '10', id: 10, mediatype: 53, mediatypeLabel: 'social chat' }],
      vdnid: 6,
      phonenumber: '70942',
      currentstatetime: 1210,
      logindate: 1501125758000,
      inMultimediaConf: 1,
      inMultimediaConfLabel: 'yes',
      currentStateReason: 3,
    });
  });

  test.each([
    ['an empty text for a number that is not there', { groupid: '', vdnid: '' }, { groupid: null, vdnid: null }],
    [
      'true and false for 1 and 0',
      { inMultimediaConf: true, currentStateReason: false },
      { inMultimediaConf: 1, inMultimediaConfLabel: 'yes', currentStateReason: 0 },
    ],
    ['an object in a field that the page calls unused', { groupname: { id: 1 } }, { groupname: null }],
  ])('may have %s', async (_what, result, data) => {
    const w = await answering({ workno: '20011', ...result });

    const { status, body } = await w.call({ workno: 20011 });

    expect(status).toBe(200);
    expect(body.data).toEqual({ workno: '20011', ...data });
    expect(body.meta).not.toHaveProperty('invalidRows');
  });

  test.each([
    [
      'skill',
      { skilllist: [null, { id: 10 }, 'voice'] },
      { skilllist: [{ id: 10 }] },
      ['/skilllist/0', '/skilllist/2'],
    ],
    ['call', { callids: [{}, '5', null] }, { callids: ['5'] }, ['/callids/0', '/callids/2']],
    ['list of skills', { skilllist: {} }, { skilllist: [] }, ['/skilllist']],
    ['list of calls', { callids: 'none' }, { callids: [] }, ['/callids']],
  ])('loses a %s that is none, which is told', async (_what, result, data, pointers) => {
    const w = await answering({ workno: '20011', ...result });

    const { status, body } = await w.call({ workno: 20011 });

    expect(status).toBe(200);
    expect(body.data).toEqual({ workno: '20011', ...data });
    expect(body.meta.invalidRows.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
  });

  test('may leave every field out or null: what is not there has no label', async () => {
    const w = await answering({ workno: '20011', status: null, skilllist: null });

    expect((await w.call({ workno: 20011 })).body.data).toEqual({ workno: '20011', status: null, skilllist: null });
  });

  test('loses the fields that no page documents, which are named', async () => {
    const w = await answering({ workno: '20011', secretNote: 'x', skilllist: [{ id: 1, weight: 5 }] });

    const { body } = await w.call({ workno: 20011 });

    expect(body.data).toEqual({ workno: '20011', skilllist: [{ id: 1 }] });
    expect(body.meta.undocumentedFields).toEqual(['/secretNote', '/skilllist/*/weight']);
    expect(w.outcomes[0]?.undocumentedFields).toEqual(body.meta.undocumentedFields);
  });

  test('may hold ids of calls that no double can hold, in the field that the page calls unused', async () => {
    const w = await startAnswering(
      '{"message":"","retcode":"0","result":{"workno":"20011","callids":[9007199254740993,"1501125758-17",5]}}',
    );

    const response = await w.call({ workno: 20011 });

    expect(response.status).toBe(200);
    expect(response.body.data.callids).toEqual(['9007199254740993', '1501125758-17', '5']);
  });

  test('may begin with a byte order mark', async () => {
    const w = await startAnswering('\uFEFF{"message":"","retcode":"0","result":{"workno":"20011"}}');

    expect((await w.call({ workno: 20011 })).body.data).toEqual({ workno: '20011' });
  });

  test.each([
    ['no result', '{"message":"","retcode":"0"}'],
    ['a result that is text', '{"message":"","retcode":"0","result":"20011"}'],
    ['a list of two agents', '{"message":"","retcode":"0","result":[{"workno":"1001"},{"workno":"1002"}]}'],
    ['no retcode', '{"message":"","result":{"workno":"20011"}}'],
    ['a list instead of its envelope', '[]'],
    ['a group that is no number', '{"message":"","retcode":"0","result":{"groupid":"jst"}}'],
  ])('breaks the documentation with %s, and is not asked for again', async (_what, body) => {
    const w = await startAnswering(body);

    const response = await w.call({ workno: 20011 });

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-contract-changed', retryable: false });
    expect(w.vendor.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
    expect(w.clock.pending()).toBe(0);
  });

  test('is not found where the list of agents is empty', async () => {
    const w = await answering([]);

    const response = await w.call({ workno: 20011 });

    expect(response.status).toBe(404);
    expect(response.body).toMatchObject({ code: 'not-found', retryable: false });
  });
});

describe('labels', () => {
  test('say unknown for a status that is no number and a ctiStatus that no table lists', async () => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'unknown-status' });

    expect((await w.call({ workno: 20011 })).body.data).toMatchObject({
      status: 'x',
      statusLabel: 'unknown',
      ctiStatus: 42,
      ctiStatusLabel: 'unknown',
    });
  });

  test('say unknown for the media type of a skill that no list has', async () => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: 'unknown-mediatype' });

    expect((await w.call({ workno: 20011 })).body.data.skilllist).toEqual([
      { name: 'unlisted', id: 11, mediatype: 99, mediatypeLabel: 'unknown' },
    ]);
  });

  test.each([
    [0, 'unknown'],
    [1, 'signed in'],
    [2, 'signed out'],
    [3, 'busy'],
    [4, 'idle'],
    [5, 'wrap-up'],
    [6, 'as idle'],
    [7, 'talking'],
    [8, 'rest'],
    [9, 'pre-rest'],
    [10, 'unknown'],
  ])('read status %i as %s', async (status, statusLabel) => {
    const w = await answering({ status: String(status) });

    expect((await w.call({ workno: 20011 })).body.data).toEqual({ status, statusLabel });
  });

  test.each([
    [0, 'not signed in'],
    [1, 'idle'],
    [2, 'pre-occupied'],
    [3, 'occupied'],
    [4, 'answering'],
    [5, 'talking'],
    [6, 'after-call work'],
    [7, 'busy'],
    [8, 'rest'],
    [9, 'learning'],
    [10, 'adjusting'],
    [11, 'unknown'],
  ])('read ctiStatus %i as %s', async (ctiStatus, ctiStatusLabel) => {
    const w = await answering({ ctiStatus });

    expect((await w.call({ workno: 20011 })).body.data).toEqual({ ctiStatus, ctiStatusLabel });
  });

  test.each([
    ['busy', 3, 0, 'none'],
    ['busy', 3, 1, 'set by the agent'],
    ['busy', 3, 2, 'did not answer'],
    ['busy', 3, 3, 'set by an inspector'],
    ['busy', 3, 4, 'rest'],
    ['busy', 3, 5, 'phone unavailable'],
    ['busy', 3, 6, 'unknown'],
    ['busy', 3, 7, 'rejected a call'],
    ['busy', 3, 200, 'custom'],
    ['busy', '3', '250', 'custom'],
    ['busy', 3, 251, 'unknown'],
    ['signed out', 2, 1, 'set by the client'],
    ['signed out', 2, 255, 'set by the client'],
    ['signed out', 2, 256, 'disconnected'],
    ['signed out', 2, 258, 'signed out by the agent'],
    ['signed out', 2, 263, 'handshake failed'],
    ['signed out', 2, 264, 'the same agent signed in elsewhere'],
    ['signed out', 2, 65535, 'none'],
    ['signed out', 2, 0, 'unknown'],
  ])('read the reason of an agent that is %s (%s): %s is %s', async (_state, status, currentStateReason, label) => {
    const w = await answering({ status, currentStateReason });

    expect((await w.call({ workno: 20011 })).body.data).toMatchObject({ currentStateReasonLabel: label });
  });

  test.each([0, 1, 4, 5, 7, 8, 9, 'x', null])(
    'are not given to a reason beside status %s, which no table has',
    async (status) => {
      const w = await answering({ status, currentStateReason: 3 });

      const { data } = (await w.call({ workno: 20011 })).body;

      expect(data.currentStateReason).toBe(3);
      expect(data).not.toHaveProperty('currentStateReasonLabel');
    },
  );

  test('read every media type of a skill that a list has', async () => {
    const labels = {
      1: 'text chat',
      2: 'click to dial',
      4: 'callback request',
      5: 'ordinary audio/video phone',
      15: 'predictive outbound',
      16: 'preview outbound',
      17: 'message call',
      19: 'ordinary video call',
      50: 'email',
      51: 'multimedia web chat',
      52: 'SMS',
      53: 'social chat',
      56: 'WeChat',
    };
    const w = await answering({ skilllist: Object.keys(labels).map((mediatype) => ({ mediatype })) });

    expect((await w.call({ workno: 20011 })).body.data.skilllist).toEqual(
      Object.entries(labels).map(([mediatype, mediatypeLabel]) => ({ mediatype: Number(mediatype), mediatypeLabel })),
    );
  });
});
