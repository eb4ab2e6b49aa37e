import type { Call } from '../../credentials/credential.ts';
import { createFlights } from '../../credentials/flights.ts';
import type { SharedItem, SharedStore } from '../../credentials/shared/store.ts';
import type { Clock } from '../../time/clock.ts';
import type { PooledAgent } from './agent-pool.ts';
import { agentsPartition, type KeptSession, readSession } from './kept-session.ts';
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

export function createSharedPools(store: SharedStore, clock: Clock): SharedPools {
  const pools = new Map<string, Pool & { readonly readAt: number }>();
  const flights = createFlights<Pool>(clock);

  return {
    look: async (call, freshMs = FRESH_MS) => {
      const partition = agentsPartition(call);
      const known = pools.get(partition);
      if (known && clock.monotonic() - known.readAt < freshMs) return known;
      return flights.join(partition, call.deadline, async () => {
        const items = await store.list(partition);
        const agents = items.flatMap((item) => toAgent(item, call));
        const pool = { readAt: clock.monotonic(), agents, items: new Map(items.map((item) => [item.item, item])) };
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
export function openSession(item: SharedItem, call: Call<GatewaySecret>): KeptSession | undefined {
  if (!item.sealed) return undefined;
  const key = { partition: agentsPartition(call), item: item.item };
  return readSession(call.secret.sealer.open(key, item.sealed), item.generation);
}

function toAgent(item: SharedItem, call: Call<GatewaySecret>): PooledAgent[] {
  const session = openSession(item, call);
  return session ? [{ agentid: session.agentid, session, item, places: new Map(item.places) }] : [];
}
