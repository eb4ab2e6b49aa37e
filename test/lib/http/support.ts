import { expect } from 'vitest';
import type { Clock } from '../../../lib/time/clock.ts';
import { eventually } from '../../functions/huawei-common/steering.ts';
import { around, type Simulate } from '../../functions/huawei-common/support.ts';

/** Timers that end when a test says so. */
export function createManualTimers(): Pick<Clock, 'alarm'> & {
  /** Waits until so many are set, and ends them. @returns what each was set to, in milliseconds */
  ring(count?: number): Promise<number[]>;
  pending(): number;
} {
  const set = new Map<() => void, number>();
  return {
    alarm: (milliseconds, ring) => {
      const once = () => ring();
      set.set(once, milliseconds);
      return () => set.delete(once);
    },
    pending: () => set.size,
    ring: async (count = 1) => {
      await eventually(() => expect(set.size).toBe(count));
      const rung = [...set];
      set.clear();
      for (const [ring] of rung) ring();
      return rung.map(([, milliseconds]) => milliseconds);
    },
  };
}

/** The vendor, whose answers at a path wait until so many requests have come: each of them needs a connection of its own. */
export function together(simulate: Simulate, path: string, count: () => number): Simulate {
  let waiting: (() => void)[] = [];
  return around(simulate, async (request, answer) => {
    if (request.path === path) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length < count()) return;
        for (const go of waiting) go();
        waiting = [];
      });
    }
    return answer();
  });
}
