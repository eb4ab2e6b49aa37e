import { queueDoesNotExist } from './errors.ts';
import {
  createQueue,
  type Queue,
  type QueueDescription,
  type ReceivedMessage,
  type SendOptions,
  type SentMessage,
  type StoredMessage,
} from './queue.ts';

/**
 * Queues of SQS in this process, standard and FIFO, after
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/welcome.html . They refuse with the API's own
 * errors, as AwsError. A FIFO queue needs a MessageDeduplicationId for each message. Message attributes are not supported.
 */

export interface QueuesOptions {
  readonly queues: readonly QueueDescription[];
  readonly clock: { now(): number };
  /** Default `us-east-1`. */
  readonly region?: string;
}

export interface Queues {
  /** Without aliases, in the order in which they were described. */
  readonly names: readonly string[];
  find(queue: string): Queue;
  send(queue: string, body: string, options?: SendOptions): SentMessage;
  /**
   * Hides what it gives for the queue's visibility time-out. A message that was received maxReceiveCount times goes to
   * the dead-letter queue when it would be received once more.
   * @param max default 1; the API has at most 10
   */
  receive(queue: string, max?: number): ReceivedMessage[];
  /** @returns whether a message was deleted: a receipt handle that a later receipt has replaced deletes none */
  delete(queue: string, receiptHandle: string): boolean;
  /** @param seconds from now on, 0 to 43,200 */
  changeVisibility(queue: string, receiptHandle: string, seconds: number): void;
  /** `dead`: how many are in its dead-letter queue. */
  counts(queue: string): {
    readonly visible: number;
    readonly inFlight: number;
    readonly delayed: number;
    readonly dead: number;
  };
  /**
   * When the next of the hidden messages can be seen again, in epoch milliseconds; undefined if none is hidden.
   * @param queue default: any
   */
  nextVisibleAt(queue?: string): number | undefined;
}

export const ACCOUNT = '000000000000';

export function createQueues({ queues: descriptions, clock, region = 'us-east-1' }: QueuesOptions): Queues {
  const queues = new Map<string, Queue>();
  const names = new Map(descriptions.map(({ name, alias = name }) => [alias, name]));

  function find(name: string): Queue {
    const queue = queues.get(name) ?? queues.get(names.get(name) ?? '');
    if (!queue) throw queueDoesNotExist();
    return queue;
  }

  for (const description of descriptions) {
    const { name, redrive } = description;
    if (redrive && redrive.deadLetterQueue.endsWith('.fifo') !== name.endsWith('.fifo')) {
      throw new Error(`The dead-letter queue of ${name} must be of its type.`);
    }
    if (redrive && !descriptions.some((other) => other.name === redrive.deadLetterQueue)) {
      throw new Error(`There is no dead-letter queue ${redrive.deadLetterQueue}.`);
    }
    const arn = `arn:aws:sqs:${region}:${ACCOUNT}:${name}`;
    const bury = (message: StoredMessage) => {
      if (redrive) find(redrive.deadLetterQueue).takeDead(message, arn);
    };
    queues.set(name, createQueue(description, { clock, arn, bury }));
  }

  return {
    names: [...queues.keys()],
    find,
    send: (queue, body, options) => find(queue).send(body, options),
    receive: (queue, max) => find(queue).receive(max),
    delete: (queue, receiptHandle) => find(queue).remove(receiptHandle),
    changeVisibility: (queue, receiptHandle, seconds) => find(queue).changeVisibility(receiptHandle, seconds),
    counts: (name) => {
      const queue = find(name);
      const dead = queue.redrive ? find(queue.redrive.deadLetterQueue).count() : undefined;
      return { ...queue.count(), dead: dead ? dead.visible + dead.inFlight : 0 };
    },
    nextVisibleAt: (name) => {
      const some = name === undefined ? [...queues.values()] : [find(name)];
      const times = some.map((queue) => queue.nextVisibleAt()).filter((at) => at !== undefined);
      return times.length > 0 ? Math.min(...times) : undefined;
    },
  };
}
