import { beforeEach, describe, expect, it } from 'vitest';
import { createQueues, type Queues } from '../../../local/queue/queues.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';

const STANDARD = 'lookups';
const FIFO = 'lookups.fifo';

let clock: TestClock;
let queues: Queues;

beforeEach(() => {
  clock = createTestClock();
  queues = createQueues({
    clock,
    queues: [
      { name: STANDARD, visibilityTimeoutSeconds: 60, redrive: { deadLetterQueue: 'dead', maxReceiveCount: 3 } },
      { name: 'dead' },
      { name: FIFO, visibilityTimeoutSeconds: 60, redrive: { deadLetterQueue: 'dead.fifo', maxReceiveCount: 3 } },
      { name: 'dead.fifo' },
    ],
  });
});

const seconds = (count: number) => clock.advance(count * 1000);

const bodies = (queue: string, max = 10) => queues.receive(queue, max).map(({ body }) => body);

const sendTo = (groupId: string, ...texts: string[]) => {
  for (const text of texts) queues.send(FIFO, text, { groupId, deduplicationId: text });
};

/** The one message that can be seen. */
function receiveOne(queue: string) {
  const [message] = queues.receive(queue);
  if (!message) throw new Error(`${queue} is empty`);
  return message;
}

describe('a message of a standard queue', () => {
  it('is hidden for the visibility time-out after each receipt, and counts them', () => {
    const sentAt = clock.now();
    const { messageId } = queues.send(STANDARD, 'one');
    seconds(5);
    const first = receiveOne(STANDARD);
    expect(first).toMatchObject({
      messageId,
      body: 'one',
      md5OfBody: 'f97c5d29941bfb1b2fdab0874906ab82',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(sentAt),
        ApproximateFirstReceiveTimestamp: String(sentAt + 5_000),
        SenderId: expect.any(String),
      },
    });
    expect(Object.keys(first.attributes)).toHaveLength(4);
    expect(queues.nextVisibleAt()).toBe(clock.now() + 60_000);

    seconds(59.999);
    expect(bodies(STANDARD)).toEqual([]);
    seconds(0.001);
    expect(queues.nextVisibleAt()).toBeUndefined();
    const second = receiveOne(STANDARD);
    expect(second.attributes).toMatchObject({
      ApproximateReceiveCount: '2',
      ApproximateFirstReceiveTimestamp: String(sentAt + 5_000),
    });
    expect(second.receiptHandle).not.toBe(first.receiptHandle);
  });

  it('comes earlier or later when its visibility is changed', () => {
    queues.send(STANDARD, 'one');
    queues.changeVisibility(STANDARD, receiveOne(STANDARD).receiptHandle, 600);
    seconds(599);
    expect(bodies(STANDARD)).toEqual([]);
    seconds(1);
    queues.changeVisibility(STANDARD, receiveOne(STANDARD).receiptHandle, 0);
    expect(bodies(STANDARD)).toEqual(['one']);
  });

  it('is not deleted, and not hidden longer, by the handle of an earlier receipt', () => {
    queues.send(STANDARD, 'one');
    const { receiptHandle: old } = receiveOne(STANDARD);
    seconds(60);
    const { receiptHandle } = receiveOne(STANDARD);

    expect(queues.delete(STANDARD, old)).toBe(false);
    expect(() => queues.changeVisibility(STANDARD, old, 600)).toThrow('not available for visibility timeout change');
    expect(queues.counts(STANDARD)).toEqual({ visible: 0, inFlight: 1, delayed: 0, dead: 0 });
    expect(queues.delete(STANDARD, receiptHandle)).toBe(true);
    expect(queues.counts(STANDARD)).toEqual({ visible: 0, inFlight: 0, delayed: 0, dead: 0 });
  });

  it('whose time-out ran out is deleted by its last handle, but not hidden by it', () => {
    queues.send(STANDARD, 'one');
    const { receiptHandle } = receiveOne(STANDARD);
    seconds(60);

    expect(() => queues.changeVisibility(STANDARD, receiptHandle, 1)).toThrow("isn't in flight");
    expect(queues.delete(STANDARD, receiptHandle)).toBe(true);
  });

  it('is hidden for twelve hours from its receipt at most', () => {
    queues.send(STANDARD, 'one');
    seconds(60);
    const { receiptHandle } = receiveOne(STANDARD);
    seconds(10);

    expect(() => queues.changeVisibility(STANDARD, receiptHandle, 43_191)).toThrow('beyond the limit');
    queues.changeVisibility(STANDARD, receiptHandle, 43_190);
    seconds(43_189);
    expect(bodies(STANDARD)).toEqual([]);
  });

  it('may be sent with a delay', () => {
    queues.send(STANDARD, 'one', { delaySeconds: 30 });

    expect(queues.counts(STANDARD)).toMatchObject({ visible: 0, inFlight: 0, delayed: 1 });
    expect(bodies(STANDARD)).toEqual([]);
    seconds(30);
    expect(bodies(STANDARD)).toEqual(['one']);
  });

  it('goes to the dead-letter queue when it would be received once more than maxReceiveCount', () => {
    const { messageId } = queues.send(STANDARD, 'poison');
    const sentAt = clock.now();
    for (const count of ['1', '2', '3']) {
      expect(receiveOne(STANDARD).attributes['ApproximateReceiveCount']).toBe(count);
      seconds(60);
    }
    queues.send(STANDARD, 'good');
    expect(queues.counts(STANDARD)).toMatchObject({ visible: 2, dead: 0 });

    expect(bodies(STANDARD, 1)).toEqual(['good']);
    expect(queues.counts(STANDARD)).toMatchObject({ inFlight: 1, visible: 0, dead: 1 });
    expect(receiveOne('dead')).toMatchObject({
      messageId,
      body: 'poison',
      attributes: {
        ApproximateReceiveCount: '4',
        SentTimestamp: String(sentAt),
        DeadLetterQueueSourceArn: 'arn:aws:sqs:us-east-1:000000000000:lookups',
      },
    });
  });
});

describe('a FIFO queue', () => {
  it('gives the messages of a group in their order, those of one group first', () => {
    sendTo('a', 'a1');
    sendTo('b', 'b1');
    sendTo('a', 'a2', 'a3');

    const received = queues.receive(FIFO, 3);
    expect(received.map(({ body }) => body)).toEqual(['a1', 'a2', 'a3']);
    expect(received[0]?.attributes).toMatchObject({ MessageGroupId: 'a', MessageDeduplicationId: 'a1' });
    const sequence = received.map(({ attributes }) => BigInt(attributes['SequenceNumber'] ?? ''));
    expect(sequence).toEqual([...sequence].sort((one, other) => Number(one - other)));
    expect(new Set(sequence).size).toBe(3);
  });

  it('gives nothing of a group while one of its messages is in flight, and other groups meanwhile', () => {
    sendTo('a', 'a1', 'a2', 'a3');
    sendTo('b', 'b1');
    const [first, second] = queues.receive(FIFO, 2);
    expect([first?.body, second?.body]).toEqual(['a1', 'a2']);

    expect(bodies(FIFO)).toEqual(['b1']);
    queues.delete(FIFO, first?.receiptHandle ?? '');
    expect(bodies(FIFO)).toEqual([]);
    queues.changeVisibility(FIFO, second?.receiptHandle ?? '', 0);
    expect(bodies(FIFO)).toEqual(['a2', 'a3']);
  });

  it('does not let a later message overtake one that is still hidden', () => {
    sendTo('a', 'a1', 'a2');
    const [first, second] = queues.receive(FIFO, 2);
    queues.changeVisibility(FIFO, first?.receiptHandle ?? '', 600);
    queues.changeVisibility(FIFO, second?.receiptHandle ?? '', 0);

    expect(bodies(FIFO)).toEqual([]);
    seconds(600);
    expect(bodies(FIFO)).toEqual(['a1', 'a2']);
  });

  it('takes a message with a deduplication id of the last five minutes as sent, once', () => {
    const first = queues.send(FIFO, 'one', { groupId: 'a', deduplicationId: 'same' });
    seconds(299);
    expect(queues.send(FIFO, 'two', { groupId: 'b', deduplicationId: 'same' })).toEqual(first);
    expect(queues.delete(FIFO, receiveOne(FIFO).receiptHandle)).toBe(true);
    expect(bodies(FIFO)).toEqual([]);

    seconds(1);
    queues.send(FIFO, 'three', { groupId: 'a', deduplicationId: 'same' });
    expect(bodies(FIFO)).toEqual(['three']);
  });

  it('refuses a delete after the time-out', () => {
    sendTo('a', 'a1');
    const { receiptHandle } = receiveOne(FIFO);
    seconds(60);

    expect(() => queues.delete(FIFO, receiptHandle)).toThrow('The receipt handle has expired');
    expect(bodies(FIFO)).toEqual(['a1']);
  });

  it('goes on with a group after its poison went to the dead-letter queue, in the same group there', () => {
    sendTo('a', 'poison', 'a2');
    for (let count = 0; count < 3; count += 1) {
      expect(bodies(FIFO, 1)).toEqual(['poison']);
      seconds(60);
    }
    const movedAt = clock.now();

    expect(bodies(FIFO, 1)).toEqual(['a2']);
    expect(queues.counts(FIFO).dead).toBe(1);
    const dead = receiveOne('dead.fifo');
    expect(dead).toMatchObject({
      body: 'poison',
      attributes: { MessageGroupId: 'a', MessageDeduplicationId: dead.messageId, SentTimestamp: String(movedAt) },
    });
  });
});

describe('what SQS does not take', () => {
  it.each([
    ['a FIFO message without a group', FIFO, 'x', { deduplicationId: 'd' }, 'MissingParameter'],
    ['a FIFO message without a deduplication id', FIFO, 'x', { groupId: 'a' }, 'InvalidParameterValue'],
    [
      'a delay on a FIFO queue',
      FIFO,
      'x',
      { groupId: 'a', deduplicationId: 'd', delaySeconds: 1 },
      'InvalidParameterValue',
    ],
    ['a deduplication id on a standard queue', STANDARD, 'x', { deduplicationId: 'd' }, 'InvalidParameterValue'],
    ['a delay of 901 seconds', STANDARD, 'x', { delaySeconds: 901 }, 'InvalidParameterValue'],
    ['no text', STANDARD, '', {}, 'MissingParameter'],
    ['a control character', STANDARD, 'a\u0007', {}, 'InvalidMessageContents'],
    ['half a surrogate pair', STANDARD, '\ud83d', {}, 'InvalidMessageContents'],
    ['more than 1 MiB', STANDARD, 'x'.repeat(1_048_577), {}, 'InvalidParameterValue'],
    ['a queue that is not there', 'unknown', 'x', {}, 'QueueDoesNotExist'],
  ])('%s', (_, queue, body, options, name) => {
    expect(() => queues.send(queue, body, options)).toThrow(expect.objectContaining({ name }));
  });

  it('is not a line break, a character of four bytes or exactly 1 MiB', () => {
    for (const body of ['a\n\t\r', '😀', 'x'.repeat(1_048_576)]) queues.send(STANDARD, body);
    expect(queues.counts(STANDARD).visible).toBe(3);
  });

  it.each([-1, 43_201, 1.5, Number.NaN])('a visibility time-out of %d', (timeout) => {
    queues.send(STANDARD, 'one');
    const { receiptHandle } = receiveOne(STANDARD);
    expect(() => queues.changeVisibility(STANDARD, receiptHandle, timeout)).toThrow('Must be between 0 and 43200');
  });

  it('a handle that is none, or of another queue', () => {
    queues.send(STANDARD, 'one');
    const { receiptHandle } = receiveOne(STANDARD);
    const invalid = expect.objectContaining({ name: 'ReceiptHandleIsInvalid' });
    expect(() => queues.delete(STANDARD, 'handle')).toThrow(invalid);
    expect(() => queues.delete('dead', receiptHandle)).toThrow(invalid);
  });

  it('a dead-letter queue of another type, or that is not there', () => {
    const create = (deadLetterQueue: string) =>
      createQueues({
        clock,
        queues: [{ name: 'q', redrive: { deadLetterQueue, maxReceiveCount: 1 } }, { name: 'd.fifo' }],
      });
    expect(() => create('d.fifo')).toThrow('must be of its type');
    expect(() => create('d')).toThrow('no dead-letter queue d');
  });
});
