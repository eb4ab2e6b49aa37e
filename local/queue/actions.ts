import { AwsError, type Input } from '../aws-json.ts';
import { invalidParameter, legacy, missingParameter } from './errors.ts';
import { MAX_BODY_BYTES } from './limits.ts';
import type { Queue, ReceivedMessage, SentMessage } from './queue.ts';
import type { Queues } from './queues.ts';

/** The actions of SQS over its queues. Each has its page under https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ . */

const MAX_ENTRIES = 10;
const MAX_MESSAGES = 10;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html */
const MAX_RESULTS = 1000;
/** Attributes that a queue may have, and that an answer leaves out where it has none. */
const NOT_SET = [
  'All',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoQueue',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'Policy',
  'RedriveAllowPolicy',
  'RedrivePolicy',
];

export function createActions(
  queues: Queues,
  queueUrl: (queue: string) => string,
): Readonly<Record<string, (input: Input) => object>> {
  /** By the end of the path; which host or account is before it does not matter. */
  function findQueue({ QueueUrl: url }: Input): Queue {
    if (typeof url !== 'string' || url === '') throw missingParameter('QueueUrl');
    return queues.find(url.slice(url.lastIndexOf('/') + 1));
  }

  return {
    ListQueues: ({ QueueNamePrefix: prefix = '', MaxResults: max, NextToken: start = '0' }) => {
      const urls = queues.names.filter((name) => name.startsWith(String(prefix))).map(queueUrl);
      const end = Number(start) + Number(max ?? MAX_RESULTS);
      const page = urls.slice(Number(start), end);
      return {
        ...(page.length > 0 && { QueueUrls: page }),
        // Only a request that names a size gets further pages.
        ...(max !== undefined && end < urls.length && { NextToken: String(end) }),
      };
    },
    GetQueueUrl: ({ QueueName: name }) => ({ QueueUrl: queueUrl(queues.find(String(name)).name) }),
    GetQueueAttributes: (input) => {
      const attributes = describeQueue(findQueue(input));
      const names = readNames(input['AttributeNames']);
      const unknown = names.find((name) => !Object.hasOwn(attributes, name) && !NOT_SET.includes(name));
      if (unknown) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
      return names.length > 0 ? { Attributes: pick(attributes, names) } : {};
    },
    SendMessage: (input) => describeSent(send(findQueue(input), input)),
    SendMessageBatch: (input) => {
      const queue = findQueue(input);
      return runBatch(input, (entry) => describeSent(send(queue, entry)));
    },
    ReceiveMessage: (input) => {
      const queue = findQueue(input);
      const max = Number(input['MaxNumberOfMessages'] ?? 1);
      if (!Number.isInteger(max) || max < 1 || max > MAX_MESSAGES) {
        throw invalidParameter('MaxNumberOfMessages', max, `Must be between 1 and ${MAX_MESSAGES}, if provided.`);
      }
      const seconds = input['VisibilityTimeout'];
      const messages = queue.receive(max, seconds === undefined ? undefined : Number(seconds));
      const names = [...readNames(input['MessageSystemAttributeNames']), ...readNames(input['AttributeNames'])];
      return messages.length > 0 ? { Messages: messages.map((message) => describeReceived(message, names)) } : {};
    },
    DeleteMessage: (input) => {
      findQueue(input).remove(readText(input, 'ReceiptHandle'));
      return {};
    },
    DeleteMessageBatch: (input) => {
      const queue = findQueue(input);
      return runBatch(input, (entry) => {
        queue.remove(readText(entry, 'ReceiptHandle'));
        return {};
      });
    },
    ChangeMessageVisibility: (input) => {
      changeVisibility(findQueue(input), input);
      return {};
    },
    ChangeMessageVisibilityBatch: (input) => {
      const queue = findQueue(input);
      return runBatch(input, (entry) => {
        changeVisibility(queue, entry);
        return {};
      });
    },
  };
}

function send(queue: Queue, input: Input): SentMessage {
  if (input['MessageAttributes'] !== undefined) {
    throw legacy('UnsupportedOperation', 'There are no message attributes here.');
  }
  const delay = input['DelaySeconds'];
  return queue.send(readText(input, 'MessageBody'), {
    groupId: readOptional(input, 'MessageGroupId'),
    deduplicationId: readOptional(input, 'MessageDeduplicationId'),
    delaySeconds: delay === undefined ? undefined : Number(delay),
  });
}

function changeVisibility(queue: Queue, input: Input): void {
  const seconds = input['VisibilityTimeout'];
  if (seconds === undefined) throw missingParameter('VisibilityTimeout');
  queue.changeVisibility(readText(input, 'ReceiptHandle'), Number(seconds));
}

/** Each entry succeeds or fails by itself; only what is wrong with the batch fails the request. */
function runBatch({ Entries: value }: Input, run: (entry: Input) => object): object {
  const entries: Input[] = Array.isArray(value) ? value : [];
  if (entries.length === 0) throw legacy('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > MAX_ENTRIES) {
    const message = `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${entries.length}.`;
    throw legacy('TooManyEntriesInBatchRequest', message);
  }
  const ids = entries.map(({ Id: id }) => String(id ?? ''));
  if (!ids.every((id) => /^[A-Za-z0-9_-]{1,80}$/.test(id))) {
    const message =
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.';
    throw legacy('InvalidBatchEntryId', message);
  }
  if (new Set(ids).size < ids.length) throw legacy('BatchEntryIdsNotDistinct', 'Two entries have the same Id.');
  const bytes = entries.reduce((sum, { MessageBody: body }) => sum + Buffer.byteLength(String(body ?? '')), 0);
  if (bytes > MAX_BODY_BYTES) {
    const message = `Batch requests cannot be longer than ${MAX_BODY_BYTES} bytes. You have sent ${bytes} bytes.`;
    throw legacy('BatchRequestTooLong', message);
  }

  const successful: object[] = [];
  const failed: object[] = [];
  for (const [index, entry] of entries.entries()) {
    try {
      successful.push({ Id: ids[index], ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({
        Id: ids[index],
        SenderFault: true,
        Code: error.queryCode ?? error.name,
        Message: error.message,
      });
    }
  }
  return { Successful: successful, Failed: failed };
}

const describeSent = ({ messageId, md5OfBody, sequenceNumber }: SentMessage) => ({
  MessageId: messageId,
  MD5OfMessageBody: md5OfBody,
  SequenceNumber: sequenceNumber,
});

function describeReceived(message: ReceivedMessage, names: readonly string[]): object {
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    ...(names.length > 0 && { Attributes: pick(message.attributes, names) }),
  };
}

function describeQueue({ arn, fifo, visibilityTimeoutSeconds, redrive, count }: Queue) {
  const { visible, inFlight, delayed } = count();
  return {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    MaximumMessageSize: String(MAX_BODY_BYTES),
    ...UNCHANGED,
    ...(fifo && { FifoQueue: 'true', ContentBasedDeduplication: 'false' }),
    ...(redrive && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: arn.replace(/[^:]+$/, redrive.deadLetterQueue),
        maxReceiveCount: redrive.maxReceiveCount,
      }),
    }),
  };
}

/** As SQS has them for a queue with these settings' defaults: API_SetQueueAttributes. Messages here do not grow too old. */
const createdAt = String(Math.floor(Date.now() / 1000));
const UNCHANGED = {
  CreatedTimestamp: createdAt,
  LastModifiedTimestamp: createdAt,
  DelaySeconds: '0',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
};

function pick(attributes: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  if (names.includes('All')) return { ...attributes };
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)));
}

const readNames = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);

function readText(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== 'string' || value === '') throw missingParameter(name);
  return value;
}

function readOptional(input: Input, name: string): string | undefined {
  const value = input[name];
  return value === undefined ? undefined : String(value);
}
