import { describe, expect, test } from 'vitest';
import { batchGetConversationParticipant as lookup } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { demoAccount, type Participant, volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { startWorld } from '../../support/world.ts';

const MAX = '9223372036854775807';
const ID_RULE = `must be an integer from 1 to ${MAX}, as JSON integer or decimal string`;
const APP_RULE = 'must be an integer from 1 to 2147483647, as JSON integer or decimal string';

const keys = {
  region: demoAccount.region,
  accessKeyId: demoAccount.accessKeyId,
  secretAccessKey: demoAccount.secretAccessKey,
};

const start = (settings: object = { appId: 1 }, seed?: { account?: object; participants?: readonly Participant[] }) =>
  startWorld({
    lookup,
    simulation: (clock) => volcengineIm(clock, seed),
    secret: (baseUrl) => ({ baseUrl, ...keys, ...settings }),
  });

const INPUT = { AppId: 1, ConversationShortId: 1, ParticipantUserIds: [10001] };

describe('ids that no double can hold', () => {
  test.each([
    ['integers', '7203245678901234567', MAX, '7203245678901234568'],
    ['text', '"7203245678901234567"', `"${MAX}"`, '"7203245678901234568"'],
    ['both', '"7203245678901234567"', MAX, '"7203245678901234568"'],
  ])('come as %s, go to the vendor as bare integers and come back as text', async (_type, conversation, one, other) => {
    const w = await start();

    const response = await w.call(undefined, {
      body: `{"ConversationShortId":${conversation},"ParticipantUserIds":[${one},${other}]}`,
    });

    expect(String(w.vendor.requests[0]?.body)).toBe(
      `{"AppId":1,"ConversationShortId":7203245678901234567,"ParticipantUserIds":[${MAX},7203245678901234568]}`,
    );
    expect(response.status).toBe(200);
    expect(response.body.data.Participants).toMatchObject([
      { ConversationShortId: '7203245678901234567', ParticipantUserId: MAX, Operator: '7203245678901234568' },
      { ConversationShortId: '7203245678901234567', ParticipantUserId: '7203245678901234568' },
    ]);
    expect(response.text).toContain(`"ParticipantUserId":"${MAX}"`);
  });

  test.each(['9007199254740991', '9007199254740992', '9007199254740993', MAX])(
    'such as %s keep every digit both ways, as every field',
    async (id) => {
      const participant = { ConversationShortId: BigInt(id), ParticipantUserId: BigInt(id), Operator: BigInt(id) };
      const w = await start({ appId: 1 }, { participants: [{ ...participant, Role: 0 }] });

      const response = await w.call(undefined, { body: `{"ConversationShortId":${id},"ParticipantUserIds":[${id}]}` });

      expect(response.body.data.Participants).toEqual([
        { ConversationShortId: id, ParticipantUserId: id, Operator: id, Role: 0, RoleLabel: 'ordinary member' },
      ]);
    },
  );
});

const BAD_IDS = [
  ['one above the most', '9223372036854775808'],
  ['one above the most, as text', '"9223372036854775808"'],
  ['20 digits', '10000000000000000000'],
  ['zero', '0'],
  ['zero as text', '"0"'],
  ['a negative number', '-1'],
  ['a fraction', '1.5'],
  ['an exponent that a double rounds', '9.007199254740993e15'],
  ['leading zeros', '"000001"'],
  ['the empty text', '""'],
  ['white space', '" 1"'],
  ['hexadecimal', '"0x1"'],
  ['text', '"user"'],
  ['true', 'true'],
  ['null', 'null'],
  ['an object', '{}'],
] as const;

describe.each([
  [
    'ConversationShortId',
    '/ConversationShortId',
    (value: string) => `"ConversationShortId":${value},"ParticipantUserIds":[1]`,
  ],
  [
    'an element of ParticipantUserIds',
    '/ParticipantUserIds/1',
    (value: string) => `"ConversationShortId":1,"ParticipantUserIds":[1,${value},2]`,
  ],
])('%s', (_field, pointer, fields) => {
  test.each(BAD_IDS)('is refused as %s', async (_what, value) => {
    const w = await start();

    const response = await w.call(undefined, { body: `{${fields(value)}}` });

    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      type: 'urn:contact-lookups:problem:invalid-input',
      code: 'invalid-input',
      retryable: false,
      errors: [{ pointer, detail: ID_RULE }],
    });
    expect(response.body.errors).toHaveLength(1);
    expect(w.vendor.requests).toHaveLength(0);
    expect(w.clock.pending()).toBe(0);
  });
});

describe('ParticipantUserIds', () => {
  test.each([
    ['absent', undefined, 'is required'],
    ['empty', [], 'must have at least 1 element'],
    ['one id outside a list', 10001, 'must be an array'],
    ['null', null, 'must be an array'],
    ['an object', { 0: 10001 }, 'must be an array'],
  ])('is refused where it is %s', async (_what, ParticipantUserIds, detail) => {
    const w = await start();

    const response = await w.call({ ConversationShortId: 1, ParticipantUserIds });

    expect(response.status).toBe(400);
    expect(response.body.errors).toEqual([{ pointer: '/ParticipantUserIds', detail }]);
    expect(w.vendor.requests).toHaveLength(0);
  });

  test('tells every bad element by its place', async () => {
    const w = await start();

    const response = await w.call({ ConversationShortId: 1, ParticipantUserIds: [0, 1, 'x', 2] });

    expect(response.body.errors).toEqual([
      { pointer: '/ParticipantUserIds/0', detail: ID_RULE },
      { pointer: '/ParticipantUserIds/2', detail: ID_RULE },
    ]);
  });

  test('may be many: the vendor documents no most', async () => {
    const w = await start();
    const ids = Array.from({ length: 2_000 }, (_each, index) => `72032456789012${String(index).padStart(5, '0')}`);

    const response = await w.call({ ConversationShortId: 1, ParticipantUserIds: ids });

    expect(response.status).toBe(200);
    expect(String(w.vendor.requests[0]?.body)).toContain(`[${ids.join(',')}]`);
  });
});

describe('AppId', () => {
  test.each([
    ['2147483647', 2_147_483_647],
    ['2147483647 as text', '2147483647'],
  ])('may be %s, and goes as a bare integer', async (_what, AppId) => {
    const w = await start({}, { account: { appId: 2_147_483_647n } });

    const response = await w.call({ ...INPUT, AppId });

    expect(response.status).toBe(200);
    expect(String(w.vendor.requests[0]?.body)).toMatch(/^\{"AppId":2147483647,/);
  });

  test.each([0, -1, 2_147_483_648, '2147483648', '01', 1.5, 'app', true, null, [1]])(
    'is refused as %j',
    async (AppId) => {
      const w = await start();

      const response = await w.call({ ...INPUT, AppId });

      expect(response.status).toBe(400);
      expect(response.body.errors).toEqual([{ pointer: '/AppId', detail: APP_RULE }]);
      expect(w.vendor.requests).toHaveLength(0);
    },
  );

  test('of the input stands above the account’s', async () => {
    const w = await start({ appId: 1 }, { account: { appId: 2n } });

    expect((await w.call({ ...INPUT, AppId: 2 })).status).toBe(200);
  });

  test('is required where the account has none', async () => {
    const w = await start({});
    const { AppId: _, ...input } = INPUT;

    const response = await w.call(input);

    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      code: 'invalid-input',
      errors: [{ pointer: '/AppId', detail: 'is required: this vendor account has none of its own' }],
    });
    expect(w.vendor.requests).toHaveLength(0);
    expect(w.clock.pending()).toBe(0);
  });
});

test.each(['ConversationShortId', 'ParticipantUserIds'])('%s is required', async (field) => {
  const w = await start();

  const response = await w.call({ ...INPUT, [field]: undefined });

  expect(response.status).toBe(400);
  expect(response.body.errors).toEqual([{ pointer: `/${field}`, detail: 'is required' }]);
});

test('an unknown field is refused by its name', async () => {
  const w = await start();

  const response = await w.call({ ...INPUT, appId: 1 });

  expect(response.status).toBe(400);
  expect(response.body.errors).toEqual([{ pointer: '/appId', detail: 'is not a known field' }]);
});

test('no id of a person or a conversation is logged', async () => {
  const w = await start();

  await w.call(INPUT);

  expect(w.outcomes[0]?.input).toEqual({});
});
