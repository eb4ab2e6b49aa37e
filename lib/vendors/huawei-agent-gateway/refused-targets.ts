import type { Clock } from '../../time/clock.ts';
import { ageMs, type Moment, thisMoment } from '../../time/moment.ts';

/** How long an instance remembers a refusal: within it, each further refusal costs one request. */
const REMEMBERED_MS = 60_000;

/** Work numbers of an account that the gateway refuses to a session which it takes for others. */
export interface RefusedTargets {
  has(account: string, workno: string): boolean;
  add(account: string, workno: string): void;
}

export function createRefusedTargets(clock: Clock): RefusedTargets {
  /** The oldest refusal first. */
  const refusedAt = new Map<string, Moment>();

  const forgetOld = () => {
    for (const [key, moment] of refusedAt) {
      if (ageMs(moment, clock) < REMEMBERED_MS) return;
      refusedAt.delete(key);
    }
  };

  return {
    has: (account, workno) => {
      forgetOld();
      return refusedAt.has(`${account}:${workno}`);
    },
    add: (account, workno) => {
      forgetOld();
      refusedAt.set(`${account}:${workno}`, thisMoment(clock));
    },
  };
}
