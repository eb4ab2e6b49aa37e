import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cloudEventRequests } from '../../../local/send/cloud-event.ts';
import { dynamodbRecords } from '../../../local/send/dynamodb.ts';
import { eventBridgeEvent } from '../../../local/send/eventbridge.ts';
import { kinesisRecords } from '../../../local/send/kinesis.ts';
import { s3Event } from '../../../local/send/s3.ts';
import { snsEvent, snsNotification } from '../../../local/send/sns.ts';

const MESSAGE = { input: { callId: '1700000000-1' }, correlationId: 'order-1' };
const TEXT = JSON.stringify(MESSAGE);
const NOW = 1_790_000_000_000;

const captured = (name: string) => JSON.parse(readFileSync(`test/events/${name}.json`, 'utf8'));
const bodyOf = (name: string) => JSON.parse(captured(name).Records[0].body);

/** Names and types of all fields, the content of some left out. */
function shapeOf(value: unknown, opaque: readonly string[] = []): unknown {
  if (value === null || typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return value.map((each) => shapeOf(each, opaque));
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, each]) => [name, opaque.includes(name) ? 'any' : shapeOf(each, opaque)]),
  );
}

it.each([
  ['SNS that invokes', snsEvent(TEXT, 'lookup'), captured('sns'), ['MessageAttributes', 'Subject']],
  ['SNS on a queue', snsNotification(TEXT, 'lookup'), bodyOf('sqs-sns'), []],
  ['SNS on a FIFO queue', snsNotification(TEXT, 'lookup', 'a'), bodyOf('sqs-sns-fifo'), []],
  ['EventBridge', eventBridgeEvent(MESSAGE), captured('eventbridge-custom'), []],
])('an event of %s has the fields of the real one', (_, built, real, opaque) => {
  expect(shapeOf(built, opaque)).toEqual(shapeOf(real, opaque));
});

it('a record of Kinesis has the fields of a real one', () => {
  const [record] = kinesisRecords([TEXT], 'lookup', NOW);
  expect(shapeOf(record?.record)).toEqual(shapeOf(captured('kinesis').Records[0]));
});

it('an item of DynamoDB has the fields of a real one', () => {
  const [record] = dynamodbRecords([MESSAGE], 'lookup', NOW);
  const opaque = ['NewImage', 'Keys'];
  expect(shapeOf(record?.record, opaque)).toEqual(shapeOf(captured('dynamodb').Records[0], opaque));
});

it('an object of S3 has the fields of a real one without versions, its key as S3 writes it', () => {
  const real = captured('s3');
  delete real.Records[0].s3.object.versionId;
  const built = s3Event({ key: 'calls/1700000000-12 aé.json', bucket: 'example-calls', size: 512 });
  expect(shapeOf(built)).toEqual(shapeOf(real));
  expect(built.Records[0]?.s3.object.key).toBe('calls/1700000000-12+a%C3%A9.json');
});

it.each([[{}], ['key'], [null], [{ key: 1 }]])('%j names no object of S3', (message) => {
  expect(() => s3Event(message)).toThrow('each message names an object');
});

it('sequence numbers grow, and no two runs have one in common', () => {
  const numbers = [
    ...kinesisRecords([TEXT, TEXT], 'lookup', NOW),
    ...kinesisRecords([TEXT, TEXT], 'lookup', NOW + 1),
  ].map(({ sequenceNumber }) => sequenceNumber);
  expect(new Set(numbers).size).toBe(4);
  expect(numbers.toSorted()).toEqual(numbers);
  expect(numbers.every((number) => number.length === 56)).toBe(true);
});

it('an item has every kind of value, and an integer all its digits', () => {
  const [record] = dynamodbRecords(
    [{ input: { id: 9223372036854775807n, all: true, no: null, ids: [1, 'two'] }, correlationId: 'order-1' }],
    'lookup',
    NOW,
  );
  expect(record?.record).toMatchObject({
    dynamodb: {
      Keys: { correlationId: { S: 'order-1' } },
      NewImage: {
        correlationId: { S: 'order-1' },
        input: {
          M: {
            id: { N: '9223372036854775807' },
            all: { BOOL: true },
            no: { NULL: true },
            ids: { L: [{ N: '1' }, { S: 'two' }] },
          },
        },
      },
    },
  });
});

it('the key of an item is in the item, whatever the message has', () => {
  const keysOf = (message: object) =>
    dynamodbRecords([message], 'lookup', NOW).map(({ record }) => (record as { dynamodb: object }).dynamodb);
  expect(keysOf({ pageSize: 1 })).toMatchObject([
    { Keys: { pageSize: { N: '1' } }, NewImage: { pageSize: { N: '1' } } },
  ]);
  expect(keysOf({ input: {} })).toMatchObject([
    { Keys: { correlationId: { S: expect.any(String) } }, NewImage: { correlationId: { S: expect.any(String) } } },
  ]);
});

it.each([['text'], [null], [[1]]])('%j is no item of DynamoDB', (message) => {
  expect(() => dynamodbRecords([message], 'lookup', NOW)).toThrow('each message must be a JSON object');
});

it('a batch of CloudEvents is one request, and each event has an id of its own', () => {
  const [batch, ...others] = cloudEventRequests([MESSAGE, MESSAGE], 'batch');
  const events = JSON.parse(batch?.body ?? '');
  expect(others).toEqual([]);
  expect(new Set(events.map(({ id }: { id: string }) => id)).size).toBe(2);
  expect(cloudEventRequests([MESSAGE, MESSAGE], 'binary')).toHaveLength(2);
});
