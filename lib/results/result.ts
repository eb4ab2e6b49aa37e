import { createHash } from 'node:crypto';
import type { LookupAnswer } from '../pipeline/invocation.ts';
import { Problem } from '../problem.ts';

export const SOURCE = 'contact-lookups';

/**
 * A bus takes more since 2026, but what receives its events may not:
 * https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb/
 */
export const MAX_ENTRY_BYTES = 256 * 1024;
/**
 * What EventBridge counts for the time of an event:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/calculate-putevents-entry-size.html
 */
const TIME_BYTES = 14;
/** Of many broken rules of an input, the first that have so much room together are told. */
const MAX_ERRORS_BYTES = MAX_ENTRY_BYTES / 2;

/** Where a result comes from. */
export interface Origin {
  /**
   * The same each time the same message is answered, be it a second time after its result was published: a consumer drops
   * what it has seen.
   */
  readonly id: string;
  readonly lookup: string;
  /** The sender's own name for the request. */
  readonly correlationId?: string;
  /** Absent where the message names none that can be. */
  readonly account?: string;
  /** Lambda's, as in the log. */
  readonly requestId: string;
  /** The kind of trigger: `sqs`, `kinesis`, … */
  readonly trigger: string;
  /** The trigger's own name for the message. */
  readonly messageId: string;
}

/** An event as PutEvents takes it. */
export interface ResultEvent {
  readonly source: typeof SOURCE;
  readonly detailType: 'Lookup Succeeded' | 'Lookup Failed';
  /** JSON. */
  readonly detail: string;
}

/** What a receiver of a result reads, in an event's `detail` or a CloudEvent's `data`. */
export function detailOf(origin: Origin, result: LookupAnswer | Problem): Readonly<Record<string, unknown>> {
  if (result instanceof Problem) return { ...origin, problem: result.document(origin.requestId) };
  return { ...origin, data: result.data, meta: result.meta };
}

/** The event of a result. What no event can hold becomes a failed lookup that says so. */
export function describeResult(origin: Origin, result: LookupAnswer | Problem): ResultEvent {
  const event: ResultEvent = {
    source: SOURCE,
    detailType: result instanceof Problem ? 'Lookup Failed' : 'Lookup Succeeded',
    detail: JSON.stringify(detailOf(origin, result)),
  };
  if (sizeOf(event) <= MAX_ENTRY_BYTES) return event;
  if (result instanceof Problem) return result.errors?.length ? describeResult(origin, shorten(result)) : event;
  const detail = 'The result is larger than the 256 KiB of an event. Ask for less at once, or over HTTP.';
  return describeResult(origin, new Problem('result-too-large', detail));
}

function shorten(problem: Problem): Problem {
  const { errors = [] } = problem;
  let bytes = 0;
  const tooMany = errors.findIndex((error) => {
    bytes += Buffer.byteLength(JSON.stringify(error));
    return bytes > MAX_ERRORS_BYTES;
  });
  return problem.with({
    detail: `${problem.message} Not all of ${errors.length} errors fit into this event.`,
    errors: errors.slice(0, Math.max(0, tooMany)),
  });
}

/** Bytes of an entry, as EventBridge counts them. */
export function sizeOf({ source, detailType, detail }: ResultEvent): number {
  return TIME_BYTES + Buffer.byteLength(source) + Buffer.byteLength(detailType) + Buffer.byteLength(detail);
}

/** @param message what names the message among all that the lookup is ever sent */
export function resultId(lookup: string, message: string): string {
  return createHash('sha256').update(`${lookup}\n${message}`).digest('hex').slice(0, 32);
}
