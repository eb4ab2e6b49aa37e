import { Problem } from '../problem.ts';
import type { Caller } from './account-access.ts';
import { parseContent } from './content.ts';
import { INCLUDE } from './message.ts';
import { decodeUtf8, notUtf8 } from './utf8.ts';

const MAX_BODY_BYTES = 64 * 1024;
const UNDOCUMENTED = 'x-undocumented';

/** A request over HTTP, whichever service brought it. */
export interface HttpRequest {
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | null | undefined;
  readonly isBase64Encoded: boolean;
  readonly caller: Caller;
}

export interface HttpAnswer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Answers hold personal data and some hold passwords: nothing on the way may keep them. */
export function startHeaders(): Record<string, string> {
  return { 'cache-control': 'no-store' };
}

/** `application/problem+json` (RFC 9457). */
export function refuse(problem: Problem, requestId: string, headers: Record<string, string>): HttpAnswer {
  headers['content-type'] = 'application/problem+json';
  if (problem.retryAfterSeconds !== undefined) headers['retry-after'] = String(problem.retryAfterSeconds);
  return { status: problem.status, headers, body: JSON.stringify(problem.document(requestId)) };
}

/** @throws Problem `invalid-input` where the body is compressed, not JSON by its content type or by itself, or over 64 KiB */
export function readJsonBody(request: HttpRequest): unknown {
  refuseCompressed(request);
  if (!isJson(request.headers['content-type'])) {
    throw new Problem('invalid-input', 'The request must have the content type application/json.', { status: 415 });
  }
  return parseContent(readText(request), 'request body');
}

/**
 * The body; empty where there is none.
 * @throws Problem `invalid-input` where it is over 64 KiB, or not UTF-8
 */
export function readText({ headers, body, isBase64Encoded }: HttpRequest): string {
  const text = body ?? '';
  if (Buffer.byteLength(text, isBase64Encoded ? 'base64' : 'utf8') > MAX_BODY_BYTES) {
    throw new Problem('invalid-input', 'The request body is larger than 64 KiB.', { status: 413 });
  }
  if (isBase64Encoded) return decodeUtf8(Buffer.from(text, 'base64'), 'request body');
  if (!text.isWellFormed() || hasLostBytes(text, headers['content-length'])) throw notUtf8('request body');
  return text;
}

/**
 * Whether the service has put U+FFFD in the place of bytes that are no text. It is a character like any other, so the number
 * of bytes that the client has sent must tell.
 */
function hasLostBytes(text: string, sentBytes: string | undefined): boolean {
  if (sentBytes === undefined || !/^\d+$/.test(sentBytes)) return false;
  return text.includes('\ufffd') && Buffer.byteLength(text) !== Number(sentBytes);
}

/**
 * A body is read as it is. To unpack it would let 64 KiB become anything.
 * @throws Problem `invalid-input` for a body that says that it is compressed
 */
export function refuseCompressed({ headers }: HttpRequest): void {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return;
  const detail = 'The request body is compressed, by its Content-Encoding. Send it as plain JSON, without that header.';
  throw new Problem('invalid-input', detail, { status: 415 });
}

export function asksForUndocumented({ headers }: HttpRequest): boolean {
  return headers[UNDOCUMENTED]?.trim() === INCLUDE;
}

/** @throws Problem `invalid-input` for any other value than the one that the header has */
export function checkUndocumented(request: HttpRequest): void {
  if (request.headers[UNDOCUMENTED] === undefined || asksForUndocumented(request)) return;
  throw new Problem('invalid-input', `The header ${UNDOCUMENTED} must be ${INCLUDE}, or absent.`);
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType?.trim() ?? '');
}
