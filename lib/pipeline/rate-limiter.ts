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
  /**
   * Takes the next place, in the order of asking, and waits for it.
   * @throws Problem `vendor-rate-limited` where less than `reserveMs` would be left after the wait.
   */
  take(deadline: Deadline, reserveMs: number): Promise<void>;
}

/** At most so many requests in any window leave this process. */
export function createRateLimiter(clock: Clock, { requests, windowMs }: RateLimit): RateLimiter {
  const window = windowMs * WINDOW_MARGIN;
  /** When the last `requests` places begin; later than now for those who still wait. */
  const places: number[] = [];

  const nextPlace = () => {
    const earliest = places.length < requests ? Number.NEGATIVE_INFINITY : (places[0] ?? 0) + window;
    return Math.max(clock.now(), earliest);
  };

  return {
    waitMs: () => nextPlace() - clock.now(),
    take: async (deadline, reserveMs) => {
      const place = nextPlace();
      const waitMs = place - clock.now();
      if (waitMs > 0 && waitMs > deadline.left() - reserveMs) {
        throw new Problem('vendor-rate-limited', 'Our share of the vendor’s rate limit is used up.', {
          retryAfterSeconds: Math.ceil(waitMs / 1000),
        });
      }
      places.push(place);
      if (places.length > requests) places.shift();
      if (waitMs > 0) await sleep(clock, waitMs, deadline.signal);
    },
  };
}
