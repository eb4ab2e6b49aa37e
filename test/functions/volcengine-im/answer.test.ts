import { describe, expect, test } from 'vitest';
import { batchGetConversationParticipant as lookup } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { demoAccount, volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { startWorld } from '../../support/world.ts';

const INPUT = { ConversationShortId: 1, ParticipantUserIds: [10001, 10002] };

const start = () =>
  startWorld({
    lookup,
    simulation: volcengineIm,
    secret: (baseUrl) => ({
      baseUrl,
      region: demoAccount.region,
      accessKeyId: demoAccount.accessKeyId,
      secretAccessKey: demoAccount.secretAccessKey,
      appId: 1,
    }),
  });

/** A world whose vendor answers once with this text, as a success. */
async function startAnswering(result: string, metadata = '{"RequestId":"vendor-request"}') {
  const world = await start();
  world.vendor.fail({ body: `{"ResponseMetadata":${metadata}${result && `,"Result":${result}`}}` });
  return world;
}

/** The page's sample, its ids as decimal strings and its codes labelled. */
const SAMPLE = [
  {
    ConversationShortId: '1',
    ParticipantUserId: '10001',
    Level: 1,
    NickName: 'NickName1',
    Operator: '10',
    Status: 0,
    StatusLabel: 'normal',
    CreateTime: 1669694619,
    Ext: { key: 'value', 's:from': 'biz' },
    Role: 1,
    RoleLabel: 'owner',
    BlockTime: 0,
  },
  {
    ConversationShortId: '1',
    ParticipantUserId: '10002',
    Level: 20,
    NickName: 'NickName2',
    Operator: '10',
    Status: 0,
    StatusLabel: 'normal',
    CreateTime: 1669694619,
    Ext: { key: 'value', 's:from': 'biz' },
    Role: 0,
    RoleLabel: 'ordinary member',
    BlockTime: 0,
  },
];

test("answers the page's own sample, ids as decimal strings and codes labelled", async () => {
  const w = await start();

  const response = await w.call(INPUT);

  expect(response.status).toBe(200);
  expect(response.headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  expect(response.body).toEqual({
    data: { Participants: SAMPLE },
    meta: {
      lookup: 'batchGetConversationParticipant',
      requestId: expect.stringMatching(/^request-\d+$/),
      vendorRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      vendorMs: 0,
      attempts: 1,
    },
  });
  expect(w.clock.pending()).toBe(0);
});

test('asks as the page says: POST, the action in the query, the ids as bare integers', async () => {
  const w = await start();

  await w.call(INPUT);

  expect(w.vendor.requests).toHaveLength(1);
  const [request] = w.vendor.requests;
  expect(request).toMatchObject({ method: 'POST', path: '/' });
  expect(String(request?.query)).toBe('Action=BatchGetConversationParticipant&Version=2020-12-01');
  expect(request?.headers['content-type']).toBe('application/json');
  expect(String(request?.body)).toBe('{"AppId":1,"ConversationShortId":1,"ParticipantUserIds":[10001,10002]}');
});

test('the vendor’s request id is told in meta', async () => {
  const w = await startAnswering('{"Participants":[]}');

  expect((await w.call(INPUT)).body.meta.vendorRequestId).toBe('vendor-request');
});

describe('Participants', () => {
  test.each([
    ['null', 'participants-null'],
    ['empty', 'participants-empty'],
  ])('may be %s: nobody', async (_what, vendorCase) => {
    const w = await start();
    w.vendor.fail({ vendorCase });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(response.body.data).toEqual({ Participants: [] });
  });

  test.each([
    ['with its Result', ''],
    ['in an empty Result', '{}'],
    ['with a Result that is null', 'null'],
  ])('may be absent %s: nobody', async (_what, result) => {
    const w = await startAnswering(result);

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(response.body.data).toEqual({ Participants: [] });
  });

  test('may be fewer than were asked for', async () => {
    const w = await start();

    const response = await w.call({ ...INPUT, ParticipantUserIds: [10002, 99] });

    expect(response.body.data).toEqual({ Participants: [SAMPLE[1]] });
  });

  test('may come in another order, which is kept', async () => {
    const w = await start();
    w.vendor.fail({ vendorCase: 'reordered' });

    const response = await w.call(INPUT);

    expect(response.body.data).toEqual({ Participants: [SAMPLE[1], SAMPLE[0]] });
  });

  test('may lack their optional fields, which then have no label', async () => {
    const w = await start();
    w.vendor.fail({ vendorCase: 'optional-absent' });

    const response = await w.call({ ...INPUT, ParticipantUserIds: [10001] });

    expect(response.body.data.Participants).toEqual([
      { ConversationShortId: '1', ParticipantUserId: '10001', Operator: '10', Role: 1, RoleLabel: 'owner' },
    ]);
  });

  test('may have nulls, numbers for strings and strings for numbers', async () => {
    const w = await startAnswering(
      '{"Participants":[{"ConversationShortId":"1","ParticipantUserId":"10001","Operator":null,"Role":"2","Status":"1",' +
        '"Level":"3","BlockTime":"1669694620","CreateTime":null,"NickName":7,"Ext":null,"AvatarUrl":"https://a.example/1"}]}',
    );

    expect((await w.call(INPUT)).body.data.Participants).toEqual([
      {
        ConversationShortId: '1',
        ParticipantUserId: '10001',
        Operator: null,
        Role: 2,
        RoleLabel: 'administrator',
        Status: 1,
        StatusLabel: 'left',
        Level: 3,
        BlockTime: 1669694620,
        CreateTime: null,
        NickName: '7',
        Ext: null,
        AvatarUrl: 'https://a.example/1',
      },
    ]);
  });

  test('keep every entry of Ext, whatever its name', async () => {
    const w = await startAnswering(
      '{"Participants":[{"Ext":{"key":"value","s:from":"biz","":"empty","id":9223372036854775807,"toString":"x"}}]}',
    );

    expect((await w.call(INPUT)).body.data.Participants[0].Ext).toEqual({
      key: 'value',
      's:from': 'biz',
      '': 'empty',
      id: '9223372036854775807',
      toString: 'x',
    });
  });

  test('may have names beyond ASCII beside ids that no double can hold', async () => {
    const w = await startAnswering(
      '{"Participants":[{"NickName":"张三 😀 9007199254740993","Operator":9007199254740993}]}',
    );

    expect((await w.call(INPUT)).body.data.Participants).toEqual([
      { NickName: '张三 😀 9007199254740993', Operator: '9007199254740993' },
    ]);
  });

  test('lose the fields that no page documents, which are named', async () => {
    const w = await startAnswering('{"Participants":[{"ParticipantUserId":1,"SortOrder":5}],"HasMore":false}');

    const { body } = await w.call(INPUT);

    expect(body.data).toEqual({ Participants: [{ ParticipantUserId: '1' }] });
    expect(body.meta.undocumentedFields).toEqual(['/HasMore', '/Participants/*/SortOrder']);
  });
});

describe('labels', () => {
  test('say unknown for a Role and a Status that no table lists', async () => {
    const w = await start();
    w.vendor.fail({ vendorCase: 'unknown-codes' });

    const response = await w.call({ ...INPUT, ParticipantUserIds: [10001] });

    expect(response.status).toBe(200);
    expect(response.body.data.Participants[0]).toMatchObject({
      Role: 9,
      RoleLabel: 'unknown',
      Status: 7,
      StatusLabel: 'unknown',
    });
  });

  test('read every Role and Status of the tables', async () => {
    const w = await startAnswering('{"Participants":[{"Role":0,"Status":0},{"Role":1,"Status":1},{"Role":2}]}');

    expect((await w.call(INPUT)).body.data.Participants).toEqual([
      { Role: 0, RoleLabel: 'ordinary member', Status: 0, StatusLabel: 'normal' },
      { Role: 1, RoleLabel: 'owner', Status: 1, StatusLabel: 'left' },
      { Role: 2, RoleLabel: 'administrator' },
    ]);
  });
});

test('another region and another action in the envelope do not matter', async () => {
  const w = await start();
  w.vendor.fail({ vendorCase: 'wrong-region' });

  const response = await w.call(INPUT);

  expect(response.status).toBe(200);
  expect(response.body.data.Participants).toHaveLength(2);
});

test('an Error that is null is no error', async () => {
  const w = await startAnswering('{"Participants":[]}', '{"RequestId":"r","Error":null}');

  expect((await w.call(INPUT)).status).toBe(200);
});

test.each([
  ['no envelope', '{"Result":{"Participants":[]}}'],
  ['an envelope that is text', '{"ResponseMetadata":"ok","Result":{"Participants":[]}}'],
  ['a list', '[]'],
  ['a Result that is a list', '{"ResponseMetadata":{},"Result":[]}'],
  ['Participants that are no list', '{"ResponseMetadata":{},"Result":{"Participants":{"1":{}}}}'],
  ['a participant that is a number', '{"ResponseMetadata":{},"Result":{"Participants":[1]}}'],
  ['an id that is no integer', '{"ResponseMetadata":{},"Result":{"Participants":[{"ParticipantUserId":1.5}]}}'],
  ['an id beyond 64 bits', '{"ResponseMetadata":{},"Result":{"Participants":[{"Operator":9223372036854775808}]}}'],
])('an answer with %s breaks the documentation, and is not asked for again', async (_what, body) => {
  const w = await start();
  w.vendor.fail({ body });

  const response = await w.call(INPUT);

  expect(response.status).toBe(502);
  expect(response.body).toMatchObject({ code: 'vendor-contract-changed', retryable: false });
  expect(w.vendor.requests).toHaveLength(1);
  expect(w.clock.pending()).toBe(0);
});
