import type { Call, CredentialSource } from '../../credentials/credential.ts';
import { withCurrentSecret } from '../../credentials/current-secret.ts';
import type { RateLimiter } from '../../pipeline/rate-limiter.ts';
import { Problem } from '../../problem.ts';
import type { Clock } from '../../time/clock.ts';
import { thisMoment } from '../../time/moment.ts';
import { mayConcernTarget } from './answer.ts';
import { createFleetSessions } from './fleet-sessions.ts';
import { createProcessSessions } from './process-sessions.ts';
import { createRenewal } from './renewal.ts';
import type { GatewaySecret } from './secret.ts';
import { type AgentSession, createSession, isGuid } from './session.ts';
import { invalidAgent, type SessionTools } from './sessions.ts';
import { retryableIfTaken } from './sign-in-failure.ts';

export interface SessionSource extends CredentialSource<GatewaySecret, AgentSession> {
  /** A session in place of one whose Guid an answer renewed. */
  replace(old: AgentSession, renewed: AgentSession, call: Call<GatewaySecret>): void;
  /** What a request with this session has to wait for. */
  limiter(session: AgentSession, call: Call<GatewaySecret>): Pick<RateLimiter, 'take'>;
}

/** The sessions of the gateway's agents: the caller's own, or those that the account signs in by itself. */
export function createSessionSource(tools: SessionTools): SessionSource {
  const ownSessions = createProcessSessions(tools);
  const managed = tools.store ? createFleetSessions({ ...tools, store: tools.store }, ownSessions) : ownSessions;
  const renewSession = createRenewal(managed, tools);

  const obtain = async (call: Call<GatewaySecret>) => {
    const secret = call.secret.value;
    if (secret.session === 'caller') return callersSession(call, tools.clock);
    return managed.obtain(secret, call).catch((error: unknown) => {
      throw tools.store ? error : retryableIfTaken(error);
    });
  };

  return {
    obtain: (call) => withCurrentSecret(call, () => obtain(call)),
    renew: (refused, { problem }, call) => {
      const renew = async () => {
        const secret = call.secret.value;
        if (secret.session === 'caller') throw ofCaller(problem, call);
        return renewSession(refused, problem, secret, call);
      };
      // The Guid of a caller's agent has nothing to do with the secret.
      return call.secret.value.session === 'caller' ? renew() : withCurrentSecret(call, renew, () => obtain(call));
    },
    replace: managed.replace,
    limiter: (session, call) => (call.secret.value.session === 'caller' ? ownSessions : managed).limiter(session, call),
  };
}

/** Only the caller can sign its agent in, or find out that it is signed in. */
function ofCaller(problem: Problem, { input }: Call<GatewaySecret>): Problem {
  if (!mayConcernTarget(problem) || input['workno'] === input['agentid']) return problem;
  const detail = `${problem.message} That may be said of the agent that asks, or of the agent asked about.`;
  return problem.with({ detail });
}

function callersSession({ input, callerGuid }: Call<GatewaySecret>, clock: Clock): AgentSession {
  const agentid = input['agentid'];
  if (typeof agentid !== 'string') throw invalidAgent('is required: this vendor account has no agents of its own');
  if (callerGuid === undefined || !isGuid(callerGuid)) {
    throw new Problem('invalid-input', 'The header Guid, with the Guid of the signed-in agent, is required.');
  }
  return createSession(agentid, callerGuid, new Map(), thisMoment(clock));
}
