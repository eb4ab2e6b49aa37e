/** Longer waits than this are told to nobody: a broken header must not park a client for a day. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** Milliseconds that a `Retry-After` header asks to wait (RFC 9110, 10.2.3: seconds or a date), at most one hour. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const value = header?.trim();
  if (!value) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(0, milliseconds), MAX_RETRY_AFTER_MS);
}
