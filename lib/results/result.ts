import { createHash } from 'node:crypto';
import type { LookupAnswer } from '../pipeline/invocation.ts';
import { type Room, utf8Bytes } from '../pipeline/room.ts';
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
const SUCCEEDED = 'Lookup Succeeded';
const FAILED = 'Lookup Failed';

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
  readonly detailType: typeof SUCCEEDED | typeof FAILED;
  /** JSON. */
  readonly detail: string;
}

/** What a receiver of a result reads, in an event's `detail` or a CloudEvent's `data`. */
export function detailOf(origin: Origin, result: LookupAnswer | Problem): Readonly<Record<string, unknown>> {
  if (result instanceof Problem) return { ...origin, problem: result.document(origin.requestId) };
  const { data, meta, undocumented } = result;
  return { ...origin, data, meta, ...(undocumented !== undefined && { undocumented }) };
}

export function describeResult(origin: Origin, result: LookupAnswer | Problem): ResultEvent {
  return {
    source: SOURCE,
    detailType: result instanceof Problem ? FAILED : SUCCEEDED,
    detail: JSON.stringify(detailOf(origin, result)),
  };
}

/** What an event has for the answer of a lookup, to the byte. A problem is always smaller. */
export function eventRoom(origin: Origin): Room {
  const whole = sizeOf({ source: SOURCE, detailType: SUCCEEDED, detail: JSON.stringify(origin) });
  // The members of the answer go into the same object: two braces less, and a comma more.
  return { bytes: MAX_ENTRY_BYTES - whole + 1, limit: 'the 256 KiB of an event', sizeOf: utf8Bytes };
}

/** Bytes of an entry, as EventBridge counts them. */
export function sizeOf({ source, detailType, detail }: ResultEvent): number {
  return TIME_BYTES + Buffer.byteLength(source) + Buffer.byteLength(detailType) + Buffer.byteLength(detail);
}

/** @param message what names the message among all that the lookup is ever sent */
export function resultId(lookup: string, message: string): string {
  return createHash('sha256').update(`${lookup}\n${message}`).digest('hex').slice(0, 32);
}
