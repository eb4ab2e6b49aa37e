import type { Call } from '../../credentials/credential.ts';
import { Problem, toProblem } from '../../problem.ts';
import { ageMs } from '../../time/moment.ts';
import { baseUrlOf, connectionOf } from './address.ts';
import { mayConcernTarget } from './answer.ts';
import { isLive } from './live-session.ts';
import { createRefusedTargets } from './refused-targets.ts';
import type { GatewaySecret, ManagedSecret } from './secret.ts';
import type { AgentSession } from './session.ts';
import type { ManagedSessions, SessionTools } from './sessions.ts';
import { retryableIfTaken } from './sign-in-failure.ts';

/** A session that was signed in for a refusal is not replaced for another refusal within this time. */
const YOUNG_MS = 60_000;

export type Renew = (
  refused: AgentSession,
  problem: Problem,
  secret: ManagedSecret,
  call: Call<GatewaySecret>,
) => Promise<AgentSession>;

/** The session that a call got after a refusal. */
interface Renewed {
  readonly session: AgentSession;
  readonly isProved: boolean;
}

/**
 * Gives a session in place of one that the gateway refused, or finds that the refusal concerns the agent asked about:
 * the codes do not tell which. So a first refusal has the agent signed in again. If the new session is refused too, and
 * yet the gateway takes it for another lookup, the refusal concerns the agent asked about, and the session is kept.
 */
export function createRenewal(managed: ManagedSessions, { clock, store }: SessionTools): Renew {
  const renewedFor = new WeakMap<Call<GatewaySecret>, Renewed>();
  const refusedTargets = createRefusedTargets(clock);

  /** The refusal of a young session. Without a store another instance may have taken it, which a retry may not meet. */
  const lostAgain = (problem: Problem) =>
    store || !mayConcernTarget(problem) ? problem : problem.with({ retryable: true });

  const prove = (session: AgentSession, secret: ManagedSecret, call: Call<GatewaySecret>) => {
    const address = { session, baseUrl: baseUrlOf(secret), connection: connectionOf(secret) };
    return isLive(address, call, managed.limiter(session, call), call.deadline);
  };

  const renew: Renew = async (refused, problem, secret, call) => {
    const { account, note } = call;
    const workno = String(call.input['workno']);
    const isAmbiguous = mayConcernTarget(problem) && workno !== refused.agentid;
    if (isAmbiguous && refusedTargets.has(account, workno)) {
      note('refused-alone');
      throw concernsTarget(problem);
    }
    const last = renewedFor.get(call);
    const isSecond = last?.session === refused;
    if (isSecond && !isAmbiguous) {
      note('refused-again');
      throw lostAgain(problem);
    }
    if (isSecond || refused.renewsRefused) {
      if ((isSecond && last.isProved) || (await prove(refused, secret, call))) {
        note('refused-alone');
        // The refusal may have passed: the lookup is sent once more before it counts.
        renewedFor.set(call, { session: refused, isProved: true });
        if (!isSecond) return refused;
        refusedTargets.add(account, workno);
        throw concernsTarget(problem);
      }
      const youngForMs = YOUNG_MS - ageMs(refused.signedInAt, clock);
      if (youngForMs > 0) {
        note('refused-again');
        throw isAmbiguous ? concernsEither(problem, youngForMs) : lostAgain(problem);
      }
    }
    const session = await managed.renew(refused, secret, call);
    renewedFor.set(call, { session, isProved: false });
    return session;
  };

  return async (refused, problem, secret, call) => {
    try {
      return await renew(refused, problem, secret, call);
    } catch (error) {
      throw afterRefusal(toProblem(retryableIfTaken(error)), problem);
    }
  };
}

function concernsTarget({ message, vendor }: Problem): Problem {
  const detail = `${message} That is said of this work number: the vendor takes our session for others. Ask again once its agent is signed in; it must be of the VDN of the agent that asks.`;
  return new Problem('vendor-rejected', detail, { ...(vendor && { vendor }) });
}

function concernsEither({ message, vendor }: Problem, retryAfterMs: number): Problem {
  const detail = `${message} That is said of this work number, or of our agent, which was signed in again less than a minute ago.`;
  const retryAfterSeconds = Math.ceil(retryAfterMs / 1000);
  return new Problem('vendor-rejected', detail, { retryable: true, retryAfterSeconds, ...(vendor && { vendor }) });
}

/** The failure of a renewal, with the refusal that asked for it. */
function afterRefusal(failure: Problem, refusal: Problem): Problem {
  const { vendor } = refusal;
  if (!vendor || failure.vendor === vendor || !failure.code.startsWith('vendor-')) return failure;
  return failure.with({ vendor, detail: `${refusal.message} The session could not be renewed: ${failure.message}` });
}
