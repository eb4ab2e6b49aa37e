import { Problem } from '../problem.ts';
import { type Clock, sleep } from '../time/clock.ts';
import type { Deadline } from '../time/deadline.ts';

/** Windows are kept a little longer than the vendor's: requests that we space may arrive closer together. */
const WINDOW_MARGIN = 1.05;

export interface RateLimit {
  readonly requests: number;
  readonly windowMs: number;
}

export interface RateLimiter {
  /** Milliseconds until the next request may leave. */
  waitMs(): number;
  /** Whether it remembers nothing that a new one would not: nobody waits, and the last window has passed. */
  isIdle(): boolean;
  /**
   * Takes the next place, in the order of asking, and waits for it.
   * @throws Problem `vendor-rate-limited` where less than `reserveMs` would be left after the wait.
   */
  take(deadline: Pick<Deadline, 'signal' | 'left'>, reserveMs: number): Promise<void>;
}

/** At most so many requests in any window leave this process. */
export function createRateLimiter(clock: Clock, { requests, windowMs }: RateLimit): RateLimiter {
  const window = windowMs * WINDOW_MARGIN;
  /** When the last `requests` requests really left: a process that was held up must not make up for it. */
  const departures: number[] = [];
  let waiting = 0;
  let lastTurn = Promise.resolve();

  /** Until the next request may leave, after `ahead` others. */
  const waitMs = (ahead: number): number => {
    const planned = [...departures];
    for (let turn = 0; turn < ahead; turn += 1) planned.push(nextDeparture(planned));
    return nextDeparture(planned) - clock.monotonic();
  };
  const nextDeparture = (planned: readonly number[]): number =>
    planned.length < requests ? clock.monotonic() : Math.max(clock.monotonic(), (planned.at(-requests) ?? 0) + window);

  const leave = () => {
    departures.push(clock.monotonic());
    if (departures.length > requests) departures.shift();
  };

  const leaveInTurn = async (signal: AbortSignal): Promise<void> => {
    for (let wait = waitMs(0); wait > 0; wait = waitMs(0)) await sleep(clock, wait, signal);
    leave();
  };

  return {
    waitMs: () => waitMs(waiting),
    isIdle: () => waiting === 0 && clock.monotonic() - (departures.at(-1) ?? Number.NEGATIVE_INFINITY) >= window,
    take: async (deadline, reserveMs) => {
      const wait = waitMs(waiting);
      if (wait > 0 && wait > deadline.left() - reserveMs) {
        throw new Problem('vendor-rate-limited', 'Our share of the vendor’s rate limit is used up.', {
          retryAfterSeconds: Math.ceil(wait / 1000),
        });
      }
      if (wait <= 0 && waiting === 0) {
        leave();
        return;
      }
      waiting += 1;
      const turn = lastTurn.then(() => leaveInTurn(deadline.signal));
      // One who gives up passes the turn on.
      lastTurn = turn.catch(() => undefined);
      try {
        await turn;
      } finally {
        waiting -= 1;
      }
    },
  };
}
