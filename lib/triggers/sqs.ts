import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Delay } from '../queues/visibility.ts';
import { startDeadline } from '../time/deadline.ts';
import { answerBatch, type Fate } from './batch.ts';
import { readContent } from './content.ts';
import { type RecordShape, readRecords } from './records.ts';
import type { TriggerContext } from './trigger.ts';

/** The longest of the waits between two tries of a message, in seconds. */
const LONGEST_BACKOFF_S = 15 * 60;
/** What is left for Lambda to take the answer. */
const MARGIN_MS = 100;

const SHAPE: RecordShape = {
  messageId: 'text',
  // Without one a message cannot be put off.
  receiptHandle: 'optional text',
  body: 'text',
  attributes: 'object',
  'attributes/ApproximateReceiveCount': 'optional text',
  'attributes/SentTimestamp': 'optional text',
  'attributes/MessageGroupId': 'optional text',
  eventSourceARN: 'text',
};

/**
 * Messages of a queue. What is worth another try goes back, with the time after which to try it; all else is done with.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function answerSqs(event: unknown, context: TriggerContext): Promise<SQSBatchResponse> | undefined {
  const batch = readRecords<SQSEvent>(event, 'aws:sqs', SHAPE);
  return batch && answer(batch.Records, context);
}

async function answer(unordered: readonly SQSRecord[], context: TriggerContext): Promise<SQSBatchResponse> {
  const records = inOrder(unordered);
  const deliveries = records.map((record) => {
    const group = groupOf(record);
    return {
      id: record.messageId,
      ...(group && { group }),
      sentAt: Number(record.attributes.SentTimestamp),
      read: () => readContent(record.body, 'sqs'),
    };
  });
  const delayReturned = (all: readonly Fate[]) =>
    delay(describeDelays(records, all, context.services.random), records, context);
  const fates = await answerBatch(deliveries, { trigger: 'sqs', delayReturned }, context);
  const returned = records.filter((_, index) => fates[index]?.kind === 'returned');
  return { batchItemFailures: returned.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/**
 * By turns one of those that were received least often, and one of those that were received most often. Where the time is
 * not enough for all, the latter would else go to the dead-letter queue unasked; and if it is they that take the time, the
 * others are not kept from their answers. A FIFO queue has an order of its own.
 */
function inOrder(records: readonly SQSRecord[]): readonly SQSRecord[] {
  if (records.some((record) => groupOf(record) !== undefined)) return records;
  const byReceives = records.toSorted((one, other) => receivesOf(other) - receivesOf(one));
  const middle = Math.ceil(byReceives.length / 2);
  const others = byReceives.slice(middle).reverse();
  return byReceives.slice(0, middle).flatMap((record, index) => [...others.slice(index, index + 1), record]);
}

/** 1 or more, also where the queue does not say. */
function receivesOf({ attributes }: SQSRecord): number {
  return Math.max(1, Number(attributes.ApproximateReceiveCount) || 1);
}

/** Standard queues have groups as well, for fairness, without an order: only a FIFO queue's name ends so. */
function groupOf({ attributes, eventSourceARN }: SQSRecord): string | undefined {
  return eventSourceARN.endsWith('.fifo') ? attributes.MessageGroupId : undefined;
}

function describeDelays(records: readonly SQSRecord[], fates: readonly Fate[], random: () => number): Delay[] {
  const delays: Delay[] = [];
  /** All of a group comes back together: SQS holds a group back while any of it is in flight. */
  const groups = new Map<string, number>();
  records.forEach((record, index) => {
    const fate = fates[index];
    if (fate?.kind !== 'returned') return;
    const group = groupOf(record);
    const known = group === undefined ? undefined : groups.get(group);
    const seconds = known ?? delaySeconds(record, fate, random);
    if (group !== undefined) groups.set(group, seconds);
    if (record.receiptHandle) delays.push({ receiptHandle: record.receiptHandle, seconds });
  });
  return delays;
}

/** Tells the queue when to deliver again what goes back. */
async function delay(
  delays: readonly Delay[],
  records: readonly SQSRecord[],
  { remainingMs, services }: TriggerContext,
): Promise<readonly string[]> {
  const queue = records[0]?.eventSourceARN;
  if (delays.length === 0 || queue === undefined) return [];
  const deadline = startDeadline(services.clock, remainingMs() - MARGIN_MS);
  try {
    return await services.messages.visibility.change(queue, delays, deadline.signal);
  } finally {
    deadline.end();
  }
}

/**
 * What the vendor asked for, and at least a wait that doubles with each time that the message was received, up to a
 * quarter of an hour: twenty times are more than an hour.
 */
function delaySeconds(record: SQSRecord, fate: Returned, random: () => number): number {
  const received = receivesOf(record);
  // What was not begun comes again at once. But being received counts all the same: where a slow vendor lets it happen
  // again and again, the message would be in the dead-letter queue within minutes.
  if (!fate.problem && !fate.unpublished && received === 1) return 0;
  const bound = Math.min(LONGEST_BACKOFF_S, 2 ** received);
  // Half of it is chance, so that messages which failed together do not come together.
  const backoff = Math.ceil((bound * (1 + random())) / 2);
  // An hour at most (lib/http/retry-after.ts), of the twelve that SQS allows.
  return Math.max(Math.ceil(fate.problem?.retryAfterSeconds ?? 0), backoff);
}

type Returned = Extract<Fate, { kind: 'returned' }>;
