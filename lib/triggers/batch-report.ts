import { createLogLine } from '../log/log-line.ts';
import type { ProblemCode } from '../problem.ts';
import type { Delivery } from './answer-message.ts';
import type { Fate } from './batch.ts';

/** What one batch of messages tells of itself, beside the line of each lookup. */
export interface BatchOutcome {
  readonly lookup: string;
  readonly requestId: string;
  readonly trigger: string;
  readonly messages: number;
  readonly published: number;
  /** Those that go back. */
  readonly returned: number;
  /** Milliseconds since the oldest of those was sent, of a queue's. */
  readonly returnedAgeMs?: number;
  /** Of those that go back, the ones that were not begun. */
  readonly notBegun: number;
  /** Why messages go back, by problem code. */
  readonly problems: Readonly<Partial<Record<ProblemCode, number>>>;
  /** Codes of EventBridge or of its client, for results that it did not take. */
  readonly unpublished: Readonly<Record<string, number>>;
  /** Codes of why the messages' service could not be told when to deliver some again: they come at a time of its own. */
  readonly visibilityFailures: Readonly<Record<string, number>>;
}

export type ReportBatch = (outcome: BatchOutcome) => void;

/** One line a batch. Its writer is made with the first one: HTTP never needs it. */
export function createBatchReport(stage: string): ReportBatch {
  let write: ReturnType<typeof createLogLine> | undefined;
  return (outcome) => {
    write ??= createLogLine();
    const unpublished = sum(outcome.unpublished);
    write({
      level: unpublished > 0 || sum(outcome.visibilityFailures) > 0 ? 'error' : outcome.returned > 0 ? 'warn' : 'info',
      message: 'batch',
      fields: { ...outcome },
      dimensions: { stage, lookup: outcome.lookup, trigger: outcome.trigger },
      counts: {
        Messages: outcome.messages,
        MessagesReturned: outcome.returned,
        ResultsUnpublished: unpublished,
      },
      ...(outcome.returnedAgeMs !== undefined && { milliseconds: { ReturnedMessageAge: outcome.returnedAgeMs } }),
    });
  };
}

/** SQS keeps no message for longer: an older one is a clock that was set. */
const LONGEST_AGE_MS = 14 * 24 * 60 * 60_000;

type Counts = Omit<BatchOutcome, 'lookup' | 'requestId' | 'trigger' | 'returnedAgeMs'>;

export function countFates(fates: readonly Fate[], visibilityFailures: readonly string[]): Counts {
  const returned = fates.filter((fate) => fate.kind === 'returned');
  const problems = tally(returned.flatMap(({ problem }) => problem?.code ?? []));
  const unpublished = tally(returned.flatMap(({ unpublished: code }) => code ?? []));
  return {
    messages: fates.length,
    published: fates.length - returned.length,
    returned: returned.length,
    notBegun: returned.length - sum(problems) - sum(unpublished),
    problems,
    unpublished,
    visibilityFailures: tally(visibilityFailures),
  };
}

/**
 * How long the oldest message that goes back is under way. A standard queue's own metric of age leaves out what was received
 * three times: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export function ageOfReturned(
  deliveries: readonly Pick<Delivery, 'sentAt'>[],
  fates: readonly Fate[],
  now: number,
): Pick<BatchOutcome, 'returnedAgeMs'> {
  const sent = deliveries.flatMap(({ sentAt }, index) =>
    fates[index]?.kind === 'returned' && Number.isFinite(sentAt) ? [sentAt as number] : [],
  );
  // In a loop, since a batch may have ten thousand where it is wired by hand.
  const oldest = sent.reduce((least, sentAt) => Math.min(least, sentAt), now);
  return sent.length > 0 ? { returnedAgeMs: Math.min(now - oldest, LONGEST_AGE_MS) } : {};
}

/** How often each is there. */
function tally<Code extends string>(codes: readonly Code[]): Record<Code, number> {
  const counts = {} as Record<Code, number>;
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function sum(counts: Readonly<Record<string, number | undefined>>): number {
  return Object.values(counts).reduce<number>((total, count) => total + (count ?? 0), 0);
}
