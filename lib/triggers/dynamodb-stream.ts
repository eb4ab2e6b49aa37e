import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { isJsonObject } from '../http/body.ts';
import { type ExactNumber, toExactNumber } from '../json/exact-number.ts';
import { Problem } from '../problem.ts';
import type { Content } from './content.ts';
import { type RecordShape, readRecords } from './records.ts';
import { answerStream, type StreamBatchResponse, type StreamDelivery } from './stream.ts';
import type { TriggerContext } from './trigger.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html, "Attribute values" */
const DEEPEST_NESTING = 32;

/** A new item is read by itself, so that a wrong one fails alone. */
const SHAPE: RecordShape = {
  eventID: 'optional text',
  eventName: 'optional text',
  dynamodb: 'object',
  'dynamodb/SequenceNumber': 'text',
};

/**
 * Changes of a DynamoDB table: the new item is the message; those of an item in their order.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export function answerDynamodbStream(
  event: unknown,
  context: TriggerContext,
): Promise<StreamBatchResponse> | undefined {
  const batch = readRecords<DynamoDBStreamEvent>(event, 'aws:dynamodb', SHAPE);
  return batch && answerStream(batch.Records.map(toDelivery), 'dynamodb', context);
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
function readItem(item: unknown, depth = 0): Readonly<Record<string, unknown>> {
  if (!isJsonObject(item) || depth > DEEPEST_NESTING) throw malformed();
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, readAttribute(value, depth)]));
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html */
function readAttribute(attribute: unknown, depth: number): unknown {
  const [type, value] = isJsonObject(attribute) ? (Object.entries(attribute)[0] ?? []) : [];
  switch (type) {
    case 'N':
      return readNumber(value);
    case 'NS':
      return readList(value).map(readNumber);
    case 'M':
      return readItem(value, depth + 1);
    case 'L':
      if (depth > DEEPEST_NESTING) throw malformed();
      return readList(value).map((element) => readAttribute(element, depth + 1));
    case 'NULL':
      return null;
    // Binary values stay as the event has them, in base64.
    case 'S':
    case 'B':
    case 'BOOL':
    case 'SS':
    case 'BS':
      return value;
    default:
      throw malformed();
  }
}

function readList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed();
  return value;
}

function malformed(): Problem {
  const detail =
    'The new item has an attribute that is none of DynamoDB: a type and its value, at most 32 levels deep.';
  return new Problem('invalid-input', detail);
}

/** With every digit: a number of DynamoDB has up to 38. */
function readNumber(digits: unknown): ExactNumber {
  const number = typeof digits === 'string' ? toExactNumber(digits) : undefined;
  if (number === undefined) throw malformed();
  return number;
}
