import type { SharedItem } from '../../credentials/shared/store.ts';
import type { Clock } from '../../time/clock.ts';
import { ageMs, type Moment } from '../../time/moment.ts';
import { AGENT_RATE } from './agent-share.ts';
import type { KeptSession } from './kept-session.ts';

/** What may lie between taking a place and the request's arrival, more for one than for another: a connection is made. */
const ARRIVAL_SPREAD_MS = 400;
/** How long a place in an agent's rate is taken. */
export const PLACE_MS = AGENT_RATE.windowMs + ARRIVAL_SPREAD_MS;
/** How much longer a place is held where the store is slow, at most. */
export const LONGEST_SLOWNESS_MS = 5_000;
export const LONGEST_PLACE_MS = PLACE_MS + LONGEST_SLOWNESS_MS;

/** What is known of an agent that the fleet shares. */
export interface PooledAgent {
  readonly agentid: string;
  readonly session: KeptSession;
  readonly item: SharedItem;
  /** When the store said it. */
  readonly readAt: Moment;
  /** For how long from then on the session is good. */
  readonly liveMs: number;
  /** For how long from then on the agent may be being signed in again. */
  readonly leaseMs: number;
  /** When each place is free again, by the monotonic clock: as the store said, and as this process has taken them since. */
  readonly places: Map<number, number>;
}

/** A place to take, and from when on it is free: now or later. */
export interface Choice {
  readonly agent: PooledAgent;
  readonly place: number;
  readonly freeAt: number;
}

/**
 * The agent to ask with: one whose session was polled lately rather than one that may be signed out, or that is being
 * signed in again, then the one who may ask soonest, then the one with most places free; among equals, chance decides, so that a fleet spreads.
 */
export function chooseAgent(agents: readonly PooledAgent[], clock: Clock, random: () => number): Choice | undefined {
  const now = clock.monotonic();
  const ranked = agents.map((agent) => {
    const choice = { agent, ...soonestPlace(agent, now, random) };
    const taken = [...agent.places.values()].filter((freeAt) => freeAt > now).length;
    const isReady = wasPolledLately(agent, clock) && ageMs(agent.readAt, clock) >= agent.leaseMs;
    const rank = [isReady ? 0 : 1, Math.max(0, choice.freeAt - now), taken, random()];
    return { choice, rank };
  });
  return ranked.toSorted((one, other) => compare(one.rank, other.rank))[0]?.choice;
}

/** Whether the session is live, as far as the store knows. */
export function wasPolledLately({ readAt, liveMs }: PooledAgent, clock: Clock): boolean {
  return ageMs(readAt, clock) < liveMs;
}

function soonestPlace({ places }: PooledAgent, now: number, random: () => number): Omit<Choice, 'agent'> {
  const first = Math.floor(random() * AGENT_RATE.requests);
  const all = Array.from({ length: AGENT_RATE.requests }, (_, index) => {
    const place = (first + index) % AGENT_RATE.requests;
    return { place, freeAt: places.get(place) ?? now };
  });
  const free = all.find(({ freeAt }) => freeAt <= now);
  return free ?? all.reduce((soonest, each) => (each.freeAt < soonest.freeAt ? each : soonest));
}

function compare(one: readonly number[], other: readonly number[]): number {
  const index = one.findIndex((value, at) => value !== other[at]);
  return (one[index] ?? 0) - (other[index] ?? 0);
}
