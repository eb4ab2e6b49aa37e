/** The ages of a credential, in milliseconds, from which it is renewed and used no more. */
export interface Windows {
  /** From this age on one caller renews it, and nobody waits. */
  readonly advisoryMs: number;
  /** From this age on all wait for its renewal, and use it where that fails. */
  readonly mandatoryMs: number;
  /** From this age on it is used no more. */
  readonly usableMs: number;
}

/** Shares of a lifetime: where a window begins at the earliest, and over how much more its beginning is spread. */
interface Shares {
  readonly advisory: readonly [from: number, spread: number];
  readonly mandatory: readonly [from: number, spread: number];
  readonly end: number;
}

/** The end leaves a hundredth for a request on its way; where that is much, the margin below does. */
const TOKEN: Shares = { advisory: [0.75, 0.1], mandatory: [0.92, 0.04], end: 0.99 };
const LONGEST_END_MARGIN_MS = 5_000;

/**
 * The windows of a token. Their beginnings are spread, each process by its own chance, so that a fleet which got its
 * tokens at once does not renew them at once.
 */
export function tokenWindows(lifetimeMs: number, random: () => number): Windows {
  const windows = windowsOf(TOKEN, lifetimeMs, random);
  return { ...windows, usableMs: Math.max(windows.usableMs, lifetimeMs - LONGEST_END_MARGIN_MS) };
}

/** One that serves for an hour is read again in the background from about 5 min on, and waited for from about 15 min on. */
const SECRET: Shares = { advisory: [4 / 60, 2 / 60], mandatory: [14 / 60, 2 / 60], end: 1 };

export function secretWindows(maxAgeMs: number, random: () => number): Windows {
  return windowsOf(SECRET, maxAgeMs, random);
}

function windowsOf(shares: Shares, lifetimeMs: number, random: () => number): Windows {
  const age = ([share, spread]: readonly [number, number]) => lifetimeMs * (share + spread * random());
  return {
    advisoryMs: age(shares.advisory),
    mandatoryMs: age(shares.mandatory),
    usableMs: lifetimeMs * shares.end,
  };
}
