/** From when a credential is renewed, and until when it serves; epoch milliseconds. */
export interface Windows {
  /** From here on one caller renews it, and nobody waits. */
  readonly advisoryAt: number;
  /** From here on all wait for its renewal, and use it where that fails. */
  readonly mandatoryAt: number;
  /** From here on it is used no more. */
  readonly expiresAt: number;
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
export function tokenWindows(obtainedAt: number, lifetimeMs: number, random: () => number): Windows {
  const windows = windowsOf(TOKEN, obtainedAt, lifetimeMs, random);
  return { ...windows, expiresAt: Math.max(windows.expiresAt, obtainedAt + lifetimeMs - LONGEST_END_MARGIN_MS) };
}

/** One that serves for an hour is read again in the background from about 5 min on, and waited for from about 15 min on. */
const SECRET: Shares = { advisory: [4 / 60, 2 / 60], mandatory: [14 / 60, 2 / 60], end: 1 };

export function secretWindows(readAt: number, usableMs: number, random: () => number): Windows {
  return windowsOf(SECRET, readAt, usableMs, random);
}

function windowsOf(shares: Shares, from: number, lifetimeMs: number, random: () => number): Windows {
  const at = ([share, spread]: readonly [number, number]) => from + lifetimeMs * (share + spread * random());
  return {
    advisoryAt: at(shares.advisory),
    mandatoryAt: at(shares.mandatory),
    expiresAt: from + lifetimeMs * shares.end,
  };
}
