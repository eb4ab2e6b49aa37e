import type { Clock } from '../../lib/time/clock.ts';

/**
 * A process as Lambda has it: frozen between two invocations, while the world goes on. What comes meanwhile, an answer or
 * the end of a timer, it notices when it is thawed.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export interface Freezer {
  /** Time as the process notices it. */
  readonly clock: Clock;
  /** Waits for a frozen process; without end for a killed one. */
  awake(): Promise<void>;
  thaw(): void;
  freeze(): void;
  kill(): void;
}

export function createFreezer(time: Clock): Freezer {
  const missed: (() => void)[] = [];
  let frozen = true;
  let killed = false;

  const whenAwake = (notice: () => void) => {
    if (frozen) missed.push(notice);
    else notice();
  };

  return {
    clock: {
      now: time.now,
      monotonic: time.monotonic,
      alarm: (milliseconds, ring) => {
        let stopped = false;
        const stop = time.alarm(milliseconds, () => whenAwake(() => stopped || ring()));
        return () => {
          stopped = true;
          stop();
        };
      },
    },
    awake: () => new Promise((resolve) => whenAwake(resolve)),
    thaw: () => {
      frozen = killed;
      if (!frozen) for (const notice of missed.splice(0)) notice();
    },
    freeze: () => {
      frozen = true;
    },
    kill: () => {
      killed = true;
      frozen = true;
    },
  };
}
