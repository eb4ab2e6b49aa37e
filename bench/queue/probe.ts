import { request } from 'node:http';
import type { APIGatewayProxyStructuredResultV2, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { answerCommands } from '../probe/commands.ts';
import { createCall, type ProbedHandler, type ProbeTask } from '../probe/event.ts';

/** Answer so many messages, in batches of so many. */
export interface QueueCommand {
  readonly batches: number;
  readonly batchSize: number;
}

export interface QueueReport {
  readonly milliseconds: number;
}

export interface QueueTask extends ProbeTask {
  readonly build: 'floor' | 'ours';
  /** Lookups at the same time. */
  readonly maxConcurrency: number;
}

/** Of one PutEvents request. The results here have no characters of several bytes. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 250_000;

type QueueHandler = (event: SQSEvent, context: object) => Promise<SQSBatchResponse>;

const task: QueueTask = JSON.parse(process.argv[2] ?? '');
const { handler } = require(task.bundle) as { handler: ProbedHandler & QueueHandler };
const answer: QueueHandler = task.build === 'ours' ? handler : answerByHand;
let messages = 0;

answerCommands(measure);

async function measure({ batches, batchSize }: QueueCommand): Promise<QueueReport> {
  const startedAt = performance.now();
  for (let batch = 0; batch < batches; batch += 1) {
    const [, context] = createCall(task, batch);
    const { batchItemFailures } = await answer(createEvent(batchSize), context);
    if (batchItemFailures.length > 0) throw new Error(`${task.bundle} handed messages back`);
  }
  return { milliseconds: performance.now() - startedAt };
}

/** As Lambda hands a batch of a queue to a function. */
function createEvent(size: number): SQSEvent {
  return { Records: Array.from({ length: size }, createRecord) };
}

function createRecord(): SQSRecord {
  messages += 1;
  return {
    messageId: `059f36b4-87a3-44ab-83d2-${String(messages).padStart(12, '0')}`,
    receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
    body: JSON.stringify({ input: task.call.input, correlationId: String(messages) }),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1767225600000',
      SenderId: 'AIDAIENQZJOLO23YVJ4VO',
      ApproximateFirstReceiveTimestamp: '1767225600000',
    },
    messageAttributes: {},
    md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:bench',
    awsRegion: 'eu-central-1',
  };
}

/**
 * The least that a batch can cost: the floor's lookups side by side, and their results put on the bus in tens, without a
 * signature and without looking at what comes back but its status.
 */
async function answerByHand({ Records: records }: SQSEvent): Promise<SQSBatchResponse> {
  const waiting = [...records];
  const results: string[] = [];
  const published: Promise<void>[] = [];
  const work = async () => {
    for (let record = waiting.shift(); record; record = waiting.shift()) {
      const result = await answerRecord(record);
      if (results.length === MAX_ENTRIES || sizeOf([...results, result]) > MAX_BYTES) {
        published.push(putEvents(results.splice(0)));
      }
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: task.maxConcurrency }, work));
  if (results.length > 0) published.push(putEvents(results));
  await Promise.all(published);
  return { batchItemFailures: [] };
}

function sizeOf(results: readonly string[]): number {
  return results.reduce((bytes, result) => bytes + result.length, 0);
}

async function answerRecord({ messageId, body }: SQSRecord): Promise<string> {
  const { input, correlationId } = JSON.parse(body);
  const [event, context] = createCall({ ...task, call: { ...task.call, input } }, 0);
  const answered: APIGatewayProxyStructuredResultV2 = await handler(event, context);
  if (answered.statusCode !== 200) throw new Error(`the floor answered ${answered.statusCode}: ${answered.body}`);
  return JSON.stringify({ messageId, correlationId, ...JSON.parse(answered.body ?? '') });
}

function putEvents(details: readonly string[]): Promise<void> {
  const entries = details.map((detail) => ({
    EventBusName: process.env['RESULT_BUS'],
    Source: 'contact-lookups',
    DetailType: 'Lookup Succeeded',
    Detail: detail,
  }));
  const body = JSON.stringify({ Entries: entries });
  return new Promise((resolve, reject) => {
    const outgoing = request(process.env['AWS_ENDPOINT_URL_EVENTBRIDGE'] ?? '', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSEvents.PutEvents',
        'content-length': Buffer.byteLength(body),
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      incoming.resume();
      incoming.on('end', () =>
        incoming.statusCode === 200 ? resolve() : reject(new Error(`the bus answered ${incoming.statusCode}`)),
      );
    });
    outgoing.end(body);
  });
}
