import { setTimeout as pause } from 'node:timers/promises';
import type { ReceivedEvent } from '../event-bus.ts';
import type { Listener } from './ending.ts';
import type { LocalServices } from './local-services.ts';
import type { Order } from './order.ts';
import { endingOf } from './results.ts';

const LOOK_INTERVAL_MS = 100;

/**
 * Invokes the function asynchronously, once for each event, and waits until Lambda is done with all of them.
 * @param events each as JSON
 */
export async function sendAsynchronously(
  events: readonly string[],
  { lookup, hurry }: Order,
  local: LocalServices,
  listener: Listener,
): Promise<void> {
  const open = new Set<string>();
  for (const event of events) open.add((await local.invoke(lookup, event, 'Event')).requestId);
  /** By id: what is tried again is published again. */
  const results = new Map<string, ReceivedEvent>();
  const told = new Map<string, number>();

  for (;;) {
    // In this order: results are published before their invocation ends.
    const { now, asynchronous } = await local.invocations();
    for (const event of await local.newResults()) results.set(String(event.detail['id']), event);
    for (const { requestId, state, attempts, dueAt = now, error } of asynchronous) {
      if (!open.has(requestId)) continue;
      if (state === 'waiting') {
        const seconds = Math.max(1, Math.ceil((dueAt - now) / 1000));
        if (hurry) {
          await local.turnLambda(seconds);
        } else if (told.get(requestId) !== attempts) {
          told.set(requestId, attempts);
          listener.note(`invocation ${requestId} failed (${error?.errorType}); the next try is in ${seconds} s`);
        }
      }
      if (state !== 'succeeded' && state !== 'dead') continue;
      open.delete(requestId);
      const own = [...results.values()].filter(({ detail }) => detail['requestId'] === requestId);
      for (const event of own) listener.end(endingOf(event));
      if (state === 'dead') {
        const reason = `${error?.errorType} after ${attempts} tries: the event of ${requestId} is in ${lookup}-dlq`;
        listener.end({ kind: 'dead-lettered', reason });
      } else if (own.length === 0) {
        const reason = 'the function took the event for a direct invocation, whose answer nobody reads';
        listener.end({ kind: 'without a result', reason });
      }
    }
    if (open.size === 0) return;
    await pause(LOOK_INTERVAL_MS);
  }
}
