import type { AttributeValue } from 'aws-lambda';
import { expect, test, vi } from 'vitest';
import { batchGetConversationParticipant } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { volcengineSecret } from '../../support/accounts.ts';
import { answersTo, inputOf, startChats, told } from '../../support/chats.ts';
import { createTestClock } from '../../support/clock.ts';
import { resultsOn, startMessageWorld } from '../../support/messages.ts';
import { dynamodbEvent, dynamodbNumber, serviceEvent } from '../../support/service-events.ts';

const DONE = { batchItemFailures: [] };
const from = (place: number) => ({ batchItemFailures: [{ itemIdentifier: dynamodbNumber(place) }] });

/** An item that is a message. */
const itemOf = (chat: number): Record<string, AttributeValue> => ({
  input: { M: Object.fromEntries(Object.entries(inputOf(chat)).map(([name, value]) => [name, { S: value }])) },
  correlationId: { S: `order-${chat}` },
});
const changes = (chats: readonly number[], key?: string) =>
  chats.map((chat) => ({ item: itemOf(chat), ...(key !== undefined && { key }) }));

/** A participant is asked for by numbers. */
const startIm = () =>
  startMessageWorld({ lookup: batchGetConversationParticipant, simulation: volcengineIm, secret: volcengineSecret });
const nicknames = ({ detail }: { detail: Readonly<Record<string, unknown>> }) =>
  (detail['data'] as { Participants: { NickName: string }[] }).Participants.map(({ NickName }) => NickName);

test('the new item is the message: the result of each change goes to the bus, in the order of its item', async () => {
  const world = await startChats();
  expect(await world.deliver(dynamodbEvent(changes([2, 1, 3], 'one')))).toEqual(DONE);
  expect(told(world)).toEqual(answersTo(2, 1, 3));
  expect(resultsOn(world.bus)[0]).toMatchObject({
    type: 'Lookup Succeeded',
    detail: {
      trigger: 'dynamodb',
      messageId: '1'.padStart(32, '0'),
      account: 'default',
      correlationId: 'order-2',
      data: { userNickname: 'Visitor 2' },
    },
  });
  expect(world.outcomes[0]).toMatchObject({ trigger: 'dynamodb', messageId: '1'.padStart(32, '0') });
  expect(world.clock.pending()).toBe(0);
});

test('changes of other items do not wait for one another', async () => {
  const world = await startChats();
  const other = Promise.withResolvers<void>();
  world.onAsk((chat) => (chat === 1 ? other.promise : other.resolve()));
  expect(await world.deliver(dynamodbEvent(changes([1, 2])))).toEqual(DONE);
  expect(told(world)).toHaveLength(2);
});

test('the first change that is worth another try is where Lambda goes on, under the same ids', async () => {
  const world = await startChats();
  world.down.add(2);
  expect(await world.deliver(dynamodbEvent(changes([1, 2, 3])))).toEqual(from(2));
  world.down.clear();
  expect(await world.deliver(dynamodbEvent(changes([2, 3], undefined), 2))).toEqual(DONE);
  const ids = resultsOn(world.bus).map(({ detail }) => `${detail['correlationId']} ${detail['id']}`);
  expect(new Set(ids).size).toBe(3);
  expect(new Set(told(world))).toEqual(new Set(answersTo(1, 2, 3)));
});

test('a removal, a change without the new item and a wrong item are published as failed and hold nothing up', async () => {
  const world = await startChats();
  const event = dynamodbEvent([...changes([1]), {}, { item: { input: { S: 'text' } } }, ...changes([4])]);
  expect(event.Records[1]).toMatchObject({ eventName: 'REMOVE', dynamodb: { OldImage: {} } });
  expect(await world.deliver(event)).toEqual(DONE);
  const results = resultsOn(world.bus);
  expect(results.filter(({ type }) => type === 'Lookup Succeeded')).toHaveLength(2);
  const failed = results.filter(({ type }) => type === 'Lookup Failed');
  expect(failed).toHaveLength(2);
  expect(failed).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        detail: expect.objectContaining({
          messageId: '2'.padStart(32, '0'),
          problem: expect.objectContaining({ code: 'invalid-input', detail: expect.stringContaining('REMOVE') }),
        }),
      }),
    ]),
  );
});

test('a record of a stream that shows keys alone asks for nothing', async () => {
  const world = await startChats();
  const { Records: records } = dynamodbEvent(changes([1]));
  for (const { dynamodb } of records) delete dynamodb?.NewImage;
  expect(await world.deliver({ Records: records })).toEqual(DONE);
  expect(told(world)).toEqual(['invalid-input']);
  expect(world.vendor.requests).toEqual([]);
});

test('numbers of an item keep all their digits, and a number set is a list', async () => {
  const world = await startIm();
  const item: Record<string, AttributeValue> = {
    input: {
      M: {
        ConversationShortId: { N: '7203245678901234567' },
        ParticipantUserIds: { NS: ['9223372036854775807', '7203245678901234568'] },
      },
    },
  };
  expect(await world.deliver(dynamodbEvent([{ item }]))).toEqual(DONE);
  const [result] = resultsOn(world.bus);
  expect(result).toMatchObject({ type: 'Lookup Succeeded' });
  expect(result && nicknames(result)).toEqual(['NickName3', 'NickName4']);
  expect(world.vendor.requests[0]?.body.toString()).toContain('"ConversationShortId":7203245678901234567,');
});

test('every type that an item may have is mapped, and one that is not looked at harms nothing', async () => {
  vi.stubEnv(
    'EVENT_MAPPING',
    JSON.stringify({
      dynamodb: {
        input: { 'ConversationShortId.$': '$.ids[0]', 'ParticipantUserIds.$': '$.members[*].id' },
        'correlationId.$': '$.names[1]',
      },
    }),
  );
  const world = await startIm();
  const item: Record<string, AttributeValue> = {
    ids: { NS: ['1', '2'] },
    members: { L: [{ M: { id: { N: '10001' } } }, { M: { id: { S: '10002' } } }, { M: { id: { N: '1E+2' } } }] },
    names: { SS: ['one', 'two'] },
    ratio: { N: '98765432109876543210.5' },
    huge: { N: '1E+125' },
    bytes: { B: 'AQI=' },
    blobs: { BS: ['AQI=', 'AwQ='] },
    open: { BOOL: false },
    nothing: { NULL: true },
  };
  await world.deliver(dynamodbEvent([{ item }]));
  const [result] = resultsOn(world.bus);
  expect(result).toMatchObject({ type: 'Lookup Succeeded', detail: { correlationId: 'two' } });
  expect(result && nicknames(result)).toEqual(['NickName1', 'NickName2']);
});

test.each([
  ['BOOL', { BOOL: false }],
  ['NULL', { NULL: true }],
  ['SS', { SS: ['1700000000-1'] }],
  ['N', { N: '5' }],
] as [string, AttributeValue][])(
  'where a text is asked for, no value of type %s is taken for one',
  async (_type, value) => {
    const world = await startChats();
    const { input, ...item } = itemOf(1);
    await world.deliver(dynamodbEvent([{ item: { ...item, input: { M: { ...input?.M, callId: value } } } }]));
    expect(told(world)).toEqual(['order-1: invalid-input']);
  },
);

test('a number of a set is a number, and no text', async () => {
  vi.stubEnv('EVENT_MAPPING', JSON.stringify({ dynamodb: { input: inputOf(1), 'correlationId.$': '$.ids[0]' } }));
  const world = await startChats();
  await world.deliver(dynamodbEvent([{ item: { ids: { NS: ['5'] } } }, { item: { ids: { SS: ['5'] } } }]));
  expect(told(world).sort()).toEqual(['5: Visitor 1', 'invalid-input']);
});

test('where time runs out in the middle, Lambda goes on with the first change that was not begun', async () => {
  const world = await startChats({ clock: createTestClock({ skipWaitsMs: 0 }) });
  world.onAsk((chat) => {
    if (chat === 1) world.clock.advance(11_000);
  });
  expect(await world.deliver(dynamodbEvent(changes([1, 2], 'one')), { remainingMs: 15_000 })).toEqual(from(2));
  expect(told(world)).toEqual(answersTo(1));
});

test('an event with all three kinds of change, as the service sends it, is answered and comes no more', async () => {
  const world = await startChats();
  expect(await world.deliver(serviceEvent('dynamodb'))).toEqual(DONE);
  // Its inputs name a chat alone.
  expect(told(world).sort()).toEqual(['invalid-input', 'order-17: invalid-input', 'order-18: invalid-input']);
});
