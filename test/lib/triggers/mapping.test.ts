import { describe, expect, test, vi } from 'vitest';
import { batchGetConversationParticipant } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { createServices } from '../../../lib/handler.ts';
import { volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { cecSecret, volcengineSecret } from '../../support/accounts.ts';
import { answersTo, inputOf, startChats, told } from '../../support/chats.ts';
import { resultsOn, startMessageWorld } from '../../support/messages.ts';
import {
  dynamodbEvent,
  eventBridgeEvent,
  kinesisEvent,
  kinesisNumber,
  snsEvent,
  sqsEvent,
} from '../../support/service-events.ts';

const { userId, tenantId } = inputOf(1);

const map = (mapping: unknown) => vi.stubEnv('EVENT_MAPPING', JSON.stringify(mapping));
/** A foreign event, and the template that makes a message of it. */
const callOf = (chat: number) => ({ chat: { id: `1700000000-${chat}` }, order: `order-${chat}` });
const TEMPLATE = { input: { 'callId.$': '$.chat.id', userId, tenantId }, 'correlationId.$': '$.order' };

const startIm = () =>
  startMessageWorld({ lookup: batchGetConversationParticipant, simulation: volcengineIm, secret: volcengineSecret });

const notification = (message: unknown) => {
  const { Type, MessageId, TopicArn, Message } = snsEvent(message).Records[0]?.Sns ?? {};
  return { Type, MessageId, TopicArn, Message };
};

test.each([
  ['sqs', sqsEvent(callOf(1))],
  ['sns', snsEvent(callOf(1))],
  ['sns', sqsEvent(notification(callOf(1)))],
  ['kinesis', kinesisEvent([{ data: callOf(1) }])],
  ['dynamodb', dynamodbEvent([{ item: { chat: { M: { id: { S: '1700000000-1' } } }, order: { S: 'order-1' } } }])],
  ['event', { Records: [callOf(1)] }],
  ['event', callOf(1)],
])('the template of %s makes the message of what comes in that form', async (form, event) => {
  map({ [form]: TEMPLATE });
  const world = await startChats();
  await world.deliver(event);
  expect(told(world)).toEqual(answersTo(1));
});

test.each([
  ['by a rule', eventBridgeEvent(callOf(1))],
  ['in a queue', sqsEvent(eventBridgeEvent(callOf(1)))],
  ['in a notification', snsEvent(eventBridgeEvent(callOf(1)))],
  ['in a notification in a queue', sqsEvent(notification(eventBridgeEvent(callOf(1))))],
  ['in a stream', kinesisEvent([{ data: eventBridgeEvent(callOf(1)) }])],
])('an event of EventBridge is mapped as one, %s, and its paths begin at the event', async (_where, event) => {
  map({
    eventbridge: { input: { 'callId.$': '$.detail.chat.id', userId, tenantId }, 'correlationId.$': '$.id' },
    sqs: {},
    sns: {},
    kinesis: {},
  });
  const world = await startChats();
  await world.deliver(event);
  expect(told(world)).toEqual(['3c7a9f52-0000-4000-8000-000000000009: Visitor 1']);
});

test('a form without a template is read as a message', async () => {
  map({ sns: TEMPLATE });
  const world = await startChats();
  await world.deliver(eventBridgeEvent({ input: inputOf(2), correlationId: 'order-2' }));
  expect(told(world)).toEqual(answersTo(2));
});

test('the envelope comes from the template, constants and found values alike', async () => {
  map({ sns: { input: TEMPLATE.input, 'account.$': '$.tenant', correlationId: 'of the stage' } });
  const world = await startChats();
  world.putSecret('emea', cecSecret(world.vendor.url));
  await world.deliver(snsEvent({ ...callOf(1), tenant: 'emea' }));
  await world.deliver(snsEvent({ ...callOf(1), tenant: 'nowhere' }));
  await world.deliver(snsEvent({ ...callOf(1), tenant: 5 }));
  expect(told(world)).toEqual([
    'of the stage: Visitor 1',
    'of the stage: unknown-account',
    'of the stage: invalid-input',
  ]);
  expect(resultsOn(world.bus)[0]?.detail['account']).toBe('emea');
});

test('a field whose value is not there is left out, one that is null is not', async () => {
  const input = { ...TEMPLATE.input, 'nickname.$': '$.chat.nickname' };
  map({ sns: { ...TEMPLATE, input, 'account.$': "$['tenant']['name']" } });
  const world = await startChats();
  await world.deliver(snsEvent({ chat: callOf(1).chat }));
  await world.deliver(snsEvent({ ...callOf(2), tenant: { name: null } }));
  expect(told(world)).toEqual(['Visitor 1', 'order-2: invalid-input']);
});

test('a path that can find one value gives it, any other gives the list of what it found', async () => {
  map({
    sns: { input: { 'ConversationShortId.$': '$.ids[0]', 'ParticipantUserIds.$': "$.users[?@.role=='guest'].id" } },
  });
  const world = await startIm();
  const ask = (...roles: readonly string[]) =>
    world.deliver(snsEvent({ ids: [1, 2], users: roles.map((role, index) => ({ id: 10_001 + index, role })) }));
  await ask('guest', 'guest');
  await ask('host', 'guest');
  await ask('host');
  const sent = world.vendor.requests.map(({ body }) => body.toString());
  expect(sent).toEqual([
    expect.stringContaining('"ConversationShortId":1,"ParticipantUserIds":[10001,10002]'),
    expect.stringContaining('"ConversationShortId":1,"ParticipantUserIds":[10002]'),
  ]);
  // The lookup asks for one at least.
  expect(resultsOn(world.bus)[2]).toMatchObject({
    type: 'Lookup Failed',
    detail: { problem: { code: 'invalid-input' } },
  });
});

test('lists and objects of a template are mapped inside, and constants of every type stay', async () => {
  map({ sns: { input: { ConversationShortId: 1, ParticipantUserIds: [10_001, '10002'], AppId: null } } });
  const world = await startIm();
  await world.deliver(snsEvent({ any: 'thing' }));
  expect(resultsOn(world.bus)).toMatchObject([
    { detail: { problem: { code: 'invalid-input', errors: [{ pointer: '/input/AppId' }] } } },
  ]);

  map({ sns: { input: { nested: [{ 'a.$': '$.a', b: [true, { 'c.$': '$.c' }] }, 'a constant'] } } });
  const { handler } = world.coldStart();
  await handler(snsEvent({ a: 1 }), { awsRequestId: 'request', getRemainingTimeInMillis: () => 15_000 });
  const errors = resultsOn(world.bus)[1]?.detail['problem'];
  expect(errors).toMatchObject({ code: 'invalid-input' });
});

test('an integer keeps all its digits on its way through a template', async () => {
  map({ sns: { input: { 'ConversationShortId.$': '$.conversation', 'ParticipantUserIds.$': '$.users[*]' } } });
  const world = await startIm();
  await world.deliver(
    snsEvent('{"conversation":7203245678901234567,"users":[9223372036854775807,7203245678901234568]}'),
  );
  expect(resultsOn(world.bus)).toMatchObject([
    { detail: { data: { Participants: [{ NickName: 'NickName3' }, { NickName: 'NickName4' }] } } },
  ]);
});

const IDS = [9223372036854775807n, 10_001, 7203245678901234568n];

describe('a filter compares 64-bit ids with all of their digits', () => {
  const members = IDS.map((id) => ({ id: { N: String(id) } }));
  const sent = `{"members":[${IDS.map((id) => `{"id":${id}}`)}]}`;

  test.each([
    ['sqs', sqsEvent(sent)],
    ['kinesis', kinesisEvent([{ data: sent }])],
    ['dynamodb', dynamodbEvent([{ item: { members: { L: members.map((M) => ({ M })) } } }])],
  ])('of %s', async (form, event) => {
    for (const [filter, asked] of [
      ['@.id > 100', IDS],
      ['@.id == 9223372036854775807', [IDS[0]]],
      ['@.id > 7203245678901234567 && @.id < 9223372036854775807', [IDS[2]]],
    ] as const) {
      map({
        [form]: {
          input: { ConversationShortId: '7203245678901234567', 'ParticipantUserIds.$': `$.members[?${filter}].id` },
        },
      });
      const world = await startIm();
      await world.deliver(event);
      expect(world.vendor.requests[0]?.body.toString()).toContain(`"ParticipantUserIds":[${asked.join(',')}]`);
    }
  });
});

test('a filter that compares an id which Lambda has rounded fails, and asks for no other one', async () => {
  const filter = '$.detail.members[?@.id == 9223372036854775807 || @.id == 10001].id';
  map({ eventbridge: { input: { ConversationShortId: '1', 'ParticipantUserIds.$': filter } } });
  const world = await startIm();
  await world.deliver(JSON.parse(JSON.stringify(eventBridgeEvent({ members: [{ id: 2 ** 63 }, { id: 10_001 }] }))));
  expect(world.vendor.requests).toEqual([]);
  const problem = resultsOn(world.bus)[0]?.detail['problem'];
  expect(problem).toMatchObject({ code: 'invalid-input', detail: expect.stringContaining('has lost digits') });
  // In a text it has all of them.
  const text = JSON.stringify(eventBridgeEvent({ members: ['ID', { id: 10_001 }] })).replace(
    '"ID"',
    '{"id":9223372036854775807}',
  );
  await world.deliver(sqsEvent(text));
  expect(world.vendor.requests[0]?.body.toString()).toContain('"ParticipantUserIds":[9223372036854775807,10001]');
});

test('a constant of a template keeps all its digits', async () => {
  vi.stubEnv(
    'EVENT_MAPPING',
    '{"sns":{"input":{"ConversationShortId":7203245678901234567,"ParticipantUserIds":[9223372036854775807]}}}',
  );
  const world = await startIm();
  await world.deliver(snsEvent({}));
  expect(world.vendor.requests[0]?.body.toString()).toContain(
    '"ConversationShortId":7203245678901234567,"ParticipantUserIds":[9223372036854775807]',
  );
});

describe('a message whose mapping would take long is published as failed, and holds nothing up', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  test.each([
    ['$..*..*', nested(100_000), 'takes more than 1000000 steps'],
    ['$..[?@..*]', nested(100_000), 'takes more than 1000000 steps'],
    ['$[?$[?@ > 1]]', JSON.stringify(Array.from({ length: 100_000 }, () => 1)), 'takes more than 1000000 steps'],
    ['$..*', nested(100_000), 'The message is'],
    ['$[*]', JSON.stringify(Array.from({ length: 200_000 }, () => 1)), 'The message is larger than 64 KiB.'],
  ])('%s', async (path, data, reason) => {
    map({ kinesis: { input: { ...TEMPLATE.input, 'callId.$': path } } });
    const world = await startChats();
    expect(await world.deliver(kinesisEvent([{ data }]))).toEqual({ batchItemFailures: [] });
    expect(told(world)).toEqual(['invalid-input']);
    expect(resultsOn(world.bus)[0]?.detail['problem']).toMatchObject({ detail: expect.stringContaining(reason) });
  });
});

test.each([
  ['no JSON', '{', /^EVENT_MAPPING must be a JSON object/],
  ['a list', '[]', /^EVENT_MAPPING must be a JSON object/],
  ['null', 'null', /^EVENT_MAPPING must be a JSON object/],
  ['a form that is none', '{"sqS":{}}', /^EVENT_MAPPING: "sqS" is none of sqs, sns, /],
  ['a form named by what every object has', '{"constructor":{}}', /^EVENT_MAPPING: "constructor" is none of/],
  ['a template that is none', '{"sqs":"$.input"}', /^EVENT_MAPPING: the template of "sqs"/],
])('a setting that is %s is refused at the start of the process, by its name', (_what, setting, reason) => {
  vi.stubEnv('EVENT_MAPPING', setting);
  try {
    expect(() => createServices()).toThrow(reason);
  } finally {
    vi.unstubAllEnvs();
  }
});

test.each([
  ['that is no JSONPath', 'chat.id'],
  ['that never ends', '$.chat['],
  ['with a function that is not there', '$[?nosuch(@.id)]'],
  ['with a pattern, which may take any time', "$[?match(@.s, '(a+)+')]"],
  ['with a pattern to search for', '$.a[?!search(@, $.pattern)]'],
  ['that is no text', 5],
])('a path %s is named by an error, nothing is asked, and everything comes again', async (_what, path) => {
  map({ kinesis: { input: { 'callId.$': path } } });
  const world = await startChats();
  const event = kinesisEvent([{ data: callOf(1) }]);
  await expect(world.deliver(event)).rejects.toThrow(/^EVENT_MAPPING: kinesis: callId\.\$\W/);
  await expect(world.deliver(event)).rejects.toThrow(/^EVENT_MAPPING: kinesis: callId\.\$\W/);
  expect(world.vendor.requests).toEqual([]);
  expect(world.bus.requests).toEqual([]);
  // Who asks directly needs no mapping.
  expect(await world.deliver({ input: inputOf(1) })).toMatchObject({ data: { userNickname: 'Visitor 1' } });
});

test('names that mean something to JavaScript are names like any other', async () => {
  map({
    sns: {
      ...TEMPLATE,
      input: JSON.parse(
        `{"callId.$":"$.chat.id","userId":"${userId}","tenantId":"${tenantId}","__proto__.$":"$.polluted"}`,
      ),
    },
  });
  const world = await startChats();
  await world.deliver(snsEvent(`{"chat":{"id":"1700000000-1"},"polluted":{"isPolluted":true}}`));
  await world.deliver(snsEvent(`{"chat":{"__proto__":{"id":"1700000000-1"}},"__proto__":{"order":"inherited"}}`));
  const [first, second] = resultsOn(world.bus);
  expect(first?.detail).toMatchObject({ problem: { errors: [{ pointer: '/input/__proto__' }] } });
  // What is not the message's own is not found.
  expect(second?.detail).not.toHaveProperty('correlationId');
  expect(second?.detail).toMatchObject({
    problem: { errors: expect.arrayContaining([{ pointer: '/input/callId', detail: expect.any(String) }]) },
  });
  expect({}).not.toHaveProperty('isPolluted');
  expect({}).not.toHaveProperty('order');
});

test('a message that is nested too deep for a path is published as failed and holds nothing up', async () => {
  map({ kinesis: { input: { ...TEMPLATE.input, 'callId.$': '$..id' } } });
  const world = await startChats();
  const depth = 30_000;
  const event = kinesisEvent([
    { data: '['.repeat(depth) + ']'.repeat(depth) },
    { data: '{"a":'.repeat(10_000) + 12345678901234567890n + '}'.repeat(10_000) },
  ]);
  expect(await world.deliver(event)).toEqual({ batchItemFailures: [] });
  expect(told(world)).toEqual(['invalid-input', 'invalid-input']);
  expect(resultsOn(world.bus)[0]?.detail).toMatchObject({ messageId: `shardId-000000000000:${kinesisNumber(1)}` });
});
