import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { answersTo, type ChatWorld, messageOf, startChats, told } from '../../support/chats.ts';
import { createTestClock } from '../../support/clock.ts';
import { resultsOn } from '../../support/messages.ts';
import { kinesisEvent, kinesisNumber } from '../../support/service-events.ts';

/** How many Huawei CEC is asked for at the same time. */
const SIDE_BY_SIDE = 10;

const DONE = { batchItemFailures: [] };
const from = (place: number) => ({ batchItemFailures: [{ itemIdentifier: kinesisNumber(place) }] });
const records = (chats: readonly number[], key?: string) =>
  chats.map((chat) => ({ data: messageOf(chat), ...(key !== undefined && { key }) }));
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** The distinct ids of the results of each chat. */
function idsOf({ bus }: ChatWorld): Map<unknown, Set<unknown>> {
  const ids = new Map<unknown, Set<unknown>>();
  for (const { detail } of resultsOn(bus)) {
    const { correlationId, id } = detail;
    ids.set(correlationId, (ids.get(correlationId) ?? new Set()).add(id));
  }
  return ids;
}

test('the result of each record goes to the bus, with whose it is', async () => {
  const world = await startChats();
  expect(await world.deliver(kinesisEvent(records([1, 2])), { requestId: 'request' })).toEqual(DONE);
  expect(told(world).sort()).toEqual(answersTo(1, 2));
  const { type, detail } =
    resultsOn(world.bus).find(({ detail: { correlationId } }) => correlationId === 'order-1') ?? {};
  expect(type).toBe('Lookup Succeeded');
  expect(detail).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    lookup: 'getUserInfoByCallId',
    correlationId: 'order-1',
    account: 'default',
    requestId: 'request',
    trigger: 'kinesis',
    messageId: `shardId-000000000000:${kinesisNumber(1)}`,
    data: { userNickname: 'Visitor 1' },
    meta: { lookup: 'getUserInfoByCallId', attempts: 1 },
  });
  expect(world.bus.events[0]).toMatchObject({ source: 'contact-lookups', bus: 'contact-lookups-local' });
  expect(world.outcomes).toMatchObject([
    { trigger: 'kinesis', messageId: expect.stringMatching(/^shardId-000000000000:\d+$/) },
    { trigger: 'kinesis' },
  ]);
  expect(world.batches).toMatchObject([{ trigger: 'kinesis', messages: 2, published: 2, returned: 0 }]);
  expect(world.clock.pending()).toBe(0);
});

test('the first record that is worth another try is where Lambda goes on; those before it are answered', async () => {
  const world = await startChats();
  for (const chat of [3, 5]) world.down.add(chat);
  expect(await world.deliver(kinesisEvent(records(range(1, 6))))).toEqual(from(3));
  expect(told(world)).toEqual(expect.arrayContaining(answersTo(1, 2)));
  expect(told(world).join()).not.toMatch(/order-[35]/);

  world.down.clear();
  expect(await world.deliver(kinesisEvent(records(range(3, 6)), 3))).toEqual(DONE);
  const ids = idsOf(world);
  expect([...ids.keys()].sort()).toEqual(range(1, 6).map((chat) => `order-${chat}`));
  // Those behind it may have been answered twice: under one id, by which the second is dropped.
  expect([...ids.values()].every(({ size }) => size === 1)).toBe(true);
  expect(new Set([...ids.values()].flatMap((each) => [...each])).size).toBe(6);
});

test('behind a record that goes back, nothing more is begun', async () => {
  const failed = Promise.withResolvers<void>();
  const world = await startChats({ report: ({ outcome }) => outcome === 'failed' && failed.resolve() });
  world.down.add(1);
  world.onAsk((chat) => chat !== 1 && failed.promise);
  expect(await world.deliver(kinesisEvent(records(range(1, 30))))).toEqual(from(1));
  expect(world.asked.toSorted((one, other) => one - other)).toEqual(range(1, SIDE_BY_SIDE));
  expect(world.batches).toMatchObject([
    { messages: 30, published: SIDE_BY_SIDE - 1, returned: 21, notBegun: 20, problems: { 'vendor-unavailable': 1 } },
  ]);
});

test.each([
  ['no JSON', 'hello', 'invalid-input'],
  ['compressed, as CloudWatch Logs sends it', gzipSync('{"messageType":"DATA_MESSAGE"}'), 'invalid-input'],
  [
    'JSON in another encoding',
    Buffer.from('{"input":{"callId":"1","userId":"\xe9","tenantId":"1"}}', 'latin1'),
    'invalid-input',
  ],
  ['a wrong input', { input: { callId: 5 } }, 'invalid-input'],
  ['null', null, 'invalid-input'],
  ['empty', '', 'invalid-input'],
  ['over 64 KiB', { input: { callId: 'x'.repeat(70_000) } }, 'invalid-input'],
  ['of an unknown account', { ...messageOf(2), account: 'nobody' }, 'unknown-account'],
  ['for a chat that is not there', messageOf(99), 'not-found'],
])('a record that is %s is published as failed and holds nothing up', async (_what, data, code) => {
  const world = await startChats();
  const event = kinesisEvent([...records([1]), { data }, ...records([3])]);
  expect(await world.deliver(event)).toEqual(DONE);
  const results = told(world);
  expect(results).toHaveLength(3);
  expect(results).toEqual(expect.arrayContaining([...answersTo(1, 3), expect.stringMatching(`${code}$`)]));
  const failed = resultsOn(world.bus).find(({ type }) => type === 'Lookup Failed');
  expect(failed?.detail).toMatchObject({
    messageId: `shardId-000000000000:${kinesisNumber(2)}`,
    problem: { code, retryable: false },
  });
});

test('records of a partition key are asked for and published one after the other, in their order', async () => {
  const world = await startChats();
  const publishedBefore: number[] = [];
  world.onAsk(() => publishedBefore.push(world.bus.events.length));
  await world.deliver(kinesisEvent(records([4, 2, 3, 1], 'one')));
  expect(world.asked).toEqual([4, 2, 3, 1]);
  expect(told(world)).toEqual(answersTo(4, 2, 3, 1));
  expect(publishedBefore).toEqual([0, 1, 2, 3]);
});

test('records of other partition keys do not wait for one another', async () => {
  const world = await startChats();
  const other = Promise.withResolvers<void>();
  world.onAsk((chat) => (chat === 1 ? other.promise : other.resolve()));
  expect(await world.deliver(kinesisEvent(records([1, 2])))).toEqual(DONE);
  expect(told(world)).toHaveLength(2);
});

test('behind a failure of its partition key a record waits for the next delivery, and the order is kept', async () => {
  const world = await startChats();
  world.down.add(1);
  expect(await world.deliver(kinesisEvent(records([1, 2, 3], 'one')))).toEqual(from(1));
  expect(world.asked).toEqual([1]);
  world.down.clear();
  expect(await world.deliver(kinesisEvent(records([1, 2, 3], 'one')))).toEqual(DONE);
  expect(told(world)).toEqual(answersTo(1, 2, 3));
});

test('where time runs out in the middle, Lambda goes on with the first record that was not begun', async () => {
  const world = await startChats({ clock: createTestClock({ skipWaitsMs: 0 }) });
  world.onAsk((chat) => {
    if (chat === 2) world.clock.advance(11_000);
  });
  expect(await world.deliver(kinesisEvent(records([1, 2, 3, 4], 'one')), { remainingMs: 15_000 })).toEqual(from(3));
  expect(world.asked).toEqual([1, 2]);
  expect(told(world)).toEqual(answersTo(1, 2));
  expect(world.batches).toMatchObject([{ published: 2, returned: 2, notBegun: 2 }]);
  expect(world.clock.pending()).toBe(0);
});

test('a vendor that never answers takes no more time than leaves some to publish', async () => {
  const world = await startChats({ clock: createTestClock({ skipWaitsMs: 0 }) });
  const never = Promise.withResolvers<void>();
  world.onAsk(async (chat) => {
    if (chat !== 2) return;
    // The first one's result waits for others to go with, and is on its way meanwhile.
    while (world.bus.events.length === 0) {
      world.clock.advance(1);
      await setImmediate();
    }
    world.clock.advance(12_700);
    await never.promise;
  });
  expect(await world.deliver(kinesisEvent(records([1, 2])), { remainingMs: 15_000 })).toEqual(from(2));
  never.resolve();
  expect(told(world)).toEqual(answersTo(1));
  expect(world.batches).toMatchObject([{ problems: { 'vendor-timeout': 1 } }]);
});

test('a record whose result the bus does not take comes again, with the same id', async () => {
  const world = await startChats();
  world.bus.fail({ errorCode: 'InternalFailure', after: 1 });
  expect(await world.deliver(kinesisEvent(records([1, 2, 3], 'one')))).toEqual(from(2));
  expect(told(world)).toEqual(answersTo(1));
  expect(world.batches).toMatchObject([{ published: 1, returned: 2, unpublished: { InternalFailure: 1 } }]);

  world.bus.fail({ times: 3, status: 400, type: 'AccessDeniedException' });
  expect(await world.deliver(kinesisEvent(records([2, 3], 'one'), 2))).toEqual(from(2));
  world.bus.reset();
  expect(await world.deliver(kinesisEvent(records([2, 3], 'one'), 2))).toEqual(DONE);
  expect(told(world)).toEqual(answersTo(2, 3));
});

test('a bus that never answers takes no more time than leaves some to answer Lambda', async () => {
  const world = await startChats({ clock: createTestClock({ skipWaitsMs: 0 }) });
  world.bus.fail({ hang: true, times: 9 });
  const delivered = world.deliver(kinesisEvent(records([1])), { remainingMs: 15_000 });
  while (world.bus.requests.length === 0) await setImmediate();
  world.clock.advance(14_499);
  expect(await Promise.race([delivered, setImmediate('still trying')])).toBe('still trying');
  world.clock.advance(1);
  expect(await delivered).toEqual(from(1));
  expect(told(world)).toEqual([]);
});

test('records of two streams never share an id, though they may share their names', async () => {
  const world = await startChats();
  const event = kinesisEvent(records([1]));
  await world.deliver(event);
  const eventSourceARN = 'arn:aws:kinesis:eu-central-1:111122223333:stream/other';
  await world.deliver({ Records: event.Records.map((record) => ({ ...record, eventSourceARN })) });
  expect(idsOf(world).get('order-1')?.size).toBe(2);
});

test('without a bus nothing is asked for, and everything comes again', async () => {
  const world = await startChats();
  vi.stubEnv('RESULT_BUS', '');
  const bare = world.coldStart();
  const delivered = bare.handler(kinesisEvent(records([1])), {
    awsRequestId: 'request',
    getRemainingTimeInMillis: () => 15_000,
  });
  await expect(delivered).rejects.toThrow('RESULT_BUS');
  expect(world.vendor.requests).toEqual([]);
});
