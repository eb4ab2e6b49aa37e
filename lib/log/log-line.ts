import { Logger, LogLevelThreshold } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

const LEVELS = { info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;

interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Counts by their names. */
  readonly counts: Readonly<Record<string, number>>;
  readonly milliseconds?: Readonly<Record<string, number>>;
}

/**
 * Writes one structured line, which is its metrics in CloudWatch's embedded format as well. If the stage's log level drops
 * the line, its metrics are written alone. Nothing waits in here, so that two invocations in one instance never meet in
 * the state that Powertools keeps between a metric and its line.
 */
export function createLogLine(): (line: LogLine) => void {
  const logger = new Logger();
  const metrics = new Metrics();
  return ({ level, message, fields, dimensions, counts, milliseconds = {} }) => {
    metrics.addDimensions(dimensions);
    for (const [name, value] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, value);
    for (const [name, value] of Object.entries(milliseconds)) metrics.addMetric(name, MetricUnit.Milliseconds, value);
    // Lambda drops a JSON line whose level is below its own, and takes one without level and timestamp for INFO:
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    if (LogLevelThreshold[LEVELS[level]] < logger.level) {
      metrics.addMetadata('level', process.env['AWS_LAMBDA_LOG_LEVEL'] ?? LEVELS[level]);
      metrics.addMetadata('timestamp', new Date().toISOString());
      metrics.publishStoredMetrics();
      return;
    }
    // The logger writes the service itself, under the name that the metrics' dimension refers to.
    const { service: _service, ...embedded } = metrics.serializeMetrics();
    metrics.clearMetrics();
    metrics.clearDimensions();
    logger[level](message, { ...fields, ...embedded });
  };
}
