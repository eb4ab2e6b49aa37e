import { expect, test, vi } from 'vitest';
import { answersTo, messageOf, startChats, told } from '../../support/chats.ts';
import { createTestClock } from '../../support/clock.ts';
import { resultsOn } from '../../support/messages.ts';
import { eventBridgeEvent, snsEvent } from '../../support/service-events.ts';

const thrownBy = (delivered: Promise<unknown>) =>
  delivered.then(
    () => undefined,
    (error: Error) => error,
  );

test('the result of a notification goes to the bus, and the invocation says nothing', async () => {
  const world = await startChats();
  expect(await world.deliver(snsEvent(messageOf(1)), { requestId: 'request' })).toBeUndefined();
  expect(resultsOn(world.bus)).toMatchObject([
    {
      type: 'Lookup Succeeded',
      detail: {
        lookup: 'getUserInfoByCallId',
        trigger: 'sns',
        messageId: '0d6c2e14-0000-5000-8000-000000000014',
        requestId: 'request',
        correlationId: 'order-1',
        data: { userNickname: 'Visitor 1' },
      },
    },
  ]);
  expect(world.clock.pending()).toBe(0);
});

test('a failure that is worth another try is thrown by its code; the next invocation publishes the result', async () => {
  const world = await startChats();
  world.down.add(1);
  const error = await thrownBy(world.deliver(snsEvent(messageOf(1)), { requestId: 'request' }));
  expect(error?.name).toBe('vendor-unavailable');
  expect(JSON.parse(error?.message ?? '')).toMatchObject({
    code: 'vendor-unavailable',
    retryable: true,
    instance: 'urn:uuid:request',
    vendor: { name: 'huawei-cec' },
  });
  expect(told(world)).toEqual([]);
  // One layer retries: Lambda.
  expect(world.asked).toEqual([1]);

  world.down.clear();
  await world.deliver(snsEvent(messageOf(1)), { requestId: 'request' });
  expect(told(world)).toEqual(answersTo(1));
});

test('whenever the same notification is answered, its result has the same id; another one has another', async () => {
  const world = await startChats();
  await world.deliver(snsEvent(messageOf(1), 'one'), { requestId: 'first' });
  await world.deliver(snsEvent(messageOf(1), 'one'), { requestId: 'second' });
  await world.coldStart().handler(snsEvent(messageOf(1), 'one'), {
    awsRequestId: 'third',
    getRemainingTimeInMillis: () => 15_000,
  });
  await world.deliver(snsEvent(messageOf(1), 'two'), { requestId: 'first' });
  const [first, second, third, other] = resultsOn(world.bus).map(({ detail }) => detail['id']);
  expect(second).toBe(first);
  expect(third).toBe(first);
  expect(other).not.toBe(first);
});

test.each([
  ['a text that is no JSON', 'The call has ended.', 'invalid-input'],
  ['a wrong input', { input: {} }, 'invalid-input'],
  ['a field that no message has', { ...messageOf(1), priority: 1 }, 'invalid-input'],
  ['a name that no account has', { ...messageOf(1), account: '../other' }, 'invalid-input'],
  ['an account without a secret', { ...messageOf(1), account: 'other' }, 'unknown-account'],
  ['a chat that is not there', messageOf(99), 'not-found'],
])('%s is published as failed, and not tried again', async (_what, message, code) => {
  const world = await startChats();
  expect(await world.deliver(snsEvent(message))).toBeUndefined();
  expect(resultsOn(world.bus)).toMatchObject([
    { type: 'Lookup Failed', detail: { trigger: 'sns', problem: { code, retryable: false } } },
  ]);
});

test('a text that is no JSON is not repeated in what is said of it', async () => {
  const world = await startChats();
  await world.deliver(snsEvent('password=hunter2'));
  expect(JSON.stringify([world.bus.events, world.outcomes])).not.toContain('hunter2');
});

test('an event of EventBridge that a topic carries is known by its own id, wherever it comes from', async () => {
  const world = await startChats();
  const event = eventBridgeEvent(messageOf(1));
  await world.deliver(snsEvent(event));
  await world.deliver(event);
  const results = resultsOn(world.bus);
  expect(told(world)).toEqual(answersTo(1, 1));
  expect(results[0]?.detail['id']).toBe(results[1]?.detail['id']);
  expect(results.map(({ detail }) => detail['trigger'])).toEqual(['sns', 'eventbridge']);
});

test('a notification that a queue carries is known by the name that its topic gave it', async () => {
  const world = await startChats();
  const event = snsEvent(messageOf(1));
  const { Type, MessageId, TopicArn, Message } = event.Records[0]?.Sns ?? {};
  await world.deliver(event);
  for (const messageId of ['5f0c1a2e', '6a1d2b3f']) {
    const body = JSON.stringify({ Type, MessageId, TopicArn, Message });
    const eventSourceARN = 'arn:aws:sqs:eu-central-1:111122223333:lookups';
    await world.deliver({ Records: [{ messageId, body, attributes: {}, eventSource: 'aws:sqs', eventSourceARN }] });
  }
  expect(told(world)).toEqual(answersTo(1, 1, 1));
  expect(new Set(resultsOn(world.bus).map(({ detail }) => detail['id'])).size).toBe(1);
});

test('a result that the bus does not take makes Lambda invoke again, and the error says so', async () => {
  const world = await startChats();
  world.bus.fail({ errorCode: 'ThrottlingException' });
  await expect(world.deliver(snsEvent(messageOf(1)))).rejects.toThrow('ThrottlingException');
  await world.deliver(snsEvent(messageOf(1)));
  expect(told(world)).toEqual(answersTo(1));
});

test('with too little time to begin, the vendor is not asked and the error says so', async () => {
  const world = await startChats({ clock: createTestClock({ skipWaitsMs: 0 }) });
  await expect(world.deliver(snsEvent(messageOf(1)), { remainingMs: 4_999 })).rejects.toThrow('no time left');
  expect(world.vendor.requests).toEqual([]);
  expect(world.bus.requests).toEqual([]);
});

test('without a bus the error names what is missing, and nothing is asked', async () => {
  const world = await startChats();
  vi.stubEnv('RESULT_BUS', '');
  const { handler, vendor } = world.coldStart();
  const delivered = handler(snsEvent(messageOf(1)), {
    awsRequestId: 'request',
    getRemainingTimeInMillis: () => 15_000,
  });
  await expect(delivered).rejects.toThrow('RESULT_BUS');
  expect(vendor.requests).toEqual([]);
});
