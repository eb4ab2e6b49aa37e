import type { Clock } from '../../lib/time/clock.ts';

export interface TurnableClock extends Clock {
  /** Moves time on: alarms that are due then ring at once. */
  advance(milliseconds: number): void;
}

/** The time of this machine, until it is moved on. */
export function createTurnableClock(): TurnableClock {
  let offsetMs = 0;
  const rearm = new Set<() => void>();
  const now = () => Date.now() + offsetMs;

  return {
    now,
    monotonic: () => performance.now() + offsetMs,
    alarm: (milliseconds, ring) => {
      const dueAt = now() + milliseconds;
      let timer: NodeJS.Timeout;
      const stop = () => {
        clearTimeout(timer);
        rearm.delete(arm);
      };
      const arm = () => {
        clearTimeout(timer);
        timer = setTimeout(
          () => {
            stop();
            ring();
          },
          Math.max(0, dueAt - now()),
        );
      };
      arm();
      rearm.add(arm);
      return stop;
    },
    advance: (milliseconds) => {
      offsetMs += milliseconds;
      for (const arm of rearm) arm();
    },
  };
}
