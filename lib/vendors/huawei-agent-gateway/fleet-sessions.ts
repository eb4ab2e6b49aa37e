import type { Call } from '../../credentials/credential.ts';
import { problemOf, RetryLater } from '../../credentials/credential-cache.ts';
import type { Note, Reason } from '../../credentials/reasons.ts';
import { createFleetMint } from '../../credentials/shared/fleet-mint.ts';
import { nameOf, type SharedStore, StoreUnavailable } from '../../credentials/shared/store.ts';
import { Problem } from '../../problem.ts';
import { sleep } from '../../time/clock.ts';
import { countDown } from '../../time/deadline.ts';
import { createMsUntil } from '../../time/told-end.ts';
import { chooseAgent, wasPolledLately } from './agent-pool.ts';
import { agentKey, KEEPER_LEASE_MS, type KeptSession, keeperKey, LIVE_MS, writeSession } from './kept-session.ts';
import type { OwnSessions } from './process-sessions.ts';
import type { Agent, GatewaySecret, ManagedSecret } from './secret.ts';
import type { AgentSession } from './session.ts';
import { agentsFor, type ManagedSessions, type SessionTools } from './sessions.ts';
import { createSharedPlaces } from './shared-places.ts';
import { createSharedPools } from './shared-pools.ts';
import { type LastSession, shareSignIn } from './shared-sign-in.ts';
import { concernsAgent, retryableIfTaken } from './sign-in-failure.ts';
import { warnOfVdn } from './vdn.ts';

/** How long a call waits for the keeper. */
const LONGEST_WAIT_MS = 5_000;
/** How soon a call that waits for the keeper looks at the pool again, at most; at least half of it. */
const KEEPER_LOOK_MS = 500;
/** What must be left for signing in, and for the request itself. */
const SIGN_IN_RESERVE_MS = 3_000;

/**
 * Sessions that the fleet shares: whoever keeps them alive writes them to the store, and lookups take them from there,
 * each request in a place of the agent's rate. An agent is signed in only where no agent has a session, or where the gateway
 * refuses its session. While the store does not answer, the last sessions seen serve, and then the instance's own.
 */
export function createFleetSessions(
  tools: SessionTools & { readonly store: SharedStore },
  ownSessions: OwnSessions,
): ManagedSessions {
  const { clock, random, store } = tools;
  const signInShared = shareSignIn(tools, createFleetMint(store, clock, random));
  const msUntil = createMsUntil(clock);
  const pools = createSharedPools(store, clock, msUntil);
  const awaitPlace = createSharedPlaces(tools, pools, msUntil);
  /** Sessions whose first request has its place already. */
  const placed = new WeakSet<AgentSession>();

  /**
   * Where the store knows nothing of these agents and a keeper is at work, the secret has just changed, or the agents are
   * new: the keeper carries their sessions over or signs them in. To sign them in here would fail, or force them out.
   */
  const awaitKeeper = async (
    agents: ReadonlySet<string>,
    call: Call<GatewaySecret>,
  ): Promise<KeptSession | undefined> => {
    const leftMs = countDown(clock, Math.min(LONGEST_WAIT_MS, call.deadline.left() - SIGN_IN_RESERVE_MS));
    const areUnknown = async () => {
      const { items } = await pools.look(call);
      return [...agents].every((agentid) => !items.has(agentKey(call, agentid).item));
    };
    if (!(await areUnknown())) return undefined;
    const key = keeperKey(call.account);
    const keeper = await store.read(key);
    if (msUntil(nameOf(key, 'lease'), keeper.leaseUntil, KEEPER_LEASE_MS) === 0) return undefined;
    call.note('store-wait');
    while (leftMs() > 0 && (await areUnknown())) {
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
    const pool = await pools.look(call);
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
    const reasons = new Set<Reason>();
    const note: Note = (reason) => {
      reasons.add(reason);
      call.note(reason);
    };
    try {
      const session = await signInShared(agent, secret, { ...call, note }, call.deadline, { ...last, replaces });
      if (!reasons.has('minted')) return session;
      // Where the store has not taken it, this instance has it all the same.
      ownSessions.hold(session, call);
      return warnOfVdn(session, pools.lastSeen(call)?.agents.map((other) => other.session) ?? []);
    } catch (error) {
      if (own) ownSessions.hold(own, call);
      const problem = error instanceof RetryLater ? problemOf(error) : error;
      throw reasons.has('store-down') || reasons.has('alone') ? retryableIfTaken(problem) : problem;
    } finally {
      pools.forget(call);
    }
  };

  /** A session that was live when the store last answered. */
  const lastSeen = (secret: ManagedSecret, call: Call<GatewaySecret>): AgentSession | undefined => {
    const names = new Set(agentsFor(secret, call).map(({ agentid }) => agentid));
    const agents = pools.lastSeen(call)?.agents ?? [];
    const live = agents.filter((agent) => names.has(agent.agentid) && wasPolledLately(agent, clock));
    return chooseAgent(live, clock, random)?.agent.session;
  };

  const withoutStore = async (secret: ManagedSecret, call: Call<GatewaySecret>): Promise<AgentSession> => {
    call.note('store-down');
    const session = lastSeen(secret, call);
    if (session) {
      call.note('held');
      return session;
    }
    return ownSessions.obtain(secret, call).catch((error: unknown) => {
      throw retryableIfTaken(error);
    });
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
      const sealed = call.secret.sealer.seal(key, writeSession(renewed, clock));
      pools.forget(call);
      // No page says that a lookup's answer renews a Guid. Where one does, the others get it as soon as may be.
      store.replace(key, old.generation, { sealed, endsAt: clock.now() + LIVE_MS }).catch(() => undefined);
    },
    limiter: (session, call) => {
      const own = ownSessions.limiter(session, call);
      if (!isKept(session)) return own;
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
