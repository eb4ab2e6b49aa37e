import { PROBLEMS } from '../problem.ts';
import { createLogLine } from './log-line.ts';
import type { Outcome, ReportOutcome } from './outcome.ts';

/** One line a request. */
export function createReport(stage: string): ReportOutcome {
  const write = createLogLine();
  return (outcome) =>
    write({
      level: level(outcome),
      message: 'lookup',
      fields: { ...outcome },
      dimensions: { stage, lookup: outcome.lookup, ...(outcome.problem && { code: outcome.problem }) },
      counts: {
        [outcome.outcome === 'succeeded' ? 'Succeeded' : 'Failed']: 1,
        Attempts: outcome.attempts,
        CredentialRenewals: outcome.renewals?.length ?? 0,
        CredentialWarnings: outcome.warnings?.length ?? 0,
        UndocumentedFields: outcome.undocumentedFields?.length ?? 0,
        InvalidRows: outcome.invalidRowCount ?? 0,
      },
      milliseconds: { VendorTime: outcome.vendorMs },
    });
}

function level({ problem, invalidRowCount }: Outcome): 'info' | 'warn' | 'error' {
  if (!problem) return invalidRowCount ? 'warn' : 'info';
  return PROBLEMS[problem].status < 500 ? 'warn' : 'error';
}
