import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../../lib/problem.ts';
import { failure } from '../../support/invoke.ts';
import { resultsOn } from '../../support/messages.ts';
import { inputOf, type QueueWorld, startQueueWorld } from '../../support/queue.ts';
import { dynamodbEvent, kinesisEvent, snsEvent } from '../../support/service-events.ts';
import { FRONTS, HTTP_API, invoke, readEvent } from './http-support.ts';

const BODY = JSON.stringify(inputOf(1));

// biome-ignore lint/suspicious/noExplicitAny: tests take events apart as they like.
type Json = any;

const sqs = (changes: object) => {
  const { Records: records } = readEvent('sqs-standard.json');
  return { Records: records.map((record: object) => ({ ...record, ...changes })) };
};

describe('an invocation with an event that only says that it is of', () => {
  const [kinesisRecord] = kinesisEvent([{ data: 1 }]).Records;
  const [dynamodbRecord] = dynamodbEvent([{ item: {} }]).Records;
  const [snsRecord] = snsEvent('{}').Records;

  test.each<[string, unknown, string[]]>([
    ['SQS, without all else', { Records: [{ eventSource: 'aws:sqs' }] }, ['/Records/0/messageId', '/Records/0/body']],
    ['SQS, without attributes', sqs({ attributes: undefined }), ['/Records/0/attributes', '/Records/1/attributes']],
    ['SQS, with attributes of null', sqs({ attributes: null }), ['/Records/0/attributes']],
    ['SQS, with a body that is no text', sqs({ body: { input: {} } }), ['/Records/0/body']],
    ['SQS, without the queue’s ARN', sqs({ eventSourceARN: undefined }), ['/Records/0/eventSourceARN']],
    ['SQS, with a record of null', { Records: [...sqs({}).Records, null] }, ['/Records/2']],
    [
      'SQS, with a record of S3',
      { Records: [...sqs({}).Records, ...readEvent('s3.json')['Records']] },
      ['/Records/2/body'],
    ],
    ['SNS, without a notification', { Records: [{ EventSource: 'aws:sns' }] }, ['/Records/0/Sns']],
    ['SNS, with a notification of null', { Records: [{ ...snsRecord, Sns: null }] }, ['/Records/0/Sns']],
    [
      'SNS, with a message that is no text',
      { Records: [{ ...snsRecord, Sns: { MessageId: 'a', Message: {} } }] },
      ['/Records/0/Sns/Message'],
    ],
    ['Kinesis, without data', { Records: [{ eventSource: 'aws:kinesis' }] }, ['/Records/0/kinesis']],
    [
      'Kinesis, with data that is no text',
      { Records: [{ ...kinesisRecord, kinesis: { ...kinesisRecord?.kinesis, data: 5 } }] },
      ['/Records/0/kinesis/data'],
    ],
    ['DynamoDB, without a change', { Records: [{ eventSource: 'aws:dynamodb' }] }, ['/Records/0/dynamodb']],
    [
      'DynamoDB, without its place in the stream',
      { Records: [{ ...dynamodbRecord, dynamodb: { NewImage: {} } }] },
      ['/Records/0/dynamodb/SequenceNumber'],
    ],
  ])('%s, is refused with a pointer to the part, and logged', async (_what, event, pointers) => {
    const world = await startQueueWorld();

    const { problem } = await failure(world, event);

    expect(problem).toMatchObject({ code: 'invalid-input', status: 400, retryable: false });
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(expect.arrayContaining(pointers));
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'invalid-input' }]);
    expect(world.batches).toEqual([]);
    expect(world.vendor.requests).toEqual([]);
  });
});

describe.each(FRONTS)('an event of $name', (front) => {
  test.each<[string, Json, string]>([
    ['headers that are a text', { headers: 'content-type: application/json' }, '/headers'],
    ['headers that are a list', { headers: [['content-type', 'application/json']] }, '/headers'],
    ['a header that is a number', { headers: { 'content-type': 5 } }, '/headers'],
    ['a header that is an object', { headers: { guid: {}, 'content-type': 'application/json' } }, '/headers'],
    ['a header of null', { headers: { 'x-vendor-account': null } }, '/headers'],
    [
      'lists of headers that are texts',
      { multiValueHeaders: { 'content-type': 'application/json' } },
      '/multiValueHeaders',
    ],
    ['lists of headers with a number', { multiValueHeaders: { 'content-type': [7] } }, '/multiValueHeaders'],
    ['a body that is JSON already', { body: { callId: '1' } }, '/body'],
    ['a body that is a number', { body: 5 }, '/body'],
    ['a base64 mark that is a text', { isBase64Encoded: 'false' }, '/isBase64Encoded'],
  ])('with %s is answered as HTTP with a pointer to the part, and logged', async (_what, changes, pointer) => {
    const world = await startQueueWorld();
    const sent = front.event({ headers: { 'content-type': 'application/json' }, body: BODY });

    const answer = await invoke(world, { ...sent, ...changes });

    expect(answer).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
      body: { code: 'invalid-input', errors: [{ pointer }] },
    });
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'invalid-input' }]);
    expect(world.vendor.requests).toEqual([]);
  });
});

test('an event of HTTP with no headers, as somebody may write it for a test, is refused for its content type', async () => {
  const world = await startQueueWorld();
  for (const front of FRONTS) {
    const event = { ...front.event({ body: BODY }), headers: null, multiValueHeaders: null };
    expect(await invoke(world, event)).toMatchObject({ status: 415, body: { code: 'invalid-input' } });
  }
});

describe('a message', () => {
  test.each([
    ['a record of SNS without a notification', { Records: [{ EventSource: 'aws:sns' }] }],
    ['a record of SNS with a notification of null', { Records: [{ EventSource: 'aws:sns', Sns: null }] }],
    [
      'a notification without a text',
      { Records: [{ EventSource: 'aws:sns', Sns: { MessageId: 'a', Message: null } }] },
    ],
    ['a notification without a name', { Records: [{ EventSource: 'aws:sns', Sns: { Message: '{}' } }] }],
    ['records that are none', { Records: [null] }],
    ['a notification whose message is none', { Type: 'Notification', MessageId: 'a', Message: 5, TopicArn: 'arn' }],
  ])('that holds %s is a failed lookup for its input, and done with', async (_what, body) => {
    const world = await startQueueWorld();
    world.send(body);

    await world.drain();

    expect(resultsOn(world.bus)).toMatchObject([
      { type: 'Lookup Failed', detail: { problem: { code: 'invalid-input' } } },
    ]);
    expect(world.outcomes).toMatchObject([{ problem: 'invalid-input' }]);
  });

  const deep = (depth: number): object => (depth === 0 ? { S: 'x' } : { M: { a: deep(depth - 1) } });
  test.each<[string, Json]>([
    ['a new item that is a list', []],
    ['an attribute of null', { input: null }],
    ['an attribute that is a text', { input: 'text' }],
    ['an attribute without a type', { input: {} }],
    ['an attribute of a type that is none', { input: { X: 'text' } }],
    ['a number that is a number', { input: { N: 5 } }],
    ['a set of numbers that is none', { input: { NS: '5' } }],
    ['a map that is none', { input: { M: 5 } }],
    ['a list that is none', { input: { L: { S: 'x' } } }],
    ['an item that is nested deeper than a table can hold it', { input: deep(5_000) }],
  ])('that is %s of DynamoDB is a failed lookup for its input, and holds nothing up', async (_what, item) => {
    const world = await startQueueWorld();

    expect(await world.deliver(dynamodbEvent([{ item }]))).toEqual({ batchItemFailures: [] });

    expect(resultsOn(world.bus)).toMatchObject([{ detail: { problem: { code: 'invalid-input' } } }]);
    expect(world.outcomes).toMatchObject([{ problem: 'invalid-input' }]);
  });
});

/** The events of test/events; those of HTTP that CloudEvents come in are only a part of one. */
const SAMPLES: readonly [string, Json][] = readdirSync(new URL('../../events', import.meta.url))
  .filter((file) => file.endsWith('.json'))
  .map((file) => {
    const event = readEvent(file);
    return [file, file.startsWith('cloudevents-') ? HTTP_API.event(event) : event];
  });

/** Every place in a value, as a path. */
function pathsOf(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.keys(value).flatMap((key) => pathsOf(value[key], [...path, key]))];
}

type Change = { readonly kind: 'drop' | 'wrap' | 'put'; readonly value: unknown };

function changed(value: Json, [name, ...rest]: readonly string[], change: Change): Json {
  if (name === undefined) return change.kind === 'wrap' ? [value] : change.value;
  // An earlier change has taken the place away.
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return value;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  if (rest.length === 0 && change.kind === 'drop') delete copy[name];
  else copy[name] = changed(value[name], rest, change);
  return copy;
}

const change = fc.record<Change>({
  kind: fc.constantFrom('drop', 'wrap', 'put', 'put'),
  value: fc.oneof(
    fc.constantFrom(null, true, 0, -1, 1e300, '', 'text', [], {}, [null], [[]], { a: null }, { input: null }),
    fc.constantFrom('aws:sqs', 'aws:sns', 'aws:kinesis', 'aws:dynamodb', '2.0', { elb: {} }, { http: {} }),
    fc.jsonValue({ maxDepth: 3 }),
  ),
});
const mutant = fc.constantFrom(...SAMPLES).chain(([file, event]) =>
  fc.array(fc.tuple(fc.constantFrom(...pathsOf(event)), change), { minLength: 1, maxLength: 3 }).map((changes) => ({
    file,
    event: changes.reduce((mutated, [path, made]) => changed(mutated, path, made), event),
  })),
);

const KNOWN = new Set(Object.keys(PROBLEMS).filter((code) => code !== 'internal'));

/** Invokes the function, and throws where the answer has not the form of any service, or nothing is logged of it. */
async function expectAnswer(world: QueueWorld, event: Json): Promise<void> {
  world.outcomes.length = 0;
  world.batches.length = 0;
  const published = world.bus.events.length;
  try {
    // An event travels as JSON.
    const answer = (await world.deliver(JSON.parse(JSON.stringify(event)))) as Json;
    if (answer?.statusCode !== undefined) {
      expect(answer.statusCode).toBeGreaterThanOrEqual(200);
      expect(JSON.parse(answer.body)).toBeTypeOf('object');
    }
  } catch (error) {
    expect(KNOWN).toContain((error as Error).name);
  }
  expect(world.outcomes.length + world.batches.length).toBeGreaterThan(0);
  expect(world.outcomes.map(({ problem }) => problem)).not.toContain('internal');
  expect(JSON.stringify(world.bus.events.slice(published))).not.toContain('"code":"internal"');
}

test('no event of a service, taken apart in up to three places, is a defect of ours or left out of the log', async () => {
  const world = await startQueueWorld();
  await fc.assert(
    fc.asyncProperty(mutant, async ({ event }) => expectAnswer(world, event)),
    { numRuns: 600 },
  );
});

/** Contents of messages that services wrap theirs in, besides those that are events themselves. */
const CONTENTS: readonly Json[] = [
  ...['sqs-sns.json', 'sqs-eventbridge.json', 'sqs-s3.json'].map((file) =>
    JSON.parse(readEvent(file)['Records'][0].body),
  ),
  ...['sns.json', 's3.json', 'ses.json', 'eventbridge-custom.json'].map(readEvent),
];
const content = fc
  .constantFrom(...CONTENTS)
  .chain((value) =>
    fc.tuple(fc.constantFrom(...pathsOf(value)), change).map(([path, made]) => changed(value, path, made)),
  );

test('nor is the content of a message, taken apart in one place', async () => {
  const world = await startQueueWorld();
  await fc.assert(
    fc.asyncProperty(content, async (value) => expectAnswer(world, sqs({ body: JSON.stringify(value) }))),
    { numRuns: 300 },
  );
});

test('nor is an event that loses any one of its parts', async () => {
  const world = await startQueueWorld();
  for (const [, event] of SAMPLES) {
    for (const path of pathsOf(event).slice(1)) {
      await expectAnswer(world, changed(event, path, { kind: 'drop', value: undefined }));
      await expectAnswer(world, changed(event, path, { kind: 'put', value: null }));
    }
  }
});
