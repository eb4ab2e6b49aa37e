import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReport } from '../../../lib/log/report.ts';
import { breakDown, fail, giveBack, keep, LOOKUP, publish, succeed } from '../../support/reports.ts';

const REPORTS = [
  ['a lookup that succeeded', 'INFO', 'Succeeded', 1, succeed],
  ['a lookup that failed', 'WARN', 'Failed', 1, fail],
  ['a lookup whose vendor failed', 'ERROR', 'Failed', 1, breakDown],
  ['a batch', 'INFO', 'Messages', 3, publish],
  ['a batch with messages that return to the queue', 'WARN', 'MessagesReturned', 3, giveBack],
  ['a run that keeps sessions', 'INFO', 'SignIns', 2, keep],
] as const;

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'];

let lines: string[] = [];

beforeEach(() => {
  lines = [];
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'contact-lookups');
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'ContactLookups');
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The one line that was written, without the mocks that would swallow a failure's text. */
function line() {
  vi.restoreAllMocks();
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

function expectMetric(written: ReturnType<typeof line>, name: string, value: number) {
  const [{ Namespace, Dimensions, Metrics }] = written._aws.CloudWatchMetrics;
  expect(Namespace).toBe('ContactLookups');
  expect(Metrics).toContainEqual({ Name: name, Unit: 'Count' });
  expect(written[name]).toBe(value);
  for (const dimension of Dimensions[0]) expect(written[dimension]).toEqual(expect.any(String));
}

describe.each(REPORTS)('the metrics of %s, at %s,', (_, level, metric, value, report) => {
  it.each(
    ['AWS_LAMBDA_LOG_LEVEL', 'POWERTOOLS_LOG_LEVEL', 'LOG_LEVEL'].flatMap((variable) => {
      const levels =
        variable === 'AWS_LAMBDA_LOG_LEVEL' ? ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] : LEVELS;
      return levels.map((threshold) => [variable, threshold] as const);
    }),
  )('are written with %s=%s', (variable, threshold) => {
    vi.stubEnv(variable, threshold);

    report();

    expectMetric(line(), metric, value);
  });

  it.each(['WARN', 'ERROR', 'FATAL'])('pass Lambda’s own filter of %s and above', (threshold) => {
    vi.stubEnv('AWS_LAMBDA_LOG_LEVEL', threshold);

    report();

    const order = ['INFO', 'WARN', 'ERROR', 'FATAL'];
    const written = line();
    expect(order.indexOf(written.level)).toBe(Math.max(order.indexOf(level), order.indexOf(threshold)));
    expect(written.timestamp).toBe(new Date(written.timestamp).toISOString());
  });
});

it('a line that its level drops leaves nothing but its metrics', () => {
  vi.stubEnv('AWS_LAMBDA_LOG_LEVEL', 'ERROR');

  succeed();

  const written = line();
  expect(Object.keys(written).sort()).toEqual(
    [
      ...['_aws', 'level', 'timestamp', 'service', 'stage', 'lookup'],
      ...['Succeeded', 'Attempts', 'CredentialRenewals', 'CredentialWarnings', 'UndocumentedFields', 'InvalidRows'],
      'VendorTime',
    ].sort(),
  );
});

it('the next line has none of the metrics of a line that was dropped', () => {
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'ERROR');
  const report = createReport('prod');

  report({ ...LOOKUP, outcome: 'succeeded' });
  report({ ...LOOKUP, outcome: 'failed', problem: 'vendor-unavailable' });

  vi.restoreAllMocks();
  const [first, second] = lines.map((text) => JSON.parse(text));
  expect(first).toHaveProperty('Succeeded', 1);
  expect(second).not.toHaveProperty('Succeeded');
  expect(second).toMatchObject({ level: 'ERROR', message: 'lookup', Failed: 1, code: 'vendor-unavailable' });
});
