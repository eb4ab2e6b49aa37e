import { Problem } from '../problem.ts';
import { startPublisher } from '../results/publisher.ts';
import { describeResult, eventRoom } from '../results/result.ts';
import { startDeadline } from '../time/deadline.ts';
import { runConcurrently } from '../time/run-concurrently.ts';
import { type Answered, answerMessage, type Delivery } from './answer-message.ts';
import { ageOfReturned, countFates } from './batch-report.ts';
import type { TriggerContext } from './trigger.ts';
import { startTurns } from './turns.ts';

/** What is kept, after the last answer, for publishing it and for telling the queue. */
const CLOSING_MS = 2_000;
/** Of that, for telling the queue. */
const VISIBILITY_RESERVE_MS = 500;
/** No message is begun with less than this for its lookup. */
const MIN_LOOKUP_MS = 3_000;
/** Of a lookup that walks pages, which would have fewer of them the later it is begun. */
const MIN_WALK_MS = 10_000;
/** So many results that the bus did not take, and none that it took meanwhile: as many as go in one request. */
const MAX_REFUSALS = 10;

/**
 * What became of a message: its result is on the bus, be it a failed one; or it goes back to where it came from. Then
 * `problem` says why there is no result, `unpublished` why the bus did not take it, and neither that it was not begun.
 */
export type Fate =
  | { readonly kind: 'published' }
  | { readonly kind: 'returned'; readonly problem?: Problem; readonly unpublished?: string };

export interface BatchRules {
  /** The trigger's name, as in the log and in results. */
  readonly trigger: string;
  /** Whether nothing is begun behind the first message that goes back: a stream is read from there again. */
  readonly stopsAtFirst?: boolean;
  /**
   * Tells the service when to deliver again what goes back, in the time that is kept for it.
   * @param fates one for each message, in their order
   * @returns for each message that the service was not told of, the code of why
   */
  delayReturned?(fates: readonly Fate[]): Promise<readonly string[]>;
}

/**
 * Answers the messages of one event, side by side as far as their vendor's rate goes. It ends before the function's time
 * does, and leaves what there is no time to begin.
 * @returns a fate for each, in their order
 * @throws Error where the stage has no bus for their results, or a mapping that cannot be read
 */
export async function answerBatch(
  deliveries: readonly Delivery[],
  { trigger, stopsAtFirst = false, delayReturned }: BatchRules,
  context: TriggerContext,
): Promise<Fate[]> {
  const { lookup, services } = context;
  const { bus, eventMapping, reportBatch } = services.messages;
  if (!bus) throw new Error('RESULT_BUS names no event bus: the results of this event would be lost.');
  // What is wrong with it is the stage's mistake, and no message's.
  await eventMapping.compile();
  const publishing = startDeadline(services.clock, context.remainingMs() - VISIBILITY_RESERVE_MS);
  const publisher = startPublisher(bus, services.clock, publishing.signal);

  const fates: Fate[] = deliveries.map(() => ({ kind: 'returned' }));
  const turns = startTurns(deliveries);
  const publications: Promise<void>[] = [];
  let lookupsUnderWay = 0;
  let refusals = 0;
  let stoppedAt = Number.POSITIVE_INFINITY;

  const lookupMs = () => context.remainingMs() - CLOSING_MS;
  const leastMs = lookup.walk ? MIN_WALK_MS : MIN_LOOKUP_MS;
  // A walk of one page would not come to its end; in another invocation it may.
  const hasPages = () => !lookup.walk || context.pages.left() > 0;
  // A bus that takes nothing will not take what would be asked of the vendor meanwhile.
  const mayBegin = (index: number) =>
    index < stoppedAt && refusals < MAX_REFUSALS && lookupMs() >= leastMs && hasPages();

  /** One that goes back leaves the rest of its group unbegun. */
  async function answer(index: number): Promise<void> {
    const delivery = deliveries[index];
    if (!delivery || !mayBegin(index)) return;
    lookupsUnderWay += 1;
    const answered = await answerMessage(delivery, trigger, context, lookupMs(), eventRoom);
    lookupsUnderWay -= 1;
    const publication = publish(answered).then((fate) => settle(index, fate));
    publications.push(publication);
    // Without a group, the next one needs not wait for this one's result to be published.
    if (delivery.group !== undefined) await publication;
  }

  async function publish({ origin, result }: Answered): Promise<Fate> {
    try {
      const isRetryable = result instanceof Problem && result.retryable;
      const publication = isRetryable ? undefined : publisher.publish(describeResult(origin, result));
      // No other result is on its way to go with those that wait.
      if (lookupsUnderWay === 0) publisher.flush();
      if (isRetryable) return { kind: 'returned', problem: result };
      const unpublished = await publication;
      return unpublished === undefined ? { kind: 'published' } : { kind: 'returned', unpublished };
    } catch (error) {
      // A defect of ours: the other messages must not be left alone with it.
      return { kind: 'returned', unpublished: (error as Error).name };
    }
  }

  function settle(index: number, fate: Fate): void {
    fates[index] = fate;
    if (fate.kind === 'published') {
      refusals = 0;
      turns.passOn(deliveries[index]?.group);
      return;
    }
    if (fate.unpublished) refusals += 1;
    if (stopsAtFirst) stoppedAt = Math.min(stoppedAt, index);
  }

  try {
    await runConcurrently(lookup.vendor.maxConcurrency, turns.take, answer);
    await Promise.all(publications);
  } finally {
    publishing.end();
  }
  const visibilityFailures = (await delayReturned?.(fates)) ?? [];
  reportBatch({
    lookup: lookup.name,
    requestId: context.requestId,
    trigger,
    ...countFates(fates, visibilityFailures),
    ...ageOfReturned(deliveries, fates, services.clock.now()),
  });
  return fates;
}
