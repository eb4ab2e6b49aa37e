import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { PROBLEMS } from '../problem.ts';
import type { Outcome, ReportOutcome } from './outcome.ts';

/**
 * One structured line a request, which is its metrics in CloudWatch's embedded format as well. Nothing waits in here,
 * so that two invocations in one process never meet in the state that Powertools keeps between a metric and its line.
 */
export function createReport(stage: string): ReportOutcome {
  const logger = new Logger();
  const metrics = new Metrics();
  return (outcome) => {
    metrics.addDimensions({ stage, lookup: outcome.lookup, ...(outcome.problem && { code: outcome.problem }) });
    metrics.addMetric(outcome.outcome === 'succeeded' ? 'Succeeded' : 'Failed', MetricUnit.Count, 1);
    metrics.addMetric('VendorTime', MetricUnit.Milliseconds, outcome.vendorMs);
    metrics.addMetric('Attempts', MetricUnit.Count, outcome.attempts);
    metrics.addMetric('CredentialRenewals', MetricUnit.Count, outcome.renewals?.length ?? 0);
    metrics.addMetric('UndocumentedFields', MetricUnit.Count, outcome.undocumentedFields ?? 0);
    // The logger writes the service itself, under the name that the metrics' dimension refers to.
    const { service: _service, ...embedded } = metrics.serializeMetrics();
    metrics.clearMetrics();
    metrics.clearDimensions();
    logger[level(outcome)]('lookup', { ...outcome, ...embedded });
  };
}

function level({ problem }: Outcome): 'info' | 'warn' | 'error' {
  if (!problem) return 'info';
  return PROBLEMS[problem].status < 500 ? 'warn' : 'error';
}
