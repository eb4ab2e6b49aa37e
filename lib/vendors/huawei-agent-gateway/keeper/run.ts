import type { Call } from '../../../credentials/credential.ts';
import type { FlightTime } from '../../../credentials/flights.ts';
import { createFleetMint } from '../../../credentials/shared/fleet-mint.ts';
import type { KeepingCounts } from '../../../log/keeping.ts';
import { runExchange } from '../../../pipeline/exchange.ts';
import { startTally } from '../../../pipeline/invocation.ts';
import { createRetryBudgets } from '../../../pipeline/retry-budget.ts';
import type { Problem } from '../../../problem.ts';
import { startDeadline } from '../../../time/deadline.ts';
import { createMsUntil, type MsUntil } from '../../../time/told-end.ts';
import { createAgentShares } from '../agent-share.ts';
import { createRefusedPasswords } from '../refused-passwords.ts';
import { type SharedSignIn, shareSignIn } from '../shared-sign-in.ts';
import type { KeeperServices } from './services.ts';

/** What the runs of a process keep sessions with. */
export interface KeeperTools extends Pick<KeeperServices, 'clock' | 'random' | 'store'> {
  readonly exchange: Call<unknown>['exchange'];
  readonly signIn: SharedSignIn;
  readonly msUntil: MsUntil;
}

export function createKeeperTools({ clock, random, store, transport }: KeeperServices): KeeperTools {
  const exchangeTools = { clock, random, transport, budgets: createRetryBudgets() };
  const shareOf = createAgentShares(clock);
  const refusedPasswords = createRefusedPasswords();
  const sessionTools = { clock, random, store, shareOf, refusedPasswords };
  return {
    clock,
    random,
    store,
    exchange: (exchange, time) => runExchange(exchange, time, startTally(), exchangeTools),
    signIn: shareSignIn(sessionTools, createFleetMint(store, clock, random)),
    msUntil: createMsUntil(clock),
  };
}

/** One run for one account. */
export interface Run {
  readonly tools: KeeperTools;
  /** Aborted once another run has the account, or the time is over. */
  readonly signal: AbortSignal;
  /** From then on nothing is begun that may take as long as a poll; by the monotonic clock. */
  readonly closesAt: number;
  readonly counts: { -readonly [Name in keyof KeepingCounts]: KeepingCounts[Name] };
  /** The last failure of each agent that had one, by its work number. */
  readonly failures: Map<string, Problem>;
  /** Why the secret could not be read, where the one that was read last is used. */
  secretFailure: Problem | undefined;
}

export function startCounts(): Run['counts'] {
  return { polls: 0, renewals: 0, signIns: 0, lost: 0, adopted: 0, signedOut: 0, storeFailures: 0 };
}

/** Work that may take so many milliseconds, and ends with the run in any case. */
export async function within<Result>(
  milliseconds: number,
  { tools, signal }: Run,
  work: (time: FlightTime) => Promise<Result>,
): Promise<Result> {
  const deadline = startDeadline(tools.clock, milliseconds);
  try {
    return await work({ left: deadline.left, signal: AbortSignal.any([deadline.signal, signal]) });
  } finally {
    deadline.end();
  }
}
