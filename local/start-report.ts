import { type Clock, systemClock } from '../lib/time/clock.ts';

const SLOW_START_MS = 30_000;

export interface StartReport {
  /**
   * Prints the part's line as soon as it is up, unless that is empty.
   * @throws Error as `starting` does
   */
  watch<Part>(name: string, starting: Promise<Part>, describe: (part: Part) => string): Promise<Part>;
  end(): void;
}

/** Tells of each part of `npm start` as it comes up; and of a slow start, every half a minute, which parts it waits for. */
export function createStartReport(print: (line: string) => void, clock: Clock = systemClock): StartReport {
  const pending = new Set<string>();
  let stop = () => {};
  const wait = () => {
    stop = clock.alarm(SLOW_START_MS, () => {
      print(`still waiting for: ${[...pending].join(', ')}`);
      wait();
    });
  };
  wait();
  return {
    watch: async (name, starting, describe) => {
      pending.add(name);
      const part = await starting;
      pending.delete(name);
      const description = describe(part);
      if (description !== '') print(description);
      return part;
    },
    end: () => stop(),
  };
}
