import type { SQSEvent } from 'aws-lambda';
import { onTestFinished, vi } from 'vitest';
import { getUserInfoByCallId } from '../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { createEventSource, type Poll } from '../../local/queue/event-source.ts';
import type { SendOptions } from '../../local/queue/queue.ts';
import { type Sqs, startSqs } from '../../local/queue/sqs.ts';
import { huaweiCec } from '../../local/simulators/huawei-cec.ts';
import type { SimulatorClock } from '../../local/simulators/server.ts';
import { cecSecret } from './accounts.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { type MessageWorld, startMessageWorld } from './messages.ts';
import type { WorldOptions } from './world.ts';

export const QUEUE = 'lookups';
export const FIFO_QUEUE = 'lookups.fifo';
const MAX_RECEIVES = 20;
/** Six times the function's time-out, as deployed. */
export const VISIBILITY_S = 90;

/** A queue before a function, as Lambda puts one there: every part of it on a real socket but the event source. */
export interface QueueWorld extends MessageWorld {
  readonly sqs: Sqs;
  /** What the queues were told of messages' visibility, in the order of the telling. */
  readonly told: readonly { readonly id: string; readonly seconds: number }[];
  /** @returns the message's id */
  send(body: unknown, options?: SendOptions & { readonly queue?: string }): string;
  /** One batch, from the queue to the function and back. */
  poll(options?: PollOptions): Promise<Poll>;
  /** Batches until the queue is empty, the clock turned to when the next message can be seen. */
  drain(options?: PollOptions): Promise<void>;
}

export interface PollOptions {
  readonly queue?: string;
  readonly batchSize?: number;
  /** What the function has. */
  readonly remainingMs?: number;
  /** Whether the batch comes from its end, as a standard queue may give it. */
  readonly reversed?: boolean;
}

const CHATS = Array.from({ length: 200 }, (_, index) => ({
  ...inputOf(index),
  user: { userId: 'visitor', userNickname: `Visitor ${index}`, channel: 'WEB' },
}));

/** The input of one of 200 lookups that the simulator has an answer for. */
export function inputOf(index: number) {
  return { callId: `call-${index}`, userId: 'visitor', tenantId: 't1' };
}

/** Huawei CEC with those 200 chats. */
export const cecWithChats = (clock: SimulatorClock) => huaweiCec(clock, { chats: CHATS });

export async function startQueueWorld(options: Partial<WorldOptions> = {}): Promise<QueueWorld> {
  const clock = options.clock ?? createTestClock();
  const sqs = await startSqs({
    clock,
    region: 'eu-central-1',
    queues: [QUEUE, FIFO_QUEUE].flatMap((name) => {
      const deadLetterQueue = `dead-${name}`;
      const redrive = { deadLetterQueue, maxReceiveCount: MAX_RECEIVES };
      return [{ name: deadLetterQueue }, { name, visibilityTimeoutSeconds: VISIBILITY_S, redrive }];
    }),
  });
  onTestFinished(() => sqs.close());
  const told: { id: string; seconds: number }[] = [];
  for (const name of [QUEUE, FIFO_QUEUE]) {
    const queue = sqs.queues.find(name);
    const change = queue.changeVisibility;
    vi.spyOn(queue, 'changeVisibility').mockImplementation((receiptHandle, seconds) => {
      change(receiptHandle, seconds);
      told.push({ id: Buffer.from(receiptHandle, 'base64').toString().split('\n')[1] ?? '', seconds });
    });
  }
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', sqs.url);
  const world = await startMessageWorld({
    lookup: getUserInfoByCallId,
    simulation: cecWithChats,
    secret: cecSecret,
    ...options,
    clock,
  });

  const poll: QueueWorld['poll'] = ({ queue = QUEUE, batchSize = 10, remainingMs, reversed = false } = {}) => {
    const deliver = (event: unknown) => {
      // The event travels as JSON.
      const { Records: records } = JSON.parse(JSON.stringify(event)) as SQSEvent;
      const arrived = { Records: reversed ? records.toReversed() : records };
      return world.deliver(arrived, { ...(remainingMs !== undefined && { remainingMs }) });
    };
    return createEventSource({ queues: sqs.queues, queue, deliver, batchSize }).poll();
  };
  let sent = 0;
  return {
    ...world,
    sqs,
    told,
    send: (body, { queue = QUEUE, ...rest } = {}) => {
      sent += 1;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const fifo = queue.endsWith('.fifo') && { groupId: 'group', deduplicationId: `message-${sent}` };
      return sqs.queues.send(queue, text, { ...fifo, ...rest }).messageId;
    },
    poll,
    drain: async (drainOptions = {}) => {
      const { queue = QUEUE } = drainOptions;
      for (;;) {
        const { delivered, failure } = await poll(drainOptions);
        if (failure) throw failure;
        if (delivered.length > 0) continue;
        const next = sqs.queues.nextVisibleAt(queue);
        if (next === undefined) return;
        clock.advance(next - clock.now());
      }
    },
  };
}

/** Turns the clock, a tenth of a second each millisecond, until the work is done: for who waits for what never comes. */
export async function whileTurning<Result>(clock: TestClock, work: Promise<Result>): Promise<Result> {
  const timer = setInterval(() => clock.advance(100), 1);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
