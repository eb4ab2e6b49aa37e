import { createLogLine } from './log-line.ts';
import type { LoggableProblem } from './loggable-problem.ts';

/** How often something happened in one run. */
export interface KeepingCounts {
  /** Polls that the vendor answered. */
  readonly polls: number;
  /** Credentials that an answer renewed. */
  readonly renewals: number;
  readonly signIns: number;
  /** Sessions that had ended at the vendor. */
  readonly lost: number;
  /** Sessions that another process had put in the place of ours. */
  readonly adopted: number;
  readonly signedOut: number;
  readonly storeFailures: number;
}

export interface AgentFailure extends LoggableProblem {
  readonly agentid: string;
}

export interface AgentWarning {
  readonly agentid: string;
  readonly warning: string;
  readonly passwordDaysLeft?: number;
}

/**
 * How a run ended for an account: its sessions were `kept`; there was `nothing-to-keep`, since the secret is gone or
 * says so; another run had the account all the time (`waited`), or took it over in the middle (`lease-lost`); `failed`.
 */
export type KeepingOutcome = 'kept' | 'nothing-to-keep' | 'waited' | 'lease-lost' | 'failed';

/** What one run that keeps sessions tells of itself for one account: coded values and numbers alone. */
export interface Keeping extends KeepingCounts {
  readonly account: string;
  readonly requestId: string;
  readonly outcome: KeepingOutcome;
  /** Why the run failed; or why the secret could not be read, and the one that was read last was used. */
  readonly problem?: LoggableProblem['problem'] | 'store-unavailable';
  readonly stack?: readonly string[];
  readonly milliseconds: number;
  /** Agents of the account. */
  readonly agents: number;
  /** Those among them whose session was polled in this run, and lives. */
  readonly agentsKept: number;
  /** The last failure of each agent that had one. */
  readonly failures?: readonly AgentFailure[];
  readonly warnings?: readonly AgentWarning[];
}

/** Where keepings go: the log and the metrics. */
export type ReportKeeping = (keeping: Keeping) => void;

/** One line a run and account. */
export function createKeepingReport(stage: string): ReportKeeping {
  const write = createLogLine();
  return (keeping) => {
    const { outcome, signIns, renewals, lost, warnings = [] } = keeping;
    const hadAgents = outcome !== 'nothing-to-keep' || keeping.polls > 0;
    const daysLeft = warnings.flatMap(({ passwordDaysLeft }) => passwordDaysLeft ?? []);
    write({
      level: level(keeping),
      message: 'keeping',
      fields: { ...keeping },
      dimensions: { stage },
      counts: {
        // Of a run that was not in charge, or not asked to, a 0 would say that agents are missing.
        ...((outcome === 'kept' || outcome === 'failed') && { AgentsKept: keeping.agentsKept }),
        // CloudWatch charges for a metric by the hours in which it occurs, also as 0.
        ...(hadAgents && {
          SignIns: signIns,
          GuidRenewals: renewals,
          SessionsLost: lost,
          CredentialWarnings: warnings.length,
        }),
        ...(daysLeft.length > 0 && { PasswordDaysLeft: Math.min(...daysLeft) }),
      },
    });
  };
}

function level({ outcome, problem, failures, warnings, storeFailures }: Keeping): 'info' | 'warn' | 'error' {
  if (outcome === 'failed') return 'error';
  return problem || failures || warnings || storeFailures > 0 ? 'warn' : 'info';
}
