import type { Problem } from '../problem.ts';

/** A wrong key stays wrong: it is not tried again for this long, unless the secret changes. */
const DENIED_MS = 60_000;
/** Without a good credential: the first pause, doubled with each failure in a row. */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** With a good credential there is time: this share of its lifetime. */
export const LIFETIME_SHARE = 0.05;
export const LONGEST_WITH_GOOD_MS = 60_000;

/**
 * Milliseconds for which nobody asks a token endpoint again after a failure: a random part, from half on, of what the
 * failure deserves, so that a fleet does not come back at once.
 */
export function pauseMs(
  problem: Problem,
  { inARow, lifetimeMs }: { inARow: number; lifetimeMs?: number | undefined },
  random: () => number,
): number {
  const jittered = bound(problem, inARow, lifetimeMs) * (0.5 + random() / 2);
  return Math.max(jittered, (problem.retryAfterSeconds ?? 0) * 1000);
}

function bound({ code }: Problem, inARow: number, lifetimeMs: number | undefined): number {
  if (code === 'vendor-auth-failed') return DENIED_MS;
  if (lifetimeMs === undefined) return Math.min(LONGEST_MS, FIRST_MS * 2 ** (inARow - 1));
  return Math.min(LONGEST_WITH_GOOD_MS, Math.max(FIRST_MS, lifetimeMs * LIFETIME_SHARE));
}
