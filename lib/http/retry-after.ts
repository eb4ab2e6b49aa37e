import { parseHttpDate } from './http-date.ts';

/** Longer waits than this are told to nobody: a broken header must not park a client for a day. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** RFC 9110 has whole seconds; fractions are seen all the same. */
const SECONDS = /^\d+(?:\.\d+)?$/;

/**
 * Milliseconds that a `Retry-After` header asks to wait (RFC 9110, 10.2.3: seconds or a date), at most one hour; whole
 * seconds where it names seconds. Undefined where it cannot be read.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const value = header?.trim() ?? '';
  const milliseconds = SECONDS.test(value) ? Math.ceil(Number(value)) * 1000 : untilDate(value, now);
  if (milliseconds === undefined) return undefined;
  return Math.min(Math.max(0, milliseconds), MAX_RETRY_AFTER_MS);
}

function untilDate(text: string, now: number): number | undefined {
  const date = parseHttpDate(text, now);
  return date === undefined ? undefined : date - now;
}
