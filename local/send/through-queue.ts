import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Listener, messages } from './ending.ts';
import type { LocalServices } from './local-services.ts';
import type { Order } from './order.ts';
import { endingOf } from './results.ts';

const LOOK_INTERVAL_MS = 100;

/** Puts messages on the lookup's queue and waits until none is left there: the queue itself delivers them again. */
export async function sendThroughQueue(
  bodies: readonly string[],
  { lookup, group, hurry }: Order,
  local: LocalServices,
  listener: Listener,
): Promise<void> {
  const suffix = group === undefined ? '' : '.fifo';
  const queue = `${lookup}${suffix}`;
  const ids = await local.sendToQueue(
    queue,
    bodies.map((body) => ({ body, group, deduplicationId: group === undefined ? undefined : randomUUID() })),
  );
  const open = new Set(ids);
  const told = new Map<string, number>();

  for (;;) {
    // In this order: a message goes from the queue to the dead letters, and from the queue once its result is published.
    const waiting = (await local.messagesIn(queue)).filter(({ messageId }) => open.has(messageId));
    const dead = await local.messagesIn(`${lookup}-dlq${suffix}`);
    for (const event of await local.newResults()) {
      if (open.delete(String(event.detail['messageId']))) listener.end(endingOf(event));
    }
    for (const { messageId, receiveCount } of dead) {
      if (!open.delete(messageId)) continue;
      const reason = `message ${messageId} is in ${lookup}-dlq${suffix}, received ${receiveCount} times`;
      listener.end({ kind: 'dead-lettered', reason });
    }
    for (const id of open) {
      if (waiting.some(({ messageId }) => messageId === id)) continue;
      open.delete(id);
      listener.end({ kind: 'without a result', reason: `message ${id} left the queue, and no result came` });
    }
    if (open.size === 0) return;

    const { underWay } = await local.invocations();
    const hidden = waiting.filter(({ messageId }) => open.has(messageId));
    // In a FIFO queue also others' messages, and behind one that is hidden its whole group waits, without being hidden.
    const all = await local.messagesIn(queue);
    const nextSeconds = Math.min(...all.map(({ hiddenSeconds }) => hiddenSeconds).filter((seconds) => seconds > 0));
    const isBlocked = group !== undefined || all.every(({ hiddenSeconds }) => hiddenSeconds > 0);
    // What Lambda is at work with is hidden as well.
    if (underWay === 0 && isBlocked && Number.isFinite(nextSeconds)) {
      if (hurry) {
        await local.turnQueues(nextSeconds);
      } else if (hidden.some(({ messageId, receiveCount }) => told.get(messageId) !== receiveCount)) {
        for (const { messageId, receiveCount } of hidden) told.set(messageId, receiveCount);
        const most = Math.max(...hidden.map(({ receiveCount }) => receiveCount));
        const tried = ['behind others of its group', 'tried once'][most] ?? `tried up to ${most} times`;
        listener.note(`${messages(hidden.length)} in the queue, ${tried}; the next try is in ${nextSeconds} s`);
      }
    }
    await pause(LOOK_INTERVAL_MS);
  }
}
