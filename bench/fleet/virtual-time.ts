import { setImmediate as nextRound } from 'node:timers/promises';
import type { Clock } from '../../lib/time/clock.ts';

/** So many rounds of the event loop without real work: then all that is left waits for time. */
const QUIET_ROUNDS = 3;

/**
 * Time that moves on only when nobody computes any more and no real work is under way, in whole milliseconds, to the
 * next alarm. However slow the machine is, it takes no time: figures are those of the latencies that are played alone.
 */
export interface VirtualTime extends Clock {
  /** Time stands still until this real work, such as a request over a socket, has settled. */
  standStill<Result>(work: Promise<Result>): Promise<Result>;
  /** Moves time on until `work` has settled. @throws Error where it waits for what never comes */
  run<Result>(work: Promise<Result>): Promise<Result>;
}

/** @param startsAt epoch milliseconds */
export function createVirtualTime(startsAt: number): VirtualTime {
  const alarms = new Map<number, Set<() => void>>();
  let now = startsAt;
  let waiting = 0;
  const underWay = new Set<Promise<unknown>>();

  function alarm(milliseconds: number, ring: () => void): () => void {
    const at = Math.max(now + 1, Math.ceil(now + milliseconds));
    const together = alarms.get(at) ?? new Set();
    alarms.set(at, together);
    const entry = () => ring();
    together.add(entry);
    waiting += 1;
    return () => {
      if (together.delete(entry)) waiting -= 1;
    };
  }

  function moveOn(): void {
    if (waiting === 0) throw new Error('everything waits for what never comes');
    let due: Set<() => void> | undefined;
    while (!due?.size) {
      now += 1;
      due = alarms.get(now);
      alarms.delete(now);
    }
    // One that rings may stop others of the same moment.
    for (const ring of due) {
      due.delete(ring);
      waiting -= 1;
      ring();
    }
  }

  async function settle(): Promise<void> {
    let quiet = 0;
    while (quiet < QUIET_ROUNDS) {
      await Promise.allSettled(underWay);
      await nextRound();
      quiet = underWay.size > 0 ? 0 : quiet + 1;
    }
  }

  return {
    now: () => now,
    monotonic: () => now,
    alarm,
    standStill: async (work) => {
      underWay.add(work);
      try {
        return await work;
      } finally {
        underWay.delete(work);
      }
    },
    run: async (work) => {
      let over = false;
      const end = () => {
        over = true;
      };
      work.then(end, end);
      for (;;) {
        await settle();
        if (over) return work;
        moveOn();
      }
    },
  };
}
