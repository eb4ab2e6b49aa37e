import type { Call } from '../../credentials/credential.ts';
import { RetryLater } from '../../credentials/credential-cache.ts';
import type { FlightTime } from '../../credentials/flights.ts';
import type { Note } from '../../credentials/reasons.ts';
import type { HeldSecret } from '../../credentials/secret-store.ts';
import type { FleetMint } from '../../credentials/shared/fleet-mint.ts';
import { Problem } from '../../problem.ts';
import { toWall } from '../../time/moment.ts';
import { baseUrlOf, connectionOf } from './address.ts';
import { agentKey, type KeptSession, LIVE_MS, readSession, writeSession } from './kept-session.ts';
import type { Agent, GatewaySecret, ManagedSecret } from './secret.ts';
import type { AgentSession } from './session.ts';
import type { SessionTools } from './sessions.ts';
import { signIn } from './sign-in.ts';
import { refusesPassword } from './sign-in-failure.ts';

/** How long nobody signs an agent in after that failed, at most; at least half of it. */
const PAUSE_MS = 10_000;
/** For a refused password, which another try would lock: as good as for ever. A changed secret has another item. */
const UNTIL_THE_SECRET_CHANGES_MS = 10 * 365 * 24 * 3_600_000;

/** Who signs an agent in: a lookup's call, or the keeper. */
export interface SignInCaller {
  readonly account: string;
  readonly secret: HeldSecret<GatewaySecret>;
  readonly note: Note;
  readonly exchange: Call<GatewaySecret>['exchange'];
}

/** The session whose place another takes. */
export interface LastSession {
  /** The newest generation of the agent's item that is of no use: 0 where none is known. */
  readonly generation: number;
  /** Sessions of the agent that the gateway may still hold. */
  readonly replaces?: readonly AgentSession[];
}

export type SharedSignIn = (
  agent: Agent,
  secret: ManagedSecret,
  caller: SignInCaller,
  time: FlightTime,
  last: LastSession,
) => Promise<KeptSession>;

/**
 * Signs an agent in under its lease, so that in all the fleet nobody else does so meanwhile, and hands the session to
 * all. Throws RetryLater with the problem.
 */
export function shareSignIn(tools: SessionTools, fleetMint: FleetMint): SharedSignIn {
  const { clock, random, shareOf, refusedPasswords } = tools;
  return async (agent, secret, caller, time, last) => {
    const { note, secret: held } = caller;
    const refusal = refusedPasswords.get(caller, agent.agentid);
    if (refusal) {
      // The store has it too, unless it did not take it.
      note('backoff');
      throw new RetryLater(UNTIL_THE_SECRET_CHANGES_MS, refusal);
    }
    const key = agentKey(caller, agent.agentid);
    const baseUrl = baseUrlOf(secret);
    const { limiter } = shareOf(baseUrl, agent.agentid);
    // An item that had a session tells that the gateway refused it.
    const renewsRefused = last.generation > 0;
    const { replaces = [] } = last;

    const mint = async (): Promise<Omit<KeptSession, 'generation'>> => {
      note('minted');
      try {
        const connection = connectionOf(secret);
        const session = await signIn({ agent, secret, baseUrl, connection, limiter, replaces }, caller, clock, time);
        return { ...session, renewsRefused };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (!refusesPassword(error)) throw new RetryLater(PAUSE_MS * (0.5 + random() / 2), error);
        refusedPasswords.add(caller, agent.agentid, error);
        throw new RetryLater(UNTIL_THE_SECRET_CHANGES_MS, error);
      }
    };

    const { value, generation } = await fleetMint<Omit<KeptSession, 'generation'>>({
      key,
      sealer: held.sealer,
      beyond: last.generation,
      hasGood: false,
      time,
      note,
      mint,
      pack: (session) => writeSession(session, clock),
      unpack: (content) => readSession(content, 0, clock),
      endsAt: ({ obtainedAt }) => toWall(obtainedAt, clock) + LIVE_MS,
    });
    return { ...value, generation };
  };
}
