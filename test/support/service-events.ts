import { readFileSync } from 'node:fs';
import type {
  AttributeValue,
  DynamoDBStreamEvent,
  EventBridgeEvent,
  KinesisStreamEvent,
  S3Event,
  SESEvent,
  SNSEvent,
} from 'aws-lambda';

/* The events of test/events, with other content in the places where a sender puts it. */

interface EventFiles {
  readonly dynamodb: DynamoDBStreamEvent;
  readonly 'eventbridge-custom': EventBridgeEvent<string, unknown>;
  readonly 'eventbridge-scheduled': EventBridgeEvent<string, unknown>;
  readonly kinesis: KinesisStreamEvent;
  readonly s3: S3Event;
  readonly 's3-eventbridge': EventBridgeEvent<string, unknown>;
  readonly ses: SESEvent;
  readonly sns: SNSEvent;
}

/** The event of a file, without its ending. */
export function serviceEvent<Name extends keyof EventFiles>(name: Name): EventFiles[Name] {
  return JSON.parse(readFileSync(new URL(`../events/${name}.json`, import.meta.url), 'utf8'));
}

export interface KinesisData {
  /** Text and bytes as they are; all else as JSON. */
  readonly data: unknown;
  /** The partition key; default one of its own. */
  readonly key?: string;
}

/** The sequence number of a record at a place of the shard. */
export const kinesisNumber = (place: number) => `4957${String(place).padStart(50, '0')}`;

/** Consecutive records of a shard. @param first the place of the first one */
export function kinesisEvent(records: readonly KinesisData[], first = 1): KinesisStreamEvent {
  const [sample] = serviceEvent('kinesis').Records;
  if (!sample) throw new Error('The file has no record.');
  return {
    Records: records.map(({ data, key }, index) => {
      const sequenceNumber = kinesisNumber(first + index);
      const bytes = Buffer.isBuffer(data) ? data : Buffer.from(typeof data === 'string' ? data : JSON.stringify(data));
      return {
        ...sample,
        eventID: `shardId-000000000000:${sequenceNumber}`,
        kinesis: {
          ...sample.kinesis,
          sequenceNumber,
          partitionKey: key ?? `key-${first + index}`,
          data: bytes.toString('base64'),
        },
      };
    }),
  };
}

export interface DynamodbChange {
  /** The new item; none is left by a REMOVE. */
  readonly item?: Readonly<Record<string, AttributeValue>>;
  /** The item's key; default one of its own. */
  readonly key?: string;
}

export const dynamodbNumber = (place: number) => `14054${String(place).padStart(18, '0')}`;

/** Consecutive changes of a table. @param first the place of the first one */
export function dynamodbEvent(changes: readonly DynamodbChange[], first = 1): DynamoDBStreamEvent {
  const [inserted, , removed] = serviceEvent('dynamodb').Records;
  return {
    Records: changes.map(({ item, key }, index) => {
      const sample = item ? inserted : removed;
      return {
        ...sample,
        eventID: String(first + index).padStart(32, '0'),
        dynamodb: {
          ...sample?.dynamodb,
          Keys: { id: { S: key ?? `call-${first + index}` } },
          ...(item && { NewImage: item }),
          SequenceNumber: dynamodbNumber(first + index),
        },
      };
    }),
  };
}

/** @param message text as it is; all else as JSON */
export function snsEvent(message: unknown, id = '0d6c2e14-0000-5000-8000-000000000014'): SNSEvent {
  const { Records: records } = serviceEvent('sns');
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return { Records: records.map((record) => ({ ...record, Sns: { ...record.Sns, MessageId: id, Message: text } })) };
}

export function eventBridgeEvent(detail: unknown, id = '3c7a9f52-0000-4000-8000-000000000009') {
  return { ...serviceEvent('eventbridge-custom'), id, detail };
}

/** One message of a standard queue. @param body text as it is; all else as JSON */
export function sqsEvent(body: unknown) {
  return {
    Records: [
      {
        messageId: '5f0c1a2e-7b1d-4c59-9a3e-000000000001',
        receiptHandle: 'AQEBcontactlookupsreceipt1==',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1700000000000' },
        messageAttributes: {},
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:eu-central-1:111122223333:lookups',
        awsRegion: 'eu-central-1',
      },
    ],
  };
}
