import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problem } from '../../../lib/problem.ts';
import {
  describeResult,
  eventRoom,
  MAX_ENTRY_BYTES,
  type Origin,
  resultId,
  sizeOf,
} from '../../../lib/results/result.ts';
import { startEventBus } from '../../../local/event-bus.ts';
import { messageOf, startChats } from '../../support/chats.ts';
import { resultsOn } from '../../support/messages.ts';
import { kinesisEvent, snsEvent } from '../../support/service-events.ts';

const ORIGIN: Origin = {
  id: '0'.repeat(32),
  lookup: 'getUserInfoByCallId',
  correlationId: 'order-1',
  account: 'default',
  requestId: 'request',
  trigger: 'sqs',
  messageId: 'message',
};
const detailOf = (event: { detail: string }) => JSON.parse(event.detail);
/** A success whose data is a text of so many characters. */
const answerOf = (length: number, letter = 'x') => ({ data: { text: letter.repeat(length) }, meta: {} });
const ofLength = (length: number, letter?: string) => describeResult(ORIGIN, answerOf(length, letter));

test('a result over 256 KiB is a failed lookup that says so', async () => {
  const world = await startChats();
  const user = (userNickname: string) => JSON.stringify({ userNickname, userId: '1' });
  world.vendor.fail({ path: 'getUserInfo', status: 200, body: user('客'.repeat(100_000)) });
  world.vendor.fail({ path: 'getUserInfo', status: 200, body: user('x'.repeat(100_000)) });
  expect(await world.deliver(kinesisEvent([1, 2].map((chat) => ({ data: messageOf(chat), key: 'one' }))))).toEqual({
    batchItemFailures: [],
  });
  expect(resultsOn(world.bus)).toMatchObject([
    {
      type: 'Lookup Failed',
      detail: {
        correlationId: 'order-1',
        account: 'default',
        problem: {
          code: 'result-too-large',
          retryable: false,
          detail: expect.stringContaining('256 KiB'),
        },
      },
    },
    { type: 'Lookup Succeeded', detail: { correlationId: 'order-2' } },
  ]);
});

test.each(['x', '客', '"', '😀'])(
  'the room of a result is exact, by the bytes that EventBridge counts: %s',
  (letter) => {
    const room = eventRoom(ORIGIN);
    for (const length of [0, 1, 10_000]) {
      const answer = answerOf(length, letter);
      const free = room.bytes - room.sizeOf(JSON.stringify(answer));
      expect(MAX_ENTRY_BYTES - sizeOf(describeResult(ORIGIN, answer))).toBe(free);
    }
  },
);

test('our count is no less than that of a bus, whatever the text', async () => {
  const bus = await startEventBus();
  try {
    const { source, detailType, detail } = ofLength(10, '😀');
    const response = await fetch(bus.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' },
      body: JSON.stringify({
        Entries: [
          { EventBusName: 'contact-lookups-local', Source: source, DetailType: detailType, Detail: detail, Time: 1 },
        ],
      }),
    });
    expect(await response.json()).toMatchObject({ FailedEntryCount: 0 });
    expect(bus.events[0]?.entryBytes).toBe(sizeOf(ofLength(10, '😀')));
  } finally {
    await bus.close();
  }
});

test('an input with thousands of broken rules is a failed lookup with the first of them and their number', async () => {
  const world = await startChats();
  const unknown = Object.fromEntries(Array.from({ length: 6_000 }, (_, index) => [`f${index}`, 1]));
  await world.deliver(snsEvent({ input: unknown }));
  const [result] = resultsOn(world.bus);
  expect(result).toMatchObject({ type: 'Lookup Failed', detail: { problem: { code: 'invalid-input' } } });
  const { errors, detail } = Object(result?.detail['problem']) as { errors: unknown[]; detail: string };
  expect(errors.length).toBeGreaterThan(50);
  expect(detail).toMatch(new RegExp(`It has the first ${errors.length} of 6003 errors\\.$`));
  expect(world.bus.events[0]?.entryBytes).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
});

test('whatever the errors of a problem are, its event fits', () => {
  const error = fc.record({
    pointer: fc
      .tuple(fc.constantFrom('x', '客', '"', '\u0001'), fc.nat({ max: 70_000 }))
      .map(([text, count]) => text.repeat(count)),
    detail: fc.constant('is not a field'),
  });
  fc.assert(
    fc.property(fc.array(error, { maxLength: 12 }), (errors) => {
      const event = describeResult(ORIGIN, new Problem('invalid-input', 'The input is wrong.', { errors }));
      expect(sizeOf(event)).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
      expect(event.detailType).toBe('Lookup Failed');
      const { problem } = detailOf(event);
      expect(problem.errors).toEqual(errors.slice(0, problem.errors.length));
      expect(problem.detail.includes('It has the first')).toBe(problem.errors.length < errors.length);
      expect(problem.detail.length).toBeLessThan(100);
    }),
    { numRuns: 60 },
  );
});

test('the id of a result is the same for the same message, and another for another lookup or message', () => {
  expect(resultId('getUserInfoByCallId', 'message')).toBe(resultId('getUserInfoByCallId', 'message'));
  const ids = [
    resultId('getUserInfoByCallId', 'message'),
    resultId('getUserInfoByCallId', 'other'),
    resultId('findOnlineAgent', 'message'),
  ];
  expect(new Set(ids).size).toBe(3);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
});
