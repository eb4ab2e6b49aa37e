import { expect, test } from 'vitest';
import { type BatchOutcome, createBatchReport } from '../../../lib/triggers/batch-report.ts';
import { lineOf as lineOfReport } from '../../support/reports.ts';

const QUIET: BatchOutcome = {
  lookup: 'findOnlineAgent',
  requestId: '7c2b1f6e-3c1d-4f0e-9d0e-2a0f3f1c9f10',
  trigger: 'sqs',
  messages: 3,
  published: 3,
  returned: 0,
  notBegun: 0,
  problems: {},
  unpublished: {},
  visibilityFailures: {},
};

const lineOf = (outcome: BatchOutcome) => lineOfReport(() => createBatchReport('prod')(outcome));

test('the age of what goes back is a metric of stage, lookup and trigger, which an alarm is on', () => {
  const line = lineOf({ ...QUIET, published: 1, returned: 2, returnedAgeMs: 1_900_000 });
  expect(line).toMatchObject({
    level: 'WARN',
    service: 'contact-lookups',
    stage: 'prod',
    lookup: 'findOnlineAgent',
    trigger: 'sqs',
    ReturnedMessageAge: 1_900_000,
  });
  const [metrics] = line._aws.CloudWatchMetrics;
  expect(metrics.Namespace).toBe('ContactLookups');
  expect(metrics.Dimensions.map((names: string[]) => [...names].sort())).toEqual([
    ['lookup', 'service', 'stage', 'trigger'],
  ]);
  expect(metrics.Metrics).toContainEqual({ Name: 'ReturnedMessageAge', Unit: 'Milliseconds' });
});

test('what is not published is a metric too', () => {
  const unpublished = { ThrottlingException: 1, TimeoutError: 2 };
  const line = lineOf({ ...QUIET, published: 0, returned: 3, unpublished });
  expect(line).toMatchObject({ Messages: 3, MessagesReturned: 3, ResultsUnpublished: 3 });
  expect(line._aws.CloudWatchMetrics[0].Metrics).toContainEqual({ Name: 'ResultsUnpublished', Unit: 'Count' });
});

test('a batch of which nothing goes back has no such age', () => {
  const line = lineOf(QUIET);
  expect(line).toMatchObject({ level: 'INFO', message: 'batch', Messages: 3, MessagesReturned: 0 });
  expect(line).not.toHaveProperty('ReturnedMessageAge');
});

test.each([
  ['a result was not published', { unpublished: { ThrottlingException: 1 } }],
  ['a queue could not be told', { visibilityFailures: { AccessDenied: 1 } }],
])('it is an error where %s', (_what, trouble) => {
  expect(lineOf({ ...QUIET, published: 2, returned: 1, ...trouble }).level).toBe('ERROR');
});
