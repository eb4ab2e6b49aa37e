import type { Call } from '../../credentials/credential.ts';
import { createFlights } from '../../credentials/flights.ts';
import { LEASE_MS } from '../../credentials/shared/fleet-mint.ts';
import { nameOf, type SharedItem, type SharedStore } from '../../credentials/shared/store.ts';
import type { Clock } from '../../time/clock.ts';
import { ageMs, type Moment, thisMoment } from '../../time/moment.ts';
import type { MsUntil } from '../../time/told-end.ts';
import { LONGEST_PLACE_MS, type PooledAgent } from './agent-pool.ts';
import { agentKey, agentsPartition, type KeptSession, LIVE_MS, readSession } from './kept-session.ts';
import type { GatewaySecret } from './secret.ts';

/** How long an instance goes by its last look at an account's agents. */
const FRESH_MS = 1_000;

/** The agents of an account, as the store had them. */
export interface Pool {
  /** Agents with a session. */
  readonly agents: readonly PooledAgent[];
  readonly items: ReadonlyMap<string, SharedItem>;
}

/** @throws StoreUnavailable from each function that returns a promise */
export interface SharedPools {
  /** The account's agents, as the store had them `freshMs` ago or later. */
  look(call: Call<GatewaySecret>, freshMs?: number): Promise<Pool>;
  /** The last look at them, however old. */
  lastSeen(call: Call<GatewaySecret>): Pool | undefined;
  forget(call: Call<GatewaySecret>): void;
}

export function createSharedPools(store: SharedStore, clock: Clock, msUntil: MsUntil): SharedPools {
  const pools = new Map<string, Pool & { readonly readAt: Moment }>();
  const flights = createFlights<Pool>(clock);

  function toAgent(item: SharedItem, readAt: Moment, call: Call<GatewaySecret>): PooledAgent[] {
    const session = openSession(item, call, clock);
    if (!session) return [];
    const { agentid } = session;
    const key = agentKey(call, agentid);
    const liveMs = msUntil(nameOf(key, 'live'), item.endsAt, LIVE_MS);
    const leaseMs = msUntil(nameOf(key, 'lease'), item.leaseUntil, LEASE_MS);
    const places = [...item.places].map(([place, freeAt]): [number, number] => {
      const takenMs = msUntil(nameOf(key, `place ${place}`), freeAt, LONGEST_PLACE_MS);
      return [place, readAt.monotonic + takenMs];
    });
    return [{ agentid, session, item, readAt, liveMs, leaseMs, places: new Map(places) }];
  }

  return {
    look: async (call, freshMs = FRESH_MS) => {
      const partition = agentsPartition(call);
      const known = pools.get(partition);
      if (known && ageMs(known.readAt, clock) < freshMs) return known;
      return flights.join(partition, call.deadline, async () => {
        const items = await store.list(partition);
        const readAt = thisMoment(clock);
        const agents = items.flatMap((item) => toAgent(item, readAt, call));
        const pool = { readAt, agents, items: new Map(items.map((item) => [item.item, item])) };
        pools.set(partition, pool);
        return pool;
      });
    },
    lastSeen: (call) => pools.get(agentsPartition(call)),
    forget: (call) => {
      pools.delete(agentsPartition(call));
    },
  };
}

/** The session in an item of the store; undefined where there is none. */
export function openSession(item: SharedItem, call: Call<GatewaySecret>, clock: Clock): KeptSession | undefined {
  if (!item.sealed) return undefined;
  const key = { partition: agentsPartition(call), item: item.item };
  return readSession(call.secret.sealer.open(key, item.sealed), item.generation, clock);
}
