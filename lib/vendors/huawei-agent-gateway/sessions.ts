import type { Call, CredentialTools } from '../../credentials/credential.ts';
import type { RateLimiter } from '../../pipeline/rate-limiter.ts';
import { invalidInput, type Problem } from '../../problem.ts';
import type { ShareOf } from './agent-share.ts';
import type { RefusedPasswords } from './refused-passwords.ts';
import type { Agent, GatewaySecret, ManagedSecret } from './secret.ts';
import type { AgentSession } from './session.ts';

export interface SessionTools extends CredentialTools {
  readonly shareOf: ShareOf;
  readonly refusedPasswords: RefusedPasswords;
}

/** Sessions of agents that an account signs in by itself. */
export interface ManagedSessions {
  /** The session of the agent that the caller names, or of the account's agent that suits best. */
  obtain(secret: ManagedSecret, call: Call<GatewaySecret>): Promise<AgentSession>;
  /** Replaces a refused session: signs its agent out and in again, or gives the session that has replaced it since. */
  renew(refused: AgentSession, secret: ManagedSecret, call: Call<GatewaySecret>): Promise<AgentSession>;
  /** A session in place of one whose Guid an answer renewed. */
  replace(old: AgentSession, renewed: AgentSession, call: Call<GatewaySecret>): void;
  /** What a request with this session has to wait for. */
  limiter(session: AgentSession, call: Call<GatewaySecret>): Pick<RateLimiter, 'take'>;
}

/** The agents that a call may use: the one that it names, or all of the account. @throws Problem `invalid-input` */
export function agentsFor({ agents }: ManagedSecret, { input }: Call<GatewaySecret>): readonly Agent[] {
  const asked = input['agentid'];
  if (asked === undefined) return agents;
  const named = agents.filter(({ agentid }) => agentid === asked);
  if (named.length > 0) return named;
  throw invalidAgent('is not an agent of this vendor account');
}

export function invalidAgent(detail: string): Problem {
  return invalidInput([{ pointer: '/agentid', detail }]);
}
