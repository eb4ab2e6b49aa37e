import { createRateLimiter, type RateLimiter } from '../../pipeline/rate-limiter.ts';
import type { Clock } from '../../time/clock.ts';

/** At most 5 requests of an agent in 2 s: https://support.huaweicloud.com/intl/en-us/api-cec/cec_07_0413.html */
export const AGENT_RATE = { requests: 5, windowMs: 2_000 };

/** Callers name agents: above this many, those that send nothing now are forgotten. */
const MAX_SHARES = 1_000;

/** What one agent may send. */
export interface AgentShare {
  readonly limiter: RateLimiter;
  /** Calls that have chosen the agent and not yet taken their place: without them all of a burst choose the same. */
  readonly undecided: Set<unknown>;
}

export type ShareOf = (baseUrl: string, agentid: string) => AgentShare;

export function createAgentShares(clock: Clock): ShareOf {
  const shares = new Map<string, AgentShare>();
  let sweepAt = MAX_SHARES;
  return (baseUrl, agentid) => {
    const key = `${baseUrl}/${agentid}`;
    const known = shares.get(key);
    if (known) return known;
    if (shares.size >= sweepAt) {
      forgetIdle(shares);
      // Where most are busy, looking through all of them for each new one would cost more than it frees.
      sweepAt = Math.max(MAX_SHARES, 2 * shares.size);
    }
    const share = { limiter: createRateLimiter(clock, AGENT_RATE), undecided: new Set() };
    shares.set(key, share);
    return share;
  };
}

function forgetIdle(shares: Map<string, AgentShare>): void {
  for (const [key, { limiter, undecided }] of shares) {
    if (limiter.isIdle() && undecided.size === 0) shares.delete(key);
  }
}

/** About how many milliseconds one call more would wait. */
export function expectedWaitMs({ limiter, undecided }: AgentShare): number {
  return limiter.waitMs() + Math.floor(undecided.size / AGENT_RATE.requests) * AGENT_RATE.windowMs;
}
