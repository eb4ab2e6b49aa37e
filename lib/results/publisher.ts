import type { Clock } from '../time/clock.ts';
import type { EventBus } from './event-bus.ts';
import { MAX_ENTRY_BYTES, type ResultEvent, sizeOf } from './result.ts';

/** Of one PutEvents request: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;
const MAX_BYTES = MAX_ENTRY_BYTES;
/** No result waits longer for others than this. */
const LONGEST_WAIT_MS = 50;

/** Sends the results of one event's messages, ten at a time as far as that delays none of them much. */
export interface Publisher {
  /** @returns undefined once the bus has it, or the code of why it did not take it */
  publish(event: ResultEvent): Promise<string | undefined>;
  /** Sends what waits: nothing comes soon that could go with it. */
  flush(): void;
}

interface Waiting {
  readonly event: ResultEvent;
  settle(code: string | undefined): void;
}

/** @param signal ends the time for publishing: what is not on the bus by then is not taken */
export function startPublisher(bus: EventBus, clock: Clock, signal: AbortSignal): Publisher {
  const waiting: Waiting[] = [];
  let stopWaiting = () => {};

  function flush(): void {
    stopWaiting();
    while (waiting.length > 0) void send(bus, takeRequest(waiting), signal);
  }

  return {
    flush,
    publish: (event) =>
      new Promise((settle) => {
        waiting.push({ event, settle });
        if (waiting.length === 1) stopWaiting = clock.alarm(LONGEST_WAIT_MS, flush);
        if (waiting.length === MAX_ENTRIES) flush();
      }),
  };
}

/** As many as fit into one request, at least one. */
function takeRequest(waiting: Waiting[]): Waiting[] {
  let bytes = 0;
  const fitting = waiting.slice(0, MAX_ENTRIES).findIndex(({ event }) => {
    bytes += sizeOf(event);
    return bytes > MAX_BYTES;
  });
  return waiting.splice(0, fitting === -1 ? MAX_ENTRIES : Math.max(1, fitting));
}

async function send(bus: EventBus, request: readonly Waiting[], signal: AbortSignal): Promise<void> {
  const codes = await bus.put(
    request.map(({ event }) => event),
    signal,
  );
  request.forEach(({ settle }, index) => {
    settle(codes[index]);
  });
}
