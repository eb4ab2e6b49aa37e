import { StoreUnavailable } from '../../../credentials/shared/store.ts';
import type { AgentWarning, Keeping, KeepingOutcome } from '../../../log/keeping.ts';
import { type LoggableProblem, loggableProblem } from '../../../log/loggable-problem.ts';
import { type Problem, toProblem } from '../../../problem.ts';
import { passwordWarnings } from '../password.ts';
import { VDN_DIFFERS } from '../vdn.ts';
import type { KeptAgent } from './kept-account.ts';
import type { Run } from './run.ts';

/** What the gateway's codes look like, and HTTP statuses. Whatever else stands in their place may be anything. */
const CODE = /^\d{3}(-\d{3}){0,2}$/;

interface Ended {
  readonly account: string;
  readonly requestId: string;
  /** By the monotonic clock. */
  readonly startedAt: number;
  readonly outcome: KeepingOutcome;
  /** Why the run failed. */
  readonly error: unknown;
  readonly agents: readonly KeptAgent[];
}

/** What a run tells of itself in the log. */
export function describeKeeping({ startedAt, error, agents, ...ended }: Ended, run: Run): Keeping {
  const failures = [...run.failures].map(([agentid, problem]) => ({ agentid, ...withoutText(problem) }));
  const { clock } = run.tools;
  const vdnid = agents.find(({ session }) => session?.vdnid)?.session?.vdnid;
  const warnings = agents.flatMap((kept) => warningsOf(kept, vdnid, clock.now()));
  return {
    ...ended,
    ...describeFailure(error ?? run.secretFailure),
    milliseconds: Math.round(clock.monotonic() - startedAt),
    agents: agents.length,
    agentsKept: agents.filter(({ session, polledAt }) => session && polledAt && polledAt.monotonic >= startedAt).length,
    ...run.counts,
    ...(failures.length > 0 && { failures }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function withoutText(problem: Problem): LoggableProblem {
  const { vendorCode, ...rest } = loggableProblem(problem);
  return { ...rest, ...(vendorCode !== undefined && CODE.test(vendorCode) && { vendorCode }) };
}

function describeFailure(error: unknown): Pick<Keeping, 'problem' | 'stack'> {
  if (error === undefined) return {};
  if (error instanceof StoreUnavailable) return { problem: 'store-unavailable' };
  return withoutText(toProblem(error));
}

/** @param vdnid of the account's first agent */
function warningsOf(
  { agent: { agentid }, session }: KeptAgent,
  vdnid: string | undefined,
  now: number,
): AgentWarning[] {
  if (!session) return [];
  const differs = session.vdnid !== undefined && session.vdnid !== vdnid;
  const warnings = [...passwordWarnings(session, now), ...(differs ? [{ warning: VDN_DIFFERS }] : [])];
  return warnings.map((warning) => ({ agentid, ...warning }));
}
