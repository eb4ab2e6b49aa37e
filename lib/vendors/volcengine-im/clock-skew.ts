import { parseHttpDate } from '../../http/http-date.ts';
import type { HttpAnswer } from '../../http/message.ts';

/** Two years. A clock that is off by more cannot verify a certificate, so the Date of the answer is wrong. */
const MAX_SKEW_MS = 2 * 365 * 24 * 3_600_000;

/**
 * Milliseconds by which the vendor's clock is ahead of ours, from the Date header of an answer.
 * @returns undefined if the header names no time that is believable
 */
export function clockSkewMs({ headers, receivedAt }: HttpAnswer): number | undefined {
  const vendorTime = parseHttpDate(headers['date'] ?? '', receivedAt);
  if (vendorTime === undefined) return undefined;
  const skewMs = vendorTime - receivedAt;
  return Math.abs(skewMs) <= MAX_SKEW_MS ? skewMs : undefined;
}
