import { createHash, randomUUID } from 'node:crypto';
import { invalidParameter, messageNotInflight, receiptHandleIsInvalid } from './errors.ts';
import { checkBody, checkOptions, checkVisibility, MAX_VISIBILITY_SECONDS } from './limits.ts';

/** One queue of SQS: what is in it, and who may see it when. Times are epoch milliseconds. Nothing in it grows too old. */

export interface QueueDescription {
  /** Ends in `.fifo` for a FIFO queue. */
  readonly name: string;
  /** A shorter name, by which it is found as well. */
  readonly alias?: string;
  /** Default 30, as SQS has it. */
  readonly visibilityTimeoutSeconds?: number;
  /** Where messages go that were received maxReceiveCount times; of the same type. */
  readonly redrive?: { readonly deadLetterQueue: string; readonly maxReceiveCount: number };
}

export interface SendOptions {
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** 0 to 900; standard queues alone. */
  readonly delaySeconds?: number | undefined;
}

export interface SentMessage {
  readonly messageId: string;
  readonly md5OfBody: string;
  /** FIFO queues alone. */
  readonly sequenceNumber?: string;
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html has the names. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ListedMessage {
  readonly messageId: string;
  readonly receiveCount: number;
  /** For how long nobody can receive it; 0 where it can be received. */
  readonly hiddenSeconds: number;
}

export interface Counts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** A message as it goes to the dead-letter queue. */
export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  readonly sequenceNumber: string | undefined;
  /** Of the queue that it was dead-lettered from. */
  readonly sourceArn?: string;
  receiveCount: number;
  firstReceivedAt: number | undefined;
  /** Since when it is hidden by its latest receipt. */
  receivedAt: number;
  visibleAt: number;
  /** The latest: no other one is good. */
  receiptHandle: string | undefined;
}

export interface QueueContext {
  readonly clock: { now(): number };
  readonly arn: string;
  /** Takes what was received too often. */
  bury(message: StoredMessage): void;
}

export type Queue = ReturnType<typeof createQueue>;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html */
const DEDUPLICATION_MS = 5 * 60_000;
/** Any user's will do. */
const SENDER_ID = 'AIDALOCALSENDER000001';

export function createQueue(description: QueueDescription, { clock, arn, bury }: QueueContext) {
  const { name, visibilityTimeoutSeconds = 30, redrive } = description;
  const fifo = name.endsWith('.fifo');
  const messages = new Map<string, StoredMessage>();
  const seen = new Map<string, { readonly sent: SentMessage; readonly at: number }>();
  let sequence = 0n;

  function send(body: string, options: SendOptions = {}): SentMessage {
    checkBody(body);
    checkOptions(options, fifo);
    const { groupId, deduplicationId, delaySeconds = 0 } = options;
    const now = clock.now();
    const duplicate = deduplicationId === undefined ? undefined : seen.get(deduplicationId);
    if (duplicate && now < duplicate.at + DEDUPLICATION_MS) return duplicate.sent;

    const message: StoredMessage = {
      id: randomUUID(),
      body,
      sentAt: now,
      groupId,
      deduplicationId,
      sequenceNumber: nextSequenceNumber(),
      receiveCount: 0,
      firstReceivedAt: undefined,
      receivedAt: now,
      visibleAt: now + delaySeconds * 1000,
      receiptHandle: undefined,
    };
    messages.set(message.id, message);
    const sent: SentMessage = {
      messageId: message.id,
      md5OfBody: md5(body),
      ...(message.sequenceNumber !== undefined && { sequenceNumber: message.sequenceNumber }),
    };
    if (deduplicationId !== undefined) seen.set(deduplicationId, { sent, at: now });
    return sent;
  }

  function nextSequenceNumber(): string | undefined {
    if (!fifo) return undefined;
    sequence += 256n;
    // As long as those of SQS, whose length and distance no page tells.
    return String(18_850_000_000_000_000_000n + sequence);
  }

  function receive(max = 1, hideSeconds = visibilityTimeoutSeconds): ReceivedMessage[] {
    checkVisibility(hideSeconds);
    const now = clock.now();
    const received: ReceivedMessage[] = [];
    for (const message of candidates(now)) {
      if (received.length === max) break;
      if (redrive && message.receiveCount >= redrive.maxReceiveCount) {
        messages.delete(message.id);
        bury(message);
        continue;
      }
      message.receiveCount += 1;
      message.firstReceivedAt ??= now;
      message.receivedAt = now;
      message.visibleAt = now + hideSeconds * 1000;
      message.receiptHandle = Buffer.from([name, message.id, randomUUID()].join('\n')).toString('base64');
      received.push(describe(message, message.receiptHandle));
    }
    return received;
  }

  /**
   * FIFO: none of a group of which one is in flight; of the others first all of one group, then all of the next, each in
   * its order: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
   */
  function candidates(now: number): StoredMessage[] {
    const all = [...messages.values()];
    const visible = all.filter(({ visibleAt }) => visibleAt <= now);
    if (!fifo) return visible;
    const blocked = new Set(all.filter(({ visibleAt }) => visibleAt > now).map(({ groupId }) => groupId));
    const free = visible.filter(({ groupId }) => !blocked.has(groupId));
    return [...Map.groupBy(free, ({ groupId }) => groupId).values()].flat();
  }

  /**
   * With the handle of an earlier receipt it does nothing on a standard queue, and fails on a FIFO queue:
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
   * @returns whether a message was deleted
   */
  function remove(receiptHandle: string): boolean {
    const message = find(receiptHandle);
    if (!message) return false;
    const latest = message.receiptHandle === receiptHandle;
    if (fifo && (!latest || message.visibleAt <= clock.now())) {
      throw invalidParameter('ReceiptHandle', receiptHandle, 'The receipt handle has expired.');
    }
    return latest && messages.delete(message.id);
  }

  function changeVisibility(receiptHandle: string, seconds: number): void {
    checkVisibility(seconds);
    const message = find(receiptHandle);
    if (message?.receiptHandle !== receiptHandle) {
      const reason = 'Message does not exist or is not available for visibility timeout change.';
      throw invalidParameter('ReceiptHandle', receiptHandle, reason);
    }
    const now = clock.now();
    if (message.visibleAt <= now) throw messageNotInflight();
    const visibleAt = now + seconds * 1000;
    if (visibleAt > message.receivedAt + MAX_VISIBILITY_SECONDS * 1000) {
      const reason = `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds]`;
      throw invalidParameter('VisibilityTimeout', seconds, reason);
    }
    message.visibleAt = visibleAt;
  }

  function find(receiptHandle: string): StoredMessage | undefined {
    const [queue, id = '', receipt] = Buffer.from(receiptHandle, 'base64').toString('utf8').split('\n');
    if (queue !== name || !receipt) throw receiptHandleIsInvalid(receiptHandle);
    return messages.get(id);
  }

  /**
   * Keeps id, group and receive count. Of a FIFO queue the time of sending is set anew and the id stands for the
   * deduplication id:
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
   */
  function takeDead(message: StoredMessage, sourceArn: string): void {
    const now = clock.now();
    messages.set(message.id, {
      ...message,
      sentAt: fifo ? now : message.sentAt,
      deduplicationId: fifo ? message.id : undefined,
      sequenceNumber: nextSequenceNumber(),
      sourceArn,
      visibleAt: now,
      receiptHandle: undefined,
    });
  }

  function describe(message: StoredMessage, receiptHandle: string): ReceivedMessage {
    const attributes = {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: SENDER_ID,
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
      SequenceNumber: message.sequenceNumber,
      MessageGroupId: message.groupId,
      MessageDeduplicationId: message.deduplicationId,
      DeadLetterQueueSourceArn: message.sourceArn,
    };
    return {
      messageId: message.id,
      receiptHandle,
      body: message.body,
      md5OfBody: md5(message.body),
      attributes: Object.fromEntries(
        Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    };
  }

  function count(): Counts {
    const now = clock.now();
    const hidden = [...messages.values()].filter(({ visibleAt }) => visibleAt > now);
    const inFlight = hidden.filter(({ receiptHandle }) => receiptHandle !== undefined).length;
    return { visible: messages.size - hidden.length, inFlight, delayed: hidden.length - inFlight };
  }

  /** Each message that is here, in the order in which they came. */
  function list(): ListedMessage[] {
    const now = clock.now();
    return [...messages.values()].map(({ id, receiveCount, visibleAt }) => ({
      messageId: id,
      receiveCount,
      hiddenSeconds: Math.max(0, Math.ceil((visibleAt - now) / 1000)),
    }));
  }

  function nextVisibleAt(): number | undefined {
    const now = clock.now();
    let next: number | undefined;
    for (const { visibleAt } of messages.values()) {
      if (visibleAt > now && (next === undefined || visibleAt < next)) next = visibleAt;
    }
    return next;
  }

  return {
    name,
    arn,
    fifo,
    visibilityTimeoutSeconds,
    redrive,
    send,
    receive,
    remove,
    changeVisibility,
    takeDead,
    count,
    list,
    nextVisibleAt,
  };
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
