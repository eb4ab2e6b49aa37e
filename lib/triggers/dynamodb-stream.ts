import type { AttributeValue, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { Problem } from '../problem.ts';
import type { Content } from './content.ts';
import { isRecordsOf } from './records.ts';
import { answerStream, type StreamBatchResponse, type StreamDelivery } from './stream.ts';
import type { TriggerContext } from './trigger.ts';

const INTEGER = /^-?\d+$/;

/**
 * Changes of a DynamoDB table: the new item is the message; those of an item in their order.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export function answerDynamodbStream(
  event: unknown,
  context: TriggerContext,
): Promise<StreamBatchResponse> | undefined {
  if (!isRecordsOf<DynamoDBStreamEvent>(event, 'aws:dynamodb')) return undefined;
  return answerStream(event.Records.map(toDelivery), 'dynamodb', context);
}

function toDelivery(record: DynamoDBRecord): StreamDelivery {
  const { dynamodb } = record;
  const sequenceNumber = dynamodb?.SequenceNumber ?? '';
  return {
    id: record.eventID ?? sequenceNumber,
    sequenceNumber,
    group: JSON.stringify(dynamodb?.Keys),
    read: () => readNewItem(record),
  };
}

function readNewItem({ eventName, dynamodb }: DynamoDBRecord): Content {
  if (!dynamodb?.NewImage) {
    const detail = `A record without the new item (${eventName ?? 'no event name'}) asks for nothing.`;
    throw new Problem('invalid-input', detail);
  }
  const item = readItem(dynamodb.NewImage);
  return { form: 'dynamodb', root: item, value: item };
}

/**
 * The item as JSON would have it. The SDK's `unmarshall` is not for this: its sets are no lists, and it fails for an item
 * with a fraction beyond 2^53 anywhere in it.
 */
function readItem(item: Readonly<Record<string, AttributeValue>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, readAttribute(value)]));
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html */
function readAttribute({ S, N, B, SS, NS, BS, M, L, BOOL, NULL }: AttributeValue): unknown {
  if (N !== undefined) return readNumber(N);
  if (NS) return NS.map(readNumber);
  if (M) return readItem(M);
  if (L) return L.map(readAttribute);
  // Binary values stay as the event has them, in base64.
  return NULL ? null : (S ?? BOOL ?? SS ?? B ?? BS);
}

/** An integer beyond 2^53 is a bigint: an id keeps its digits. */
function readNumber(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) || !INTEGER.test(digits) ? number : BigInt(digits);
}
