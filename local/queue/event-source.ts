import type { ReceivedMessage } from './queue.ts';
import type { Queues } from './queues.ts';

/**
 * What Lambda's event source mapping does with a queue of SQS when it has ReportBatchItemFailures, one batch at a time,
 * after https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html .
 */

export interface SqsEvent {
  readonly Records: readonly SqsEventRecord[];
}

export interface SqsEventRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, never>>;
  readonly md5OfBody: string;
  readonly eventSource: 'aws:sqs';
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

export interface EventSourceOptions {
  readonly queues: Queues;
  /** Its name. */
  readonly queue: string;
  /** Invokes the function; a throw is the function's error or its time-out. */
  deliver(event: SqsEvent): Promise<unknown>;
  /** Default 10; at most 10,000, and 10 for a FIFO queue. */
  readonly batchSize?: number;
}

export interface Poll {
  /** Ids of the messages that the function was given; none if none could be seen. */
  readonly delivered: readonly string[];
  /** Those that were deleted; the others stay until their visibility time-out ends. */
  readonly deleted: readonly string[];
  /** Why the batch failed as a whole: what the function threw, or what was wrong with its response. */
  readonly failure?: unknown;
}

export interface EventSource {
  /** Receives one batch, delivers it, and deletes what succeeded. */
  poll(): Promise<Poll>;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html */
const MAX_BATCH = 10_000;
const MAX_FIFO_BATCH = 10;
/** Of one ReceiveMessage, of which a larger batch takes several. */
const MAX_RECEIVED = 10;

/** @throws RangeError if the batch size is none that Lambda takes */
export function createEventSource({ queues, queue, deliver, batchSize = 10 }: EventSourceOptions): EventSource {
  const { arn, fifo } = queues.find(queue);
  const most = fifo ? MAX_FIFO_BATCH : MAX_BATCH;
  if (!(batchSize >= 1 && batchSize <= most)) throw new RangeError(`A batch of ${queue} has 1 to ${most} messages.`);

  function receiveBatch(): ReceivedMessage[] {
    const batch: ReceivedMessage[] = [];
    while (batch.length < batchSize) {
      const received = queues.receive(queue, Math.min(MAX_RECEIVED, batchSize - batch.length));
      if (received.length === 0) break;
      batch.push(...received);
    }
    return batch;
  }

  return {
    poll: async () => {
      const batch = receiveBatch();
      const delivered = batch.map(({ messageId }) => messageId);
      if (batch.length === 0) return { delivered, deleted: [] };
      try {
        const failed = readFailures(await deliver(describeEvent(batch, arn)), delivered);
        const succeeded = batch.filter(({ messageId }) => !failed.has(messageId));
        const deleted = succeeded.filter(({ receiptHandle }) => tryDelete(queues, queue, receiptHandle));
        return { delivered, deleted: deleted.map(({ messageId }) => messageId) };
      } catch (failure) {
        return { delivered, deleted: [], failure };
      }
    },
  };
}

function describeEvent(batch: readonly ReceivedMessage[], arn: string): SqsEvent {
  const region = arn.split(':')[3] ?? '';
  return {
    Records: batch.map(({ messageId, receiptHandle, body, attributes, md5OfBody }) => ({
      messageId,
      receiptHandle,
      body,
      attributes,
      messageAttributes: {},
      md5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: arn,
      awsRegion: region,
    })),
  };
}

/**
 * Ids of the messages that failed. No response, none in it, or an empty list is success.
 * @throws Error for a response after which Lambda takes the whole batch as failed
 */
function readFailures(value: unknown, ids: readonly string[]): Set<string> {
  // The function's answer travels as JSON.
  const response: unknown = JSON.parse(JSON.stringify(value ?? null));
  if (response === null) return new Set();
  if (typeof response !== 'object' || Array.isArray(response)) throw new Error('The response is no JSON object.');
  const { batchItemFailures: failures } = response as { batchItemFailures?: unknown };
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) throw new Error('batchItemFailures is no list.');
  return new Set(
    failures.map((failure: { itemIdentifier?: unknown } | null) => {
      const id = failure?.itemIdentifier;
      if (typeof id !== 'string' || !ids.includes(id))
        throw new Error('An itemIdentifier names no message of the batch.');
      return id;
    }),
  );
}

/** A receipt that ran out while the function was at work leaves the message to its next delivery. */
function tryDelete(queues: Queues, queue: string, receiptHandle: string): boolean {
  try {
    return queues.delete(queue, receiptHandle);
  } catch {
    return false;
  }
}
