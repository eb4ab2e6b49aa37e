import type { Clock } from '../../time/clock.ts';

/** How long an instance remembers a refusal: within it, each further refusal costs one request. */
const REMEMBERED_MS = 60_000;

/** Work numbers of an account that the gateway refuses to a session which it takes for others. */
export interface RefusedTargets {
  has(account: string, workno: string): boolean;
  add(account: string, workno: string): void;
}

export function createRefusedTargets(clock: Clock): RefusedTargets {
  /** Until when each is remembered, by the monotonic clock; in the order of their ends. */
  const ends = new Map<string, number>();

  const forgetEnded = () => {
    const now = clock.monotonic();
    for (const [key, endsAt] of ends) {
      if (now < endsAt) return;
      ends.delete(key);
    }
  };

  return {
    has: (account, workno) => {
      forgetEnded();
      return ends.has(`${account}:${workno}`);
    },
    add: (account, workno) => {
      forgetEnded();
      ends.set(`${account}:${workno}`, clock.monotonic() + REMEMBERED_MS);
    },
  };
}
