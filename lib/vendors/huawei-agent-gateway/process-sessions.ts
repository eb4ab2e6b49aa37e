import type { Call } from '../../credentials/credential.ts';
import { createFlights } from '../../credentials/flights.ts';
import { Problem } from '../../problem.ts';
import { baseUrlOf, connectionOf } from './address.ts';
import { expectedWaitMs } from './agent-share.ts';
import { hasRetcode } from './answer.ts';
import type { Agent, GatewaySecret, ManagedSecret } from './secret.ts';
import type { AgentSession } from './session.ts';
import { agentsFor, type ManagedSessions, type SessionTools } from './sessions.ts';
import { signIn } from './sign-in.ts';
import { concernsAgent, isTaken, refusesPassword } from './sign-in-failure.ts';
import { warnOfVdn } from './vdn.ts';

/** Sessions that one instance signs in and keeps for itself. */
export interface OwnSessions extends ManagedSessions {
  /** Keeps a session that was signed in elsewhere in this instance. */
  hold(session: AgentSession, call: Call<GatewaySecret>): void;
  /** Gives the agent's session away, to be replaced by another. */
  release(agentid: string, call: Call<GatewaySecret>): AgentSession | undefined;
}

export function createProcessSessions({ clock, shareOf, refusedPasswords }: SessionTools): OwnSessions {
  const held = new Map<string, AgentSession>();
  const flights = createFlights<AgentSession>(clock);
  /** Refused sessions that are in use again, since the gateway did not answer their sign-out. */
  const returned = new WeakSet<AgentSession>();

  const signInOnce = (
    agent: Agent,
    secret: ManagedSecret,
    call: Call<GatewaySecret>,
    replaced?: AgentSession,
  ): Promise<AgentSession> => {
    const key = keyOf(agent.agentid, call);
    const session = held.get(key);
    if (session) {
      call.note('held');
      return Promise.resolve(session);
    }
    const refusal = refusedPasswords.get(call, agent.agentid);
    if (refusal) {
      call.note('backoff');
      return Promise.reject(refusal);
    }
    call.note('first');
    return flights.join(key, call.deadline, async (time) => {
      const baseUrl = baseUrlOf(secret);
      const { limiter } = shareOf(baseUrl, agent.agentid);
      const connection = connectionOf(secret);
      call.note('minted');
      try {
        const replaces = replaced ? [replaced] : [];
        const signedIn = await signIn({ agent, secret, baseUrl, connection, limiter, replaces }, call, clock, time);
        const others = secret.agents.map(({ agentid }) => held.get(keyOf(agentid, call)));
        const session = warnOfVdn({ ...signedIn, renewsRefused: replaced !== undefined }, others);
        held.set(key, session);
        return session;
      } catch (error) {
        if (error instanceof Problem && refusesPassword(error)) refusedPasswords.add(call, agent.agentid, error);
        if (isTaken(error)) call.note('taken');
        // The gateway may still hold the session: the next refusal of it signs it out. One such try must do.
        if (replaced && !returned.has(replaced) && !(error instanceof Problem && hasRetcode(error))) {
          returned.add(replaced);
          held.set(key, replaced);
        }
        throw error;
      }
    });
  };

  const obtainFor = async (
    agent: Agent,
    secret: ManagedSecret,
    call: Call<GatewaySecret>,
    replaced?: AgentSession,
  ): Promise<AgentSession> => {
    const { undecided } = shareOf(baseUrlOf(secret), agent.agentid);
    undecided.add(call);
    try {
      return await signInOnce(agent, secret, call, replaced);
    } catch (error) {
      undecided.delete(call);
      throw error;
    }
  };

  /** The session of the first of these agents that the gateway does not refuse. */
  const obtainFirst = async (
    agents: readonly Agent[],
    secret: ManagedSecret,
    call: Call<GatewaySecret>,
    replaced?: AgentSession,
  ) => {
    let passedOver: unknown;
    for (const agent of agents) {
      try {
        return await obtainFor(agent, secret, call, agent.agentid === replaced?.agentid ? replaced : undefined);
      } catch (error) {
        if (!concernsAgent(error)) throw error;
        passedOver = error;
      }
    }
    throw passedOver;
  };

  /** First who may ask soonest, with a session rather than without. */
  const inOrder = (agents: readonly Agent[], secret: ManagedSecret, call: Call<GatewaySecret>): readonly Agent[] => {
    const baseUrl = baseUrlOf(secret);
    const rank = ({ agentid }: Agent) => [
      refusedPasswords.get(call, agentid) ? 1 : 0,
      expectedWaitMs(shareOf(baseUrl, agentid)),
      held.has(keyOf(agentid, call)) ? 0 : 1,
    ];
    const ranks = new Map(agents.map((agent) => [agent, rank(agent)]));
    return agents.toSorted((one, other) => compare(ranks.get(one), ranks.get(other)));
  };

  return {
    obtain: async (secret, call) => obtainFirst(inOrder(agentsFor(secret, call), secret, call), secret, call),
    renew: async (refused, secret, call) => {
      const key = keyOf(refused.agentid, call);
      const late = held.get(key) !== refused;
      if (!late) held.delete(key);
      call.note(late ? 'replaced' : 'refused');
      const [own, others] = partition(inOrder(agentsFor(secret, call), secret, call), refused.agentid);
      return obtainFirst([...own, ...others], secret, call, refused);
    },
    hold: (session, call) => {
      held.set(keyOf(session.agentid, call), session);
    },
    release: (agentid, call) => {
      const key = keyOf(agentid, call);
      const session = held.get(key);
      held.delete(key);
      return session;
    },
    replace: (old, renewed, call) => {
      const key = keyOf(old.agentid, call);
      if (held.get(key) === old) held.set(key, renewed);
    },
    limiter: ({ agentid }, call) => {
      const { limiter, undecided } = shareOf(baseUrlOf(call.secret.value), agentid);
      undecided.delete(call);
      return limiter;
    },
  };
}

function keyOf(agentid: string, { account, secret }: Call<GatewaySecret>): string {
  return `${account}:${secret.fingerprint}:${agentid}`;
}

/** The same agent first: its session is the one that is missing. */
function partition(agents: readonly Agent[], agentid: string): [own: Agent[], others: Agent[]] {
  const own = agents.filter((agent) => agent.agentid === agentid);
  return [own, agents.filter((agent) => agent.agentid !== agentid)];
}

function compare(one: readonly number[] = [], other: readonly number[] = []): number {
  const index = one.findIndex((value, at) => value !== other[at]);
  return (one[index] ?? 0) - (other[index] ?? 0);
}
