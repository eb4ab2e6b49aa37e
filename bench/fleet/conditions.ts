/** What the simulated fleet lives in. Milliseconds, unless the name says otherwise. */

/** How long an answer takes on its way there and back; each a random part more or less, up to JITTER of it. */
export const LATENCY = { store: 5, tokenEndpoint: 200, lookup: 50, secretsManager: 20 } as const;
export const JITTER = 0.3;

/** The shorter of the lifetimes that CEC tokens have, so that all of a fleet's advisory windows begin within a minute. */
export const TOKEN_SECONDS = 600;
/** By lib/credentials/windows.ts, the shares of the lifetime in which the windows of a fleet begin. */
export const ADVISORY = { from: TOKEN_SECONDS * 1000 * 0.75, until: TOKEN_SECONDS * 1000 * 0.85 } as const;

/** A process has its next call a random while after the last one. */
export const GAP = { from: 1_000, until: 5_000 } as const;
/** Of a fleet that has little to do. */
export const LONG_GAP = { from: 8_000, until: 16_000 } as const;

/** As serverless.yml has it. */
export const FUNCTION_TIMEOUT = 15_000;
/** How long a token endpoint or the store is dead. */
export const OUTAGE = 60_000;

export interface Size {
  readonly simulated: number;
  readonly real: number;
}

export const FULL: Size = { simulated: 1_000, real: 50 };
export const QUICK: Size = { simulated: 100, real: 10 };

/** The store's. */
export const TABLE = 'shared-store';
