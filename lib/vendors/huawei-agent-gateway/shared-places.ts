import type { Call } from '../../credentials/credential.ts';
import { nameOf, type SharedStore } from '../../credentials/shared/store.ts';
import { Problem } from '../../problem.ts';
import { type Clock, sleep } from '../../time/clock.ts';
import { countDown } from '../../time/deadline.ts';
import type { MsUntil } from '../../time/told-end.ts';
import { type Choice, chooseAgent, LONGEST_PLACE_MS, LONGEST_SLOWNESS_MS, PLACE_MS } from './agent-pool.ts';
import { agentKey, type KeptSession } from './kept-session.ts';
import type { GatewaySecret } from './secret.ts';
import { openSession, type SharedPools } from './shared-pools.ts';

/** A call that finds every agent busy for this long is told to retry. */
const LONGEST_WAIT_MS = 5_000;
/** What must be left for the request itself. */
const REQUEST_RESERVE_MS = 500;
/** After so many places that other instances took first, a call is told to retry. */
const MOST_LOSSES = 20;
/** Calls that wait for the same place do not all take it at once. */
const WAKING_SPREAD_MS = 100;
/** How long taking a place may last: the place counts from before it. */
const TAKING_MS = 200;

/**
 * A session with a place taken in its agent's rate; undefined where none of these agents has a session.
 * @throws Problem `vendor-rate-limited`, StoreUnavailable
 */
export type AwaitPlace = (
  agents: ReadonlySet<string>,
  call: Call<GatewaySecret>,
  freshMs?: number,
) => Promise<KeptSession | undefined>;

export function createSharedPlaces(
  { store, clock, random }: { store: SharedStore; clock: Clock; random: () => number },
  pools: SharedPools,
  msUntil: MsUntil,
): AwaitPlace {
  const takePlace = async ({ agent, place }: Choice, holdMs: number, call: Call<GatewaySecret>) => {
    const key = agentKey(call, agent.agentid);
    const startedAt = clock.monotonic();
    // At once, so that the calls of this instance do not all choose the same place.
    agent.places.set(place, startedAt + holdMs);
    const freeAt = clock.now() + holdMs;
    msUntil(nameOf(key, `place ${place}`), freeAt, LONGEST_PLACE_MS);
    // What is found to be free here may not be by the wall clock.
    const now = Math.max(clock.now(), agent.item.places.get(place) ?? 0);
    const item = await store.takePlace(key, place, { now, freeAt });
    return { session: item && openSession(item, call, clock), tookMs: clock.monotonic() - startedAt };
  };

  return async (agents, call, firstFreshMs) => {
    const leftMs = countDown(clock, Math.min(LONGEST_WAIT_MS, call.deadline.left() - REQUEST_RESERVE_MS));
    let losses = 0;
    let slownessMs = 0;
    for (let freshMs = firstFreshMs; ; freshMs = 0) {
      const pool = await pools.look(call, freshMs);
      const named = pool.agents.filter(({ agentid }) => agents.has(agentid));
      const choice = chooseAgent(named, clock, random);
      if (!choice) return undefined;
      const waitMs = choice.freeAt - clock.monotonic();
      if (losses >= MOST_LOSSES || (waitMs > 0 && waitMs > leftMs())) throw busy(waitMs);
      if (waitMs > 0) {
        await sleep(clock, waitMs + random() * WAKING_SPREAD_MS, call.deadline.signal);
        continue;
      }
      const { session, tookMs } = await takePlace(choice, PLACE_MS + slownessMs, call);
      if (session && tookMs <= TAKING_MS + slownessMs) return session;
      // A request that leaves so late would still count at the vendor when its place is free: the next place is held longer.
      if (session) slownessMs = Math.min(LONGEST_SLOWNESS_MS, 2 * tookMs);
      losses += 1;
    }
  };
}

function busy(waitMs: number): Problem {
  return new Problem(
    'vendor-rate-limited',
    'Every agent of this vendor account is asking as often as the vendor allows.',
    { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) },
  );
}
