import type { Call, CredentialSource } from '../../credentials/credential.ts';
import { withCurrentSecret } from '../../credentials/current-secret.ts';
import { createFlights } from '../../credentials/flights.ts';
import type { ConnectionOptions } from '../../http/message.ts';
import { invalidInput, Problem } from '../../problem.ts';
import type { Clock } from '../../time/clock.ts';
import { expectedWaitMs, type ShareOf } from './agent-share.ts';
import { SIGNED_IN_ALREADY } from './answer.ts';
import { explainRetcode } from './retcodes.ts';
import type { Agent, GatewaySecret, ManagedSecret } from './secret.ts';
import { type AgentSession, createSession } from './session.ts';
import { signIn } from './sign-in.ts';

const GUID = /^[\x21-\x7e]{1,256}$/;

interface SourceTools {
  readonly clock: Clock;
  baseUrl(secret: GatewaySecret): string;
  connection(secret: GatewaySecret): ConnectionOptions;
  readonly shareOf: ShareOf;
}

export interface SessionSource extends CredentialSource<GatewaySecret, AgentSession> {
  /** A session in place of one whose Guid an answer renewed. */
  replace(old: AgentSession, renewed: AgentSession, call: Call<GatewaySecret>): void;
}

/** The sessions of the gateway's agents: the caller's own, or those that the account signs in by itself. */
export function createSessionSource(tools: SourceTools): SessionSource {
  const held = new Map<string, AgentSession>();
  /** Agents whose password was refused: trying it again would lock them. A changed secret has other keys. */
  const refusals = new Map<string, Problem>();
  const flights = createFlights<AgentSession>();

  const signInOnce = (agent: Agent, secret: ManagedSecret, call: Call<GatewaySecret>): Promise<AgentSession> => {
    const key = keyOf(agent.agentid, call);
    const session = held.get(key);
    if (session) return Promise.resolve(session);
    const refusal = refusals.get(key);
    if (refusal) return Promise.reject(refusal);
    return flights.join(key, call.deadline, async (time) => {
      const baseUrl = tools.baseUrl(secret);
      const { limiter } = tools.shareOf(baseUrl, agent.agentid);
      const connection = tools.connection(secret);
      try {
        const signedIn = await signIn({ agent, secret, baseUrl, connection, limiter }, call, tools.clock, time);
        held.set(key, signedIn);
        return signedIn;
      } catch (error) {
        if (error instanceof Problem && refusesPassword(error)) refusals.set(key, error);
        throw error;
      }
    });
  };

  const obtainFor = async (agent: Agent, secret: ManagedSecret, call: Call<GatewaySecret>): Promise<AgentSession> => {
    const { undecided } = tools.shareOf(tools.baseUrl(secret), agent.agentid);
    undecided.add(call);
    try {
      return await signInOnce(agent, secret, call);
    } catch (error) {
      undecided.delete(call);
      throw error;
    }
  };

  /** The session of the first of these agents that is neither signed in elsewhere nor refused by its password. */
  const obtainFirst = async (agents: readonly Agent[], secret: ManagedSecret, call: Call<GatewaySecret>) => {
    let passedOver: unknown;
    for (const agent of agents) {
      try {
        return await obtainFor(agent, secret, call);
      } catch (error) {
        if (!(error instanceof Problem) || !(isTaken(error) || refusesPassword(error))) throw error;
        passedOver = error;
      }
    }
    throw passedOver;
  };

  /** The agent that the caller names, or all: first who may ask soonest, with a session rather than without. */
  const chooseAgents = (secret: ManagedSecret, call: Call<GatewaySecret>): readonly Agent[] => {
    const asked = call.input['agentid'];
    if (asked !== undefined) {
      const named = secret.agents.find(({ agentid }) => agentid === asked);
      if (named) return [named];
      throw invalidAgent('is not an agent of this vendor account');
    }
    const baseUrl = tools.baseUrl(secret);
    const rank = ({ agentid }: Agent) => {
      const key = keyOf(agentid, call);
      return [refusals.has(key) ? 1 : 0, expectedWaitMs(tools.shareOf(baseUrl, agentid)), held.has(key) ? 0 : 1];
    };
    const ranks = new Map(secret.agents.map((agent) => [agent, rank(agent)]));
    return secret.agents.toSorted((one, other) => compare(ranks.get(one), ranks.get(other)));
  };

  return {
    obtain: (call) =>
      withCurrentSecret(call, async () => {
        const secret = call.secret.value;
        if (secret.session === 'caller') return callersSession(call, tools.clock);
        return obtainFirst(chooseAgents(secret, call), secret, call);
      }),
    renew: async (refused, refusal, call) => {
      const secret = call.secret.value;
      const agent = secret.session === 'managed' && secret.agents.find(({ agentid }) => agentid === refused.agentid);
      if (!agent) throw refusal.problem;
      const key = keyOf(agent.agentid, call);
      if (held.get(key) === refused) held.delete(key);
      const others = chooseAgents(secret, call).filter((each) => each !== agent);
      return obtainFirst([agent, ...others], secret, call);
    },
    replace: (old, renewed, call) => {
      const key = keyOf(old.agentid, call);
      if (held.get(key) === old) held.set(key, renewed);
    },
  };
}

function keyOf(agentid: string, { account, secret }: Call<GatewaySecret>): string {
  return `${account}:${secret.fingerprint}:${agentid}`;
}

function callersSession({ input, callerGuid }: Call<GatewaySecret>, clock: Clock): AgentSession {
  const agentid = input['agentid'];
  if (typeof agentid !== 'string') throw invalidAgent('is required: this vendor account has no agents of its own');
  if (callerGuid === undefined || !GUID.test(callerGuid)) {
    throw new Problem('invalid-input', 'The header Guid, with the Guid of the signed-in agent, is required.');
  }
  return createSession(agentid, callerGuid, new Map(), clock.now());
}

function invalidAgent(detail: string): Problem {
  return invalidInput([{ pointer: '/agentid', detail }]);
}

/** What other failures say is not of the password, and not kept. */
function refusesPassword({ vendor }: Problem): boolean {
  return vendor?.code !== undefined && explainRetcode(vendor.code).action === 'bad-credential';
}

function isTaken({ vendor }: Problem): boolean {
  return vendor?.code === SIGNED_IN_ALREADY;
}

function compare(one: readonly number[] = [], other: readonly number[] = []): number {
  const index = one.findIndex((value, at) => value !== other[at]);
  return (one[index] ?? 0) - (other[index] ?? 0);
}
