import type { Call } from '../../credentials/credential.ts';
import { problemOf, RetryLater } from '../../credentials/credential-cache.ts';
import { createFlights } from '../../credentials/flights.ts';
import type { Note } from '../../credentials/reasons.ts';
import { createFleetMint } from '../../credentials/shared/fleet-mint.ts';
import { type SharedItem, type SharedStore, StoreUnavailable } from '../../credentials/shared/store.ts';
import { Problem } from '../../problem.ts';
import { sleep } from '../../time/clock.ts';
import { type Choice, chooseAgent, PLACE_MS, type PooledAgent } from './agent-pool.ts';
import {
  agentKey,
  agentsPartition,
  type KeptSession,
  keeperKey,
  LIVE_MS,
  readSession,
  writeSession,
} from './kept-session.ts';
import type { OwnSessions } from './process-sessions.ts';
import type { Agent, GatewaySecret, ManagedSecret } from './secret.ts';
import type { AgentSession } from './session.ts';
import { agentsFor, type ManagedSessions, type SessionTools } from './sessions.ts';
import { type LastSession, shareSignIn } from './shared-sign-in.ts';
import { concernsAgent } from './sign-in-failure.ts';

/** How long a process goes by what it last saw of the pool. */
const POOL_FRESH_MS = 1_000;
/** A call that finds every agent busy for this long is told to come again. */
const LONGEST_WAIT_MS = 5_000;
/** So many places may be snatched away by other processes before a call is told to come again. */
const MOST_LOSSES = 20;
/** Those who wait for the same place do not all come back for it at once. */
const WAKING_SPREAD_MS = 100;
/** How soon a call that waits for the keeper looks at the pool again, at most; at least half of it. */
const KEEPER_LOOK_MS = 500;
/** What must be left for signing in, and for the request itself. */
const SIGN_IN_RESERVE_MS = 3_000;
/** What must be left for the request itself. */
const REQUEST_RESERVE_MS = 500;

interface Pool {
  readonly readAt: number;
  readonly agents: readonly PooledAgent[];
  readonly items: ReadonlyMap<string, SharedItem>;
}

/**
 * Sessions that the fleet shares: whoever keeps them alive writes them to the store, and lookups take them from there,
 * each request in a place of the agent's rate. An agent is signed in only where no agent has a session. While the store
 * does not answer, the last sessions seen serve, and then the process's own.
 */
export function createFleetSessions(
  tools: SessionTools & { readonly store: SharedStore },
  ownSessions: OwnSessions,
): ManagedSessions {
  const { clock, random, store } = tools;
  const signInShared = shareSignIn(tools, createFleetMint(store, clock, random));
  const pools = new Map<string, Pool>();
  const flights = createFlights<Pool>(clock);
  /** Sessions whose first request has its place already. */
  const placed = new WeakSet<AgentSession>();
  /** Sessions that this process knows from the store. */
  const shared = new WeakSet<AgentSession>();

  const look = (call: Call<GatewaySecret>, freshMs: number): Promise<Pool> => {
    const partition = agentsPartition(call);
    const known = pools.get(partition);
    if (known && clock.now() - known.readAt < freshMs) return Promise.resolve(known);
    return flights.join(partition, call.deadline, async () => {
      const items = await store.list(partition);
      const pool = { readAt: clock.now(), agents: items.flatMap((item) => pooled(item, call)), items: byKey(items) };
      pools.set(partition, pool);
      return pool;
    });
  };

  const pooled = (item: SharedItem, call: Call<GatewaySecret>): PooledAgent[] => {
    const session = open(item, call);
    return session ? [{ agentid: session.agentid, session, item, places: new Map(item.places) }] : [];
  };

  const open = (item: SharedItem, call: Call<GatewaySecret>): KeptSession | undefined => {
    if (!item.sealed) return undefined;
    const key = { partition: agentsPartition(call), item: item.item };
    const session = readSession(call.secret.sealer.open(key, item.sealed), item.generation);
    if (session) shared.add(session);
    return session;
  };

  const takePlace = async ({ agent, place }: Choice, call: Call<GatewaySecret>): Promise<KeptSession | undefined> => {
    const now = clock.now();
    // At once, so that the calls of this process do not all choose the same place.
    agent.places.set(place, now + PLACE_MS);
    const item = await store.takePlace(agentKey(call, agent.agentid), place, { now, freeAt: now + PLACE_MS });
    return item && open(item, call);
  };

  /** A session with a place taken in its agent's rate; undefined where none of these agents has a session. */
  const awaitPlace = async (
    agents: ReadonlySet<string>,
    call: Call<GatewaySecret>,
    firstFreshMs = POOL_FRESH_MS,
  ): Promise<KeptSession | undefined> => {
    const givesUpAt = clock.now() + Math.min(LONGEST_WAIT_MS, call.deadline.left() - REQUEST_RESERVE_MS);
    let losses = 0;
    for (let freshMs = firstFreshMs; ; freshMs = 0) {
      const pool = await look(call, freshMs);
      const named = pool.agents.filter(({ agentid }) => agents.has(agentid));
      const choice = chooseAgent(named, clock.now(), random);
      if (!choice) return undefined;
      const waitMs = choice.freeAt - clock.now();
      if (losses >= MOST_LOSSES || (waitMs > 0 && clock.now() + waitMs > givesUpAt)) throw busy(waitMs);
      if (waitMs > 0) {
        await sleep(clock, waitMs + random() * WAKING_SPREAD_MS, call.deadline.signal);
        continue;
      }
      const session = await takePlace(choice, call);
      if (session) return session;
      losses += 1;
    }
  };

  /**
   * Where the store knows nothing of these agents and a keeper is at work, the secret has just changed, or the agents are
   * new: the keeper carries their sessions over or signs them in. To sign them in here would fail, or force them out.
   */
  const awaitKeeper = async (
    agents: ReadonlySet<string>,
    call: Call<GatewaySecret>,
  ): Promise<KeptSession | undefined> => {
    const givesUpAt = clock.now() + Math.min(LONGEST_WAIT_MS, call.deadline.left() - SIGN_IN_RESERVE_MS);
    const areUnknown = async () => {
      const { items } = await look(call, POOL_FRESH_MS);
      return [...agents].every((agentid) => !items.has(agentKey(call, agentid).item));
    };
    if (!(await areUnknown())) return undefined;
    const keeper = await store.read(keeperKey(call.account));
    if (clock.now() >= keeper.leaseUntil) return undefined;
    call.note('store-wait');
    while (clock.now() < givesUpAt && (await areUnknown())) {
      await sleep(clock, KEEPER_LOOK_MS * (0.5 + random() / 2), call.deadline.signal);
      const session = await awaitPlace(agents, call, 0);
      if (session) return session;
    }
    return undefined;
  };

  const obtainShared = async (secret: ManagedSecret, call: Call<GatewaySecret>): Promise<AgentSession> => {
    const names = new Set(agentsFor(secret, call).map(({ agentid }) => agentid));
    const session = (await awaitPlace(names, call)) ?? (await awaitKeeper(names, call));
    if (!session) return signInOne(secret, call);
    call.note('store-hit');
    placed.add(session);
    return session;
  };

  /** Signs in the first agent that can be, in an order of chance: a fleet that starts cold spreads over all of them. */
  const signInOne = async (secret: ManagedSecret, call: Call<GatewaySecret>): Promise<AgentSession> => {
    const pool = await look(call, POOL_FRESH_MS);
    let passedOver: unknown;
    const agents = agentsFor(secret, call).map((agent) => ({ agent, order: random() }));
    for (const { agent } of agents.toSorted((one, other) => one.order - other.order)) {
      const last = pool.items.get(agentKey(call, agent.agentid).item);
      try {
        return await signInFor(agent, secret, call, { generation: last?.generation ?? 0 });
      } catch (error) {
        if (!concernsAgent(error)) throw error;
        passedOver = error;
      }
    }
    throw passedOver;
  };

  /** Signs the agent in for all instances, and out of the sessions that it replaces. @throws Problem */
  const signInFor = async (
    agent: Agent,
    secret: ManagedSecret,
    call: Call<GatewaySecret>,
    last: LastSession,
  ): Promise<KeptSession> => {
    // From an outage of the store this instance may have a session of its own.
    const own = ownSessions.release(agent.agentid, call);
    const replaces = [...(last.replaces ?? []), ...(own ? [own] : [])];
    let minted = false;
    const note: Note = (reason) => {
      minted ||= reason === 'minted';
      call.note(reason);
    };
    try {
      const session = await signInShared(agent, secret, { ...call, note }, call.deadline, { ...last, replaces });
      shared.add(session);
      // Where the store has not taken it, this instance has it all the same.
      if (minted) ownSessions.hold(session, call);
      return session;
    } catch (error) {
      if (own) ownSessions.hold(own, call);
      throw error instanceof RetryLater ? problemOf(error, clock) : error;
    } finally {
      pools.delete(agentsPartition(call));
    }
  };

  /** A session that was live when the store last answered. */
  const lastSeen = (secret: ManagedSecret, call: Call<GatewaySecret>): AgentSession | undefined => {
    const names = new Set(agentsFor(secret, call).map(({ agentid }) => agentid));
    const agents = pools.get(agentsPartition(call))?.agents ?? [];
    const live = agents.filter(({ agentid, item }) => names.has(agentid) && clock.now() < item.endsAt);
    return chooseAgent(live, clock.now(), random)?.agent.session;
  };

  const withoutStore = (secret: ManagedSecret, call: Call<GatewaySecret>): Promise<AgentSession> => {
    call.note('store-down');
    const session = lastSeen(secret, call);
    if (!session) return ownSessions.obtain(secret, call);
    call.note('held');
    return Promise.resolve(session);
  };

  const obtain = (secret: ManagedSecret, call: Call<GatewaySecret>) =>
    obtainShared(secret, call).catch((error: unknown) => {
      if (error instanceof StoreUnavailable) return withoutStore(secret, call);
      throw error;
    });

  const forget = (refused: KeptSession, call: Call<GatewaySecret>): Promise<unknown> =>
    store.replace(agentKey(call, refused.agentid), refused.generation).catch(() => undefined);

  return {
    obtain,
    renew: async (refused, secret, call) => {
      if (!isKept(refused)) return ownSessions.renew(refused, secret, call);
      call.note('refused');
      const agent = agentsFor(secret, call).find(({ agentid }) => agentid === refused.agentid);
      if (!agent) return obtain(secret, call);
      const last = { generation: refused.generation, replaces: [refused] };
      try {
        return await signInFor(agent, secret, call, last);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // Another agent may have a session. This one has none any more that others could use.
        await forget(refused, call);
        return obtain(secret, call);
      }
    },
    replace: (old, renewed, call) => {
      if (!isKept(old)) {
        ownSessions.replace(old, renewed, call);
        return;
      }
      const key = agentKey(call, old.agentid);
      const sealed = call.secret.sealer.seal(key, writeSession(renewed));
      pools.delete(key.partition);
      // No page says that a lookup's answer renews a Guid. Where one does, the others get it as soon as may be.
      store.replace(key, old.generation, { sealed, endsAt: clock.now() + LIVE_MS }).catch(() => undefined);
    },
    limiter: (session, call) => {
      const own = ownSessions.limiter(session, call);
      if (!shared.has(session)) return own;
      return {
        take: async (deadline, reserveMs) => {
          if (placed.delete(session)) return;
          try {
            if (await awaitPlace(new Set([session.agentid]), call)) return;
          } catch (error) {
            if (!(error instanceof StoreUnavailable)) throw error;
          }
          await own.take(deadline, reserveMs);
        },
      };
    },
  };
}

function isKept(session: AgentSession): session is KeptSession {
  return 'generation' in session;
}

function byKey(items: readonly SharedItem[]): ReadonlyMap<string, SharedItem> {
  return new Map(items.map((item) => [item.item, item]));
}

function busy(waitMs: number): Problem {
  return new Problem(
    'vendor-rate-limited',
    'Every agent of this vendor account is asking as often as the vendor allows.',
    {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    },
  );
}
