import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  type ListQueuesCommandInput,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Sqs, startSqs } from '../../../local/queue/sqs.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const QUEUES = [
  { name: 'lookups', redrive: { deadLetterQueue: 'dead', maxReceiveCount: 20 } },
  { name: 'dead' },
  { name: 'lookups.fifo' },
];

let clock: TestClock;
let sqs: Sqs;
let client: SQSClient;
let QueueUrl: string;

beforeEach(async () => {
  clock = createTestClock();
  sqs = await startSqs({ queues: QUEUES, clock, region: 'eu-central-1' });
  QueueUrl = sqs.queueUrl('lookups');
  client = createClient();
});

afterEach(async () => {
  client.destroy();
  vi.unstubAllEnvs();
  await sqs.close();
});

/** The address comes from the environment, as it does on Lambda. The SDK itself compares the MD5 of every body. */
function createClient(url = sqs.url) {
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', url);
  return new SQSClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
    useQueueUrlAsEndpoint: false,
  });
}

const failureOf = (sent: Promise<unknown>) =>
  sent.then(
    () => undefined,
    (error: unknown) => error,
  );

const receive = async (max = 10) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: max }))).Messages ?? [];

describe('SQS over its socket', () => {
  it('takes, gives and deletes a message', async () => {
    const sent = await client.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"user":"小七"}' }));
    const sentAt = clock.now();
    const [message] = await receive();

    expect(message).toEqual({
      MessageId: sent.MessageId,
      ReceiptHandle: expect.any(String),
      MD5OfBody: sent.MD5OfMessageBody,
      Body: '{"user":"小七"}',
    });
    expect(await receive()).toEqual([]);
    clock.advance(30_000);
    const { Messages: [again] = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] }),
    );
    expect(again?.Attributes).toEqual({
      ApproximateReceiveCount: '2',
      ApproximateFirstReceiveTimestamp: String(sentAt),
      SentTimestamp: String(sentAt),
      SenderId: expect.any(String),
    });
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again?.ReceiptHandle }));
    expect(sqs.queues.counts('lookups')).toEqual({ visible: 0, inFlight: 0, delayed: 0, dead: 0 });
    expect(sqs.requests.map(({ action }) => action)).toEqual([
      'SendMessage',
      'ReceiveMessage',
      'ReceiveMessage',
      'ReceiveMessage',
      'DeleteMessage',
    ]);
  });

  it('tells the names of attributes that were asked for alone, and hides for as long as it is asked', async () => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: sqs.queueUrl('lookups.fifo'),
        MessageBody: 'one',
        MessageGroupId: 'a',
        MessageDeduplicationId: 'd',
      }),
    );
    const command = new ReceiveMessageCommand({
      QueueUrl: sqs.queueUrl('lookups.fifo'),
      VisibilityTimeout: 5,
      AttributeNames: ['MessageGroupId' as never],
      MessageSystemAttributeNames: ['MessageDeduplicationId'],
    });
    const { Messages: [message] = [] } = await client.send(command);

    expect(message?.Attributes).toEqual({ MessageGroupId: 'a', MessageDeduplicationId: 'd' });
    expect(sqs.queues.nextVisibleAt()).toBe(clock.now() + 5_000);
  });

  it('finds a queue by the end of the URL that AWS has for it', async () => {
    const url = 'https://sqs.eu-central-1.amazonaws.com/123456789012/lookups';
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'one' }));

    expect(sqs.queues.counts('lookups').visible).toBe(1);
    expect(sqs.requests).toEqual([{ action: 'SendMessage', queue: 'lookups', entries: 1 }]);
  });

  it('tells the URL and the attributes of a queue', async () => {
    expect((await client.send(new GetQueueUrlCommand({ QueueName: 'lookups' }))).QueueUrl).toBe(QueueUrl);
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'two' }));
    await receive(1);
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));

    expect(Attributes).toEqual({
      QueueArn: 'arn:aws:sqs:eu-central-1:000000000000:lookups',
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '0',
      VisibilityTimeout: '30',
      MaximumMessageSize: '1048576',
      CreatedTimestamp: expect.stringMatching(/^\d{10}$/),
      LastModifiedTimestamp: expect.stringMatching(/^\d{10}$/),
      DelaySeconds: '0',
      MessageRetentionPeriod: '345600',
      ReceiveMessageWaitTimeSeconds: '0',
      SqsManagedSseEnabled: 'true',
      RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:000000000000:dead","maxReceiveCount":20}',
    });
    const fifo = new GetQueueAttributesCommand({
      QueueUrl: sqs.queueUrl('lookups.fifo'),
      AttributeNames: ['FifoQueue'],
    });
    expect((await client.send(fifo)).Attributes).toEqual({ FifoQueue: 'true' });
    const unset = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['FifoQueue', 'Policy'] });
    expect((await client.send(unset)).Attributes).toEqual({});
    const none = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['Nothing' as never] });
    expect(await failureOf(client.send(none))).toMatchObject({ name: 'InvalidAttributeName' });
  });

  it('says of a queue or a handle that it does not know what AWS says', async () => {
    const unknown = await failureOf(client.send(new GetQueueUrlCommand({ QueueName: 'unknown' })));
    expect(unknown).toBeInstanceOf(QueueDoesNotExist);
    expect(unknown).toMatchObject({ Code: 'AWS.SimpleQueueService.NonExistentQueue', Type: 'Sender' });

    const handle = { QueueUrl, ReceiptHandle: 'handle' };
    expect(await failureOf(client.send(new DeleteMessageCommand(handle)))).toBeInstanceOf(ReceiptHandleIsInvalid);
    expect(await failureOf(receive(11))).toMatchObject({ name: 'InvalidParameterValue' });
    expect(await failureOf(client.send(new PurgeQueueCommand({ QueueUrl })))).toMatchObject({
      name: 'UnknownOperationException',
    });
  });

  it('lists the queues, by the start of their names and a page at a time', async () => {
    const list = async (input: ListQueuesCommandInput) => {
      const { QueueUrls = [], NextToken } = await client.send(new ListQueuesCommand(input));
      return { names: QueueUrls.map((url) => url.split('/').at(-1)), NextToken };
    };

    const all = (await list({})).names;
    expect(all).toEqual(sqs.queues.names);
    expect((await list({ QueueNamePrefix: 'lookups' })).names).toEqual(
      all.filter((name) => name?.startsWith('lookups')),
    );
    expect((await list({ QueueNamePrefix: 'none' })).names).toEqual([]);
    const first = await list({ MaxResults: 1 });
    expect(first.names).toEqual(all.slice(0, 1));
    expect((await list({ MaxResults: 100, NextToken: first.NextToken })).names).toEqual(all.slice(1));
  });

  it('finds a queue by its alias too', async () => {
    const named = await startSqs({ queues: [{ name: 'contact-lookups-local-lookups', alias: 'short' }] });
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', named.url);
    const other = new SQSClient({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 's' } });

    const { QueueUrl: url } = await other.send(new GetQueueUrlCommand({ QueueName: 'short' }));
    await other.send(new SendMessageCommand({ QueueUrl: `${named.url}/000000000000/short`, MessageBody: 'one' }));

    expect(url).toBe(`${named.url}/000000000000/contact-lookups-local-lookups`);
    expect(named.queues.names).toEqual(['contact-lookups-local-lookups']);
    expect(named.queues.counts('contact-lookups-local-lookups').visible).toBe(1);
    other.destroy();
    await named.close();
  });
});

describe('a batch', () => {
  it('of sent messages succeeds and fails entry by entry', async () => {
    const { Successful, Failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: sqs.queueUrl('lookups.fifo'),
        Entries: [
          { Id: 'a', MessageBody: 'one', MessageGroupId: 'g', MessageDeduplicationId: '1' },
          { Id: 'b', MessageBody: 'two', MessageDeduplicationId: '2' },
        ],
      }),
    );
    expect(Successful).toMatchObject([{ Id: 'a', SequenceNumber: expect.stringMatching(/^\d{20}$/) }]);
    expect(Failed).toMatchObject([{ Id: 'b', SenderFault: true, Code: 'MissingParameter' }]);
  });

  it('of changed visibilities succeeds and fails entry by entry', async () => {
    for (const body of ['one', 'two', 'three', 'four']) sqs.queues.send('lookups', body);
    const [one, two, three, four] = await receive();
    clock.advance(10_000);
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: two?.ReceiptHandle, VisibilityTimeout: 0 }),
    );
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: four?.ReceiptHandle }));
    const change = (Id: string, ReceiptHandle: string | undefined, VisibilityTimeout: number) => ({
      Id,
      ReceiptHandle,
      VisibilityTimeout,
    });
    const { Successful, Failed } = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: [
          change('good', one?.ReceiptHandle, 900),
          change('visible', two?.ReceiptHandle, 900),
          change('range', three?.ReceiptHandle, 43_201),
          change('deleted', four?.ReceiptHandle, 900),
          change('garbage', 'handle', 900),
        ],
      }),
    );

    expect(Successful).toEqual([{ Id: 'good' }]);
    expect(Failed?.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault])).toEqual([
      ['visible', 'AWS.SimpleQueueService.MessageNotInflight', true],
      ['range', 'InvalidParameterValue', true],
      ['deleted', 'InvalidParameterValue', true],
      ['garbage', 'ReceiptHandleIsInvalid', true],
    ]);
    clock.advance(899_999);
    expect((await receive()).map(({ Body }) => Body)).toEqual(['two', 'three']);
    clock.advance(1);
    expect((await receive()).map(({ Body }) => Body)).toEqual(['one']);
  });

  it('of deletes deletes', async () => {
    sqs.queues.send('lookups', 'one');
    const [message] = await receive();
    const Entries = [{ Id: 'a', ReceiptHandle: message?.ReceiptHandle }];
    await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    expect(sqs.queues.counts('lookups').inFlight).toBe(0);
  });

  it.each([
    ['no entry', [], 'EmptyBatchRequest'],
    ['eleven', Array.from({ length: 11 }, (_, index) => `id${index}`), 'TooManyEntriesInBatchRequest'],
    ['the same id twice', ['a', 'a'], 'BatchEntryIdsNotDistinct'],
    ['an id that is none', ['a.b'], 'InvalidBatchEntryId'],
  ])('of %s is refused', async (_, ids, name) => {
    const Entries = ids.map((Id) => ({ Id, MessageBody: 'x' }));
    const refused = await failureOf(client.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
    expect(refused).toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    expect(sqs.queues.counts('lookups').visible).toBe(0);
  });

  it('of more than 1 MiB is refused', async () => {
    const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(600_000) }));
    const refused = await failureOf(client.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
    expect(refused).toMatchObject({ name: 'BatchRequestTooLong' });
  });
});

describe('faults and control', () => {
  it('a fault meets the requests of its action alone', async () => {
    sqs.fail({ action: 'SendMessage', times: 2, status: 403, type: 'RequestThrottled' });
    sqs.fail({ action: 'SendMessage', reset: true });
    const send = () => client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));

    expect(await receive()).toEqual([]);
    expect(await failureOf(send())).toMatchObject({ name: 'RequestThrottled' });
    expect(await failureOf(send())).toMatchObject({ name: 'RequestThrottled' });
    expect(await failureOf(send())).toMatchObject({ code: 'ECONNRESET' });
    await send();
    expect(sqs.queues.counts('lookups').visible).toBe(1);
  });

  it('a clock of its own is moved on by the control address', async () => {
    const own = await startSqs({ queues: QUEUES });
    const control = async (path: string, value?: object) => {
      const init = value ? { method: 'POST', body: JSON.stringify(value) } : {};
      return (await fetch(`${own.url}/__control/${path}`, { headers: JSON_TYPE, ...init })).json();
    };
    own.queues.send('lookups', 'one');
    own.queues.receive('lookups');
    expect(await control('queues')).toMatchObject({ lookups: { visible: 0, inFlight: 1 } });
    const messageId = expect.any(String);
    expect(await control('messages?queue=lookups')).toEqual([{ messageId, receiveCount: 1, hiddenSeconds: 30 }]);

    const { now } = (await control('clock', { advanceSeconds: 30 })) as { now: string };
    expect(Date.parse(now)).toBeGreaterThan(Date.now() + 29_000);
    expect(await control('queues')).toMatchObject({ lookups: { visible: 1, inFlight: 0 } });
    expect(await control('messages?queue=lookups')).toEqual([{ messageId, receiveCount: 1, hiddenSeconds: 0 }]);

    await control('faults', { status: 500 });
    const other = createClient(own.url);
    const send = () => other.send(new SendMessageCommand({ QueueUrl: own.queueUrl('lookups'), MessageBody: 'x' }));
    expect(await failureOf(send())).toMatchObject({ name: 'InternalFailure' });
    await send();
    expect(await control('requests')).toHaveLength(2);
    await fetch(`${own.url}/__control/`, { method: 'DELETE' });
    expect(await control('requests')).toEqual([]);
    other.destroy();
    await own.close();
  });

  it('a clock that was handed in is not', async () => {
    const response = await fetch(`${sqs.url}/__control/clock`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"advanceSeconds":30}',
    });
    expect(response.status).toBe(404);
  });
});
