import { StoreUnavailable } from '../../../credentials/shared/store.ts';
import type { AgentWarning, Keeping, KeepingOutcome } from '../../../log/keeping.ts';
import { type LoggableProblem, loggableProblem } from '../../../log/loggable-problem.ts';
import { type Problem, toProblem } from '../../../problem.ts';
import { passwordWarnings } from '../password.ts';
import type { KeptAgent } from './kept-account.ts';
import type { Run } from './run.ts';

/** What the gateway's codes look like, and HTTP statuses. Whatever else stands in their place may be anything. */
const CODE = /^\d{3}(-\d{3})?$/;

interface Ended {
  readonly account: string;
  readonly requestId: string;
  readonly startedAt: number;
  readonly outcome: KeepingOutcome;
  /** Why the run failed. */
  readonly error: unknown;
  readonly agents: readonly KeptAgent[];
}

/** What a run tells of itself in the log. */
export function describeKeeping({ startedAt, error, agents, ...ended }: Ended, run: Run): Keeping {
  const failures = [...run.failures].map(([agentid, problem]) => ({ agentid, ...withoutText(problem) }));
  const now = run.tools.clock.now();
  const warnings = agents.flatMap((kept) => warningsOf(kept, now));
  return {
    ...ended,
    ...describeFailure(error ?? run.secretFailure),
    milliseconds: now - startedAt,
    agents: agents.length,
    agentsKept: agents.filter(({ session, polledAt }) => session && polledAt >= startedAt).length,
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

function warningsOf({ agent: { agentid }, session }: KeptAgent, now: number): AgentWarning[] {
  return session ? passwordWarnings(session, now).map((warning) => ({ agentid, ...warning })) : [];
}
