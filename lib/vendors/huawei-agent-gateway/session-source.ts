import type { Call, CredentialSource } from '../../credentials/credential.ts';
import { createFlights } from '../../credentials/flights.ts';
import type { ConnectionOptions } from '../../http/message.ts';
import type { RateLimiter } from '../../pipeline/rate-limiter.ts';
import { Problem } from '../../problem.ts';
import type { Clock } from '../../time/clock.ts';
import type { Agent, GatewaySecret, ManagedSecret } from './secret.ts';
import { type AgentSession, createSession } from './session.ts';
import { signIn } from './sign-in.ts';

const GUID = /^[\x21-\x7e]{1,256}$/;

interface SourceTools {
  readonly clock: Clock;
  baseUrl(secret: GatewaySecret): string;
  connection(secret: GatewaySecret): ConnectionOptions;
  limiterOf(baseUrl: string, agentid: string): RateLimiter;
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

  const obtainFor = (agent: Agent, secret: ManagedSecret, call: Call<GatewaySecret>): Promise<AgentSession> => {
    const key = keyOf(agent.agentid, call);
    const session = held.get(key);
    if (session) return Promise.resolve(session);
    const refusal = refusals.get(key);
    if (refusal) return Promise.reject(refusal);
    return flights.join(key, call.deadline.signal, async (signal) => {
      const baseUrl = tools.baseUrl(secret);
      const limiter = tools.limiterOf(baseUrl, agent.agentid);
      const connection = tools.connection(secret);
      try {
        const signedIn = await signIn({ agent, secret, baseUrl, connection, limiter }, call, tools.clock, signal);
        held.set(key, signedIn);
        return signedIn;
      } catch (error) {
        if (error instanceof Problem && error.code === 'vendor-auth-failed') refusals.set(key, error);
        throw error;
      }
    });
  };

  /** The agent that the caller names, or the one that may ask soonest: with a session rather than without. */
  const chooseAgent = (secret: ManagedSecret, call: Call<GatewaySecret>): Agent => {
    const asked = call.input['agentid'];
    if (asked !== undefined) {
      const named = secret.agents.find(({ agentid }) => agentid === asked);
      if (named) return named;
      throw invalidAgent('is not an agent of this vendor account');
    }
    const baseUrl = tools.baseUrl(secret);
    const rank = ({ agentid }: Agent) => {
      const key = keyOf(agentid, call);
      return [refusals.has(key) ? 1 : 0, tools.limiterOf(baseUrl, agentid).waitMs(), held.has(key) ? 0 : 1];
    };
    return secret.agents.reduce((best, agent) => (isLess(rank(agent), rank(best)) ? agent : best));
  };

  return {
    obtain: async (call) => {
      const secret = call.secret.value;
      if (secret.session === 'caller') return callersSession(call, tools.clock);
      return obtainFor(chooseAgent(secret, call), secret, call);
    },
    renew: async (refused, refusal, call) => {
      const secret = call.secret.value;
      const agent = secret.session === 'managed' && secret.agents.find(({ agentid }) => agentid === refused.agentid);
      if (!agent) throw refusal.problem;
      const key = keyOf(agent.agentid, call);
      if (held.get(key) === refused) held.delete(key);
      return obtainFor(agent, secret, call);
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
  return new Problem('invalid-input', 'The input breaks the rules of this lookup; see `errors`.', {
    errors: [{ pointer: '/agentid', detail }],
  });
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const index = one.findIndex((value, at) => value !== other[at]);
  return index >= 0 && (one[index] ?? 0) < (other[index] ?? 0);
}
