import { stringifyJson } from '../../lib/json/int64.ts';
import type { ReceivedEvent } from '../event-bus.ts';
import type { AsyncProgress } from '../lambda/async-invocations.ts';
import type { InvocationType } from '../lambda/invoke-api.ts';
import type { ListedMessage } from '../queue/queue.ts';

/** The parts of a running `npm start`, as a sender uses them. Each throws an Error where nothing answers. */
export interface LocalServices {
  /** Of the HTTP API. */
  readonly url: string;
  /** Results that the bus took since the last call, or at first since this object was made. */
  newResults(): Promise<readonly ReceivedEvent[]>;
  /**
   * @param event JSON
   * @throws Error where Lambda does not take it
   */
  invoke(lookup: string, event: string, type: InvocationType): Promise<Invoked>;
  /** Times are those of Lambda's clock, in epoch milliseconds. */
  invocations(): Promise<{ readonly now: number; readonly underWay: number; readonly asynchronous: AsyncProgress[] }>;
  turnLambda(seconds: number): Promise<void>;
  /** @throws Error where SQS takes not all of them */
  sendToQueue(queue: string, entries: readonly QueueEntry[]): Promise<readonly string[]>;
  messagesIn(queue: string): Promise<readonly ListedMessage[]>;
  turnQueues(seconds: number): Promise<void>;
}

export interface QueueEntry {
  readonly body: string;
  readonly group: string | undefined;
  readonly deduplicationId: string | undefined;
}

export interface Invoked {
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
  /** The payload is an error of the function. */
  readonly failed: boolean;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const MAX_ENTRIES = 10;
/** Of all bodies of a request together; a little less than SQS takes. */
const MAX_BYTES = 1_000_000;

const JSON_TYPE = { 'content-type': 'application/json' };

/** Results that the bus took after the first `after` ones, and how many there are by now. */
export function readResults(port: number, after: number): Promise<Results> {
  return control(partAt(port, 15), `events?after=${after}`);
}

export interface Results {
  readonly next: number;
  readonly events: readonly ReceivedEvent[];
}

const partAt = (port: number, offset: number) => `http://127.0.0.1:${port + offset}`;

async function ask(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch {
    throw new Error(
      `Nothing answers at ${new URL(url).origin}. Is \`npm start\` running? PORT=<number> names another.`,
    );
  }
}

async function control<Answer>(address: string, command: string, body?: object): Promise<Answer> {
  const response = await ask(`${address}/__control/${command}`, {
    ...(body && { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) }),
  });
  return (await response.json()) as Answer;
}

/** @param port of `npm start` */
export async function findLocalServices(port: number, stage: string): Promise<LocalServices> {
  const lambda = partAt(port, 2);
  const sqs = partAt(port, 16);
  let { next } = await readResults(port, Number.MAX_SAFE_INTEGER);

  async function sendBatch(queue: string, entries: readonly QueueEntry[]): Promise<string[]> {
    const response = await ask(sqs, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessageBatch' },
      body: stringifyJson({
        QueueUrl: `${sqs}/000000000000/${queue}`,
        Entries: entries.map(({ body, group, deduplicationId }, index) => ({
          Id: String(index),
          MessageBody: body,
          MessageGroupId: group,
          MessageDeduplicationId: deduplicationId,
        })),
      }),
    });
    const answer = (await response.json()) as {
      readonly message?: string;
      readonly Successful?: readonly { readonly MessageId: string }[];
      readonly Failed?: readonly { readonly Message: string }[];
    };
    const refused = answer.Failed?.[0]?.Message ?? answer.message;
    if (refused !== undefined) throw new Error(`SQS: ${refused}`);
    return (answer.Successful ?? []).map(({ MessageId }) => MessageId);
  }

  return {
    url: partAt(port, 0),
    newResults: async () => {
      const answer = await readResults(port, next);
      next = answer.next;
      return answer.events;
    },
    invoke: async (lookup, event, type) => {
      const name = `contact-lookups-${stage}-${lookup}`;
      const response = await ask(`${lambda}/2015-03-31/functions/${name}/invocations`, {
        method: 'POST',
        headers: { ...JSON_TYPE, 'x-amz-invocation-type': type },
        body: event,
      });
      const payload = await response.text();
      if (!response.ok) throw new Error(`Lambda: ${response.headers.get('x-amzn-errortype')}: ${payload}`);
      return {
        requestId: response.headers.get('x-amzn-requestid') ?? '',
        payload,
        failed: response.headers.has('x-amz-function-error'),
      };
    },
    invocations: () => control(lambda, 'invocations'),
    turnLambda: (seconds) => control(lambda, 'clock', { advanceSeconds: seconds }),
    sendToQueue: async (queue, entries) => {
      const ids: string[] = [];
      for (const batch of batchesOf(entries)) ids.push(...(await sendBatch(queue, batch)));
      return ids;
    },
    messagesIn: (queue) => control(sqs, `messages?queue=${queue}`),
    turnQueues: (seconds) => control(sqs, 'clock', { advanceSeconds: seconds }),
  };
}

function batchesOf(entries: readonly QueueEntry[]): QueueEntry[][] {
  const batches: QueueEntry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.body);
    const last = batches.at(-1);
    if (last && last.length < MAX_ENTRIES && bytes + size <= MAX_BYTES) {
      last.push(entry);
      bytes += size;
    } else {
      batches.push([entry]);
      bytes = size;
    }
  }
  return batches;
}
