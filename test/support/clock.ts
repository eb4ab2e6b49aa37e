import type { Clock } from '../../lib/time/clock.ts';

export interface TestClock extends Clock {
  /** Moves time on, ringing the alarms on the way in their order. */
  advance(milliseconds: number): void;
  /** Sets the wall clock forward or back, as NTP does: alarms and the monotonic clock do not move. */
  step(milliseconds: number): void;
  /** Alarms that are set and have not rung: none may be left by an invocation that has ended. */
  pending(): number;
}

/** Timers that never end, for what must not depend on how busy the machine is. */
export const NO_TIMERS: Pick<Clock, 'alarm'> = { alarm: () => () => undefined };

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

/**
 * A clock that stands still until it is turned. Waits of up to `skipWaitsMs` pass at once, time moving on by as much,
 * so that a test of retries needs not turn it in the middle. That holds for deadlines that short, too: a test of a
 * short deadline, or of several waits at once, sets it to 0 and turns the clock itself.
 */
export function createTestClock({ skipWaitsMs = 6_000 } = {}): TestClock {
  const begunAt = Date.now();
  let now = begunAt;
  let steppedMs = 0;
  const alarms = new Set<Alarm>();

  const advanceTo = (end: number) => {
    for (;;) {
      const next = [...alarms].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      alarms.delete(next);
      now = Math.max(now, next.at);
      next.ring();
    }
    now = Math.max(now, end);
  };

  return {
    now: () => now + steppedMs,
    // From 0 on, so that nobody can take it for the wall clock.
    monotonic: () => now - begunAt,
    alarm: (milliseconds, ring) => {
      const alarm = { at: now + milliseconds, ring };
      alarms.add(alarm);
      if (milliseconds <= skipWaitsMs) setImmediate(() => alarms.has(alarm) && advanceTo(alarm.at));
      return () => {
        alarms.delete(alarm);
      };
    },
    advance: (milliseconds) => advanceTo(now + milliseconds),
    step: (milliseconds) => {
      steppedMs += milliseconds;
    },
    pending: () => alarms.size,
  };
}

/** The same time by a clock that nobody sets: a vendor's. */
export function unset<Kind extends TestClock>(clock: Kind): Kind {
  const begunAt = clock.now() - clock.monotonic();
  return { ...clock, now: () => begunAt + clock.monotonic() };
}
