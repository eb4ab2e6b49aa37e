import { randomUUID } from 'node:crypto';
import { stringifyJson } from '../../lib/json/int64.ts';
import { ACCOUNT, REGION } from './aws.ts';
import type { StreamRecord } from './stream.ts';

type Item = Readonly<Record<string, unknown>>;

/**
 * Items that were put into a table, one a message, as Lambda reads them from its stream:
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html with the fields of test/events/dynamodb.json. The item is the
 * message; its key is `correlationId`, which a message in an envelope is given where it has none, or else the first text
 * or number in it.
 * @param now epoch milliseconds
 * @throws Error for a message that is no object: no item could hold it
 */
export function dynamodbRecords(messages: readonly unknown[], lookup: string, now: number): StreamRecord[] {
  return messages.map((message, index) => {
    const item = withKey(message);
    const image = marshall(item);
    const keyName = keyOf(item);
    // As DynamoDB's, digits that only grow.
    const sequenceNumber = String(BigInt(now) * 1_000_000_000n + BigInt(index));
    const eventID = randomUUID().replaceAll('-', '');
    return {
      eventID,
      sequenceNumber,
      record: {
        eventID,
        eventName: 'INSERT',
        eventVersion: '1.1',
        eventSource: 'aws:dynamodb',
        awsRegion: REGION,
        dynamodb: {
          ApproximateCreationDateTime: Math.floor(now / 1000),
          Keys: keyName === undefined ? {} : { [keyName]: image[keyName] },
          NewImage: image,
          SequenceNumber: sequenceNumber,
          SizeBytes: Buffer.byteLength(stringifyJson(item)),
          StreamViewType: 'NEW_AND_OLD_IMAGES',
        },
        eventSourceARN: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${lookup}/stream/${new Date(now).toISOString().slice(0, -1)}`,
      },
    };
  });
}

function withKey(message: unknown): Item {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw new Error('dynamodb: each message must be a JSON object, since an item is one');
  }
  const item = message as Item;
  return 'input' in item && item['correlationId'] === undefined ? { ...item, correlationId: randomUUID() } : item;
}

function keyOf(item: Item): string | undefined {
  if (typeof item['correlationId'] === 'string') return 'correlationId';
  return Object.keys(item).find((name) => ['string', 'number', 'bigint'].includes(typeof item[name]));
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html , as far as JSON needs it. */
type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: Readonly<Record<string, AttributeValue>> };

function marshall(item: object): Readonly<Record<string, AttributeValue>> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toAttributeValue(value)]));
}

function toAttributeValue(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map(toAttributeValue) };
  if (typeof value === 'object') return { M: marshall(value) };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  return { N: String(value) };
}
