import { type AwsFault, type Input, startAwsJson } from '../aws-json.ts';
import { createClock } from '../simulators/server.ts';
import { createActions } from './actions.ts';
import type { QueueDescription } from './queue.ts';
import { ACCOUNT, createQueues, type Queues } from './queues.ts';

/**
 * Amazon SQS on loopback, for the SDK's own client and the aws CLI: JSON 1.0, after
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ . A QueueUrl names its queue by the end of its
 * path, whatever its host is. It does not wait for messages: an empty queue answers at once.
 */

export interface SqsOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly queues: readonly QueueDescription[];
  /** Default: one of its own, which the control address moves on. */
  readonly clock?: { now(): number };
  /** Default `us-east-1`. */
  readonly region?: string;
}

export interface Sqs {
  /** The value of AWS_ENDPOINT_URL_SQS. */
  readonly url: string;
  /** The same queues, without the socket. */
  readonly queues: Queues;
  /** Every request that came, also those that failed. */
  readonly requests: readonly { readonly action: string; readonly queue: string; readonly entries: number }[];
  queueUrl(queue: string): string;
  fail(fault: AwsFault): void;
  close(): Promise<void>;
}

/**
 * Its control address, `<url>/__control/`, takes `POST faults` (an AwsFault), `POST clock` (`{ "advanceSeconds": 60 }`,
 * when it has a clock of its own), `GET queues` (counts of each), `GET messages?queue=<name>` (each message's id, how often
 * it was received, and for how long it is hidden), `GET requests` and `DELETE` of faults and requests.
 */
export async function startSqs(options: SqsOptions): Promise<Sqs> {
  const ownClock = createClock();
  const clock = options.clock ?? ownClock;
  const queues = createQueues({ ...options, clock });
  const requests: { action: string; queue: string; entries: number }[] = [];
  const queueUrl = (queue: string) => `${service.url}/${ACCOUNT}/${queue}`;

  const service = await startAwsJson({
    port: options.port,
    version: '1.0',
    target: 'AmazonSQS',
    faultType: 'InternalFailure',
    actions: createActions(queues, queueUrl),
    onRequest: (action, { QueueUrl: url, QueueName: name, Entries: entries }) => {
      const queue = String(name ?? url ?? '');
      requests.push({
        action,
        queue: queue.slice(queue.lastIndexOf('/') + 1),
        entries: Array.isArray(entries) ? entries.length : 1,
      });
    },
    control: {
      'POST faults': (fault) => {
        service.fail(fault);
        return {};
      },
      ...(!options.clock && {
        'POST clock': ({ advanceSeconds: seconds }: Input) => {
          ownClock.advance(Number(seconds) * 1000);
          return { now: new Date(ownClock.now()).toISOString() };
        },
      }),
      'GET queues': () => Object.fromEntries(queues.names.map((name) => [name, queues.counts(name)])),
      'GET messages': (_, query) => queues.find(query.get('queue') ?? '').list(),
      'GET requests': () => requests,
      'DELETE ': () => {
        service.heal();
        requests.length = 0;
        return {};
      },
    },
  });

  return { url: service.url, queues, requests, queueUrl, fail: service.fail, close: service.close };
}
