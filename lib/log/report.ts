import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { PROBLEMS } from '../problem.ts';
import type { Outcome, ReportOutcome } from './outcome.ts';

/**
 * One structured line a request, and its metrics in CloudWatch's embedded format. Nothing waits in here, so that two
 * invocations in one process never meet in the state that Powertools keeps between adding a metric and writing it.
 */
export function createReport(): ReportOutcome {
  const logger = new Logger();
  const metrics = new Metrics();
  return (outcome) => {
    logger[level(outcome)]('lookup', { ...outcome });
    metrics.addDimension('lookup', outcome.lookup);
    if (outcome.problem) metrics.addDimension('code', outcome.problem);
    metrics.addMetric(outcome.outcome === 'succeeded' ? 'Succeeded' : 'Failed', MetricUnit.Count, 1);
    metrics.addMetric('VendorTime', MetricUnit.Milliseconds, outcome.vendorMs);
    metrics.addMetric('Attempts', MetricUnit.Count, outcome.attempts);
    metrics.addMetric('CredentialRenewals', MetricUnit.Count, outcome.renewals?.length ?? 0);
    metrics.addMetric('UndocumentedFields', MetricUnit.Count, outcome.undocumentedFields ?? 0);
    metrics.publishStoredMetrics();
  };
}

function level({ problem }: Outcome): 'info' | 'warn' | 'error' {
  if (!problem) return 'info';
  return PROBLEMS[problem].status < 500 ? 'warn' : 'error';
}
