import { setImmediate as nextTurn } from 'node:timers/promises';
import { type TestClock, unset } from './clock.ts';

const STEP_MS = 50;
/** So many turns of the event loop in a row without a request under way mean that nothing happens until time passes. */
const QUIET_TURNS = 5;

/**
 * Turns a clock for instances that talk over real sockets: only while no request is under way, except those that wait for
 * the clock. So the times that a test sees are the same on a busy machine.
 * @param waiting how many of the requests that are under way wait for the clock
 */
export function createTurning(clock: TestClock, waiting: () => number) {
  let underWay = 0;

  /** Until nothing happens any more before time passes. */
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await nextTurn();
      quiet = underWay <= waiting() ? quiet + 1 : 0;
    }
  };

  return {
    settle,
    /** The same function, whose calls count as under way. */
    counted:
      <Request extends unknown[], Answer>(ask: (...request: Request) => Promise<Answer>) =>
      async (...request: Request): Promise<Answer> => {
        underWay += 1;
        try {
          return await ask(...request);
        } finally {
          underWay -= 1;
        }
      },
    /** Turns the clock until the work is done, which may wait for it. */
    turnUntil: async <Result>(work: Promise<Result>): Promise<Result> => {
      let done = false;
      const end = () => {
        done = true;
      };
      work.then(end, end);
      for (;;) {
        await settle();
        if (done) return work;
        clock.advance(STEP_MS);
      }
    },
  };
}

/** A vendor's clock that tells how many requests wait for it. */
export function countAlarms(clock: TestClock) {
  let pending = 0;
  return {
    now: unset(clock).now,
    advance: clock.advance,
    pending: () => pending,
    alarm: (milliseconds: number, ring: () => void) => {
      pending += 1;
      const end = () => {
        pending -= 1;
      };
      const stop = clock.alarm(milliseconds, () => {
        end();
        ring();
      });
      return () => {
        stop();
        end();
      };
    },
  };
}

/** Chance that is the same in every run of a test: the generator of Park and Miller. */
export function seededRandom(): () => number {
  let state = 20_001;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}
