import type { SQSEvent } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEventSource, type SqsEvent } from '../../../local/queue/event-source.ts';
import { createQueues, type Queues } from '../../../local/queue/queues.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';

let clock: TestClock;
let queues: Queues;
let delivered: SqsEvent[];

beforeEach(() => {
  clock = createTestClock();
  delivered = [];
  queues = createQueues({
    clock,
    region: 'eu-central-1',
    queues: [
      { name: 'lookups', redrive: { deadLetterQueue: 'dead', maxReceiveCount: 2 } },
      { name: 'dead' },
      { name: 'lookups.fifo' },
    ],
  });
});

/** A source whose function answers with what `respond` gives. */
const sourceOf = (respond: (event: SqsEvent) => unknown, queue = 'lookups', batchSize = 10) =>
  createEventSource({
    queues,
    queue,
    batchSize,
    deliver: async (event) => {
      delivered.push(event);
      return respond(event);
    },
  });

const send = (...texts: string[]) => texts.map((text) => queues.send('lookups', text).messageId);

describe('a batch', () => {
  it('is the event that Lambda gives for a standard queue', async () => {
    const [id] = send('{"callId":1}');
    clock.advance(7);
    const sentAt = clock.now() - 7;
    await sourceOf(() => undefined).poll();

    const record: SQSEvent['Records'][number] = {
      messageId: String(id),
      receiptHandle: expect.any(String) as never,
      body: '{"callId":1}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(sentAt),
        SenderId: expect.any(String) as never,
        ApproximateFirstReceiveTimestamp: String(sentAt + 7),
      },
      messageAttributes: {},
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/) as never,
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:lookups',
      awsRegion: 'eu-central-1',
    };
    expect(delivered).toEqual([{ Records: [record] }]);
  });

  it('has the attributes of a FIFO queue', async () => {
    queues.send('lookups.fifo', 'one', { groupId: 'a', deduplicationId: 'd' });
    await sourceOf(() => undefined, 'lookups.fifo').poll();

    expect(delivered[0]?.Records[0]).toMatchObject({
      attributes: { MessageGroupId: 'a', MessageDeduplicationId: 'd', SequenceNumber: expect.stringMatching(/^\d+$/) },
      eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:lookups.fifo',
    });
  });

  it('has as many messages as its size at most, also more than ten', async () => {
    send(...Array.from({ length: 120 }, (_, index) => `message ${index}`));
    const source = sourceOf(() => undefined, 'lookups', 100);

    expect((await source.poll()).delivered).toHaveLength(100);
    expect((await source.poll()).delivered).toHaveLength(20);
    expect(await source.poll()).toEqual({ delivered: [], deleted: [] });
    expect(delivered).toHaveLength(2);
  });

  it.each([
    ['lookups', 10_001],
    ['lookups.fifo', 11],
    ['lookups', 0],
  ])('of %s cannot have the size %i', (queue, batchSize) => {
    expect(() => sourceOf(() => undefined, queue, batchSize)).toThrow(RangeError);
  });
});

describe('the response', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an empty list', { batchItemFailures: [] }],
    ['null as list', { batchItemFailures: null }],
  ])('of %s deletes all', async (_, response) => {
    const ids = send('one', 'two');

    expect(await sourceOf(() => response).poll()).toEqual({ delivered: ids, deleted: ids });
    expect(queues.counts('lookups')).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it.each([
    ['an empty itemIdentifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['null as itemIdentifier', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['another key', { batchItemFailures: [{ messageId: 'one' }] }],
    ['an unknown itemIdentifier', { batchItemFailures: [{ itemIdentifier: 'unknown' }] }],
    ['null in the list', { batchItemFailures: [null] }],
    ['text as list', { batchItemFailures: 'one' }],
    ['text', 'done'],
    ['a list', []],
  ])('of %s deletes none', async (_, response) => {
    const ids = send('one', 'two');

    expect(await sourceOf(() => response).poll()).toEqual({ delivered: ids, deleted: [], failure: expect.any(Error) });
    expect(queues.counts('lookups')).toMatchObject({ visible: 0, inFlight: 2 });
  });

  it('that names a message and an unknown one deletes none', async () => {
    const [one] = send('one', 'two');
    const response = { batchItemFailures: [{ itemIdentifier: one }, { itemIdentifier: 'unknown' }] };
    expect((await sourceOf(() => response).poll()).deleted).toEqual([]);
  });

  it('that names some leaves them until their time-out, deletes the others, and dead-letters at last', async () => {
    const [one, two] = send('one', 'two');
    const source = sourceOf(() => ({ batchItemFailures: [{ itemIdentifier: two }] }));

    expect((await source.poll()).deleted).toEqual([one]);
    expect((await source.poll()).delivered).toEqual([]);
    clock.advance(Number(queues.nextVisibleAt()) - clock.now());
    expect(await source.poll()).toEqual({ delivered: [two], deleted: [] });
    clock.advance(30_000);
    expect((await source.poll()).delivered).toEqual([]);
    expect(queues.counts('lookups')).toEqual({ visible: 0, inFlight: 0, delayed: 0, dead: 1 });
  });
});

describe('a function', () => {
  it('that throws leaves its batch for the next time', async () => {
    const ids = send('one', 'two');
    const error = new Error('no');
    let fails = true;
    const source = sourceOf(() => {
      if (fails) throw error;
    });

    expect(await source.poll()).toEqual({ delivered: ids, deleted: [], failure: error });
    fails = false;
    clock.advance(30_000);
    expect(await source.poll()).toEqual({ delivered: ids, deleted: ids });
    expect(delivered[1]?.Records.map(({ attributes }) => attributes['ApproximateReceiveCount'])).toEqual(['2', '2']);
  });

  it('may change the visibility of what it hands back', async () => {
    send('one');
    const source = sourceOf(({ Records: [record] }) => {
      queues.changeVisibility('lookups', record?.receiptHandle ?? '', 900);
      return { batchItemFailures: [{ itemIdentifier: record?.messageId }] };
    });
    await source.poll();
    expect(queues.nextVisibleAt('lookups')).toBe(clock.now() + 900_000);
  });

  it('that takes longer than the time-out loses its message to the next delivery', async () => {
    const [id] = send('one');
    const slow = sourceOf(async () => {
      clock.advance(30_000);
      queues.receive('lookups');
    });

    expect(await slow.poll()).toEqual({ delivered: [id], deleted: [] });
    expect(queues.counts('lookups').inFlight).toBe(1);
  });
});
