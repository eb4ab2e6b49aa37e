import type { HttpAnswer } from '../../http/message.ts';

/**
 * Name and value of every cookie that an answer sets, over those that are kept and without those that it deletes
 * (RFC 6265, 5.3). Paths and domains are left aside: all requests of a session go to one address.
 */
export function readCookies(
  { cookies, receivedAt }: Pick<HttpAnswer, 'cookies' | 'receivedAt'>,
  kept: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const merged = new Map(kept);
  for (const cookie of cookies) {
    const [pair = '', ...attributes] = cookie.split(';');
    const [name, value] = splitAtEquals(pair);
    if (name === '' || value === undefined) continue;
    if (isDeleted(attributes, receivedAt)) merged.delete(name);
    else merged.set(name, value);
  }
  return merged;
}

/** Of an attribute that stands twice the last one counts, and `Max-Age` counts before `Expires`. */
function isDeleted(attributes: readonly string[], now: number): boolean {
  let maxAge: number | undefined;
  let expiresAt = Number.NaN;
  for (const attribute of attributes) {
    const [name, value = ''] = splitAtEquals(attribute);
    if (/^max-age$/i.test(name) && /^-?\d+$/.test(value)) maxAge = Number(value);
    // Old servers write dashes in the date. What is no date says nothing.
    if (/^expires$/i.test(name)) expiresAt = Date.parse(value.replaceAll('-', ' '));
  }
  return maxAge === undefined ? expiresAt <= now : maxAge <= 0;
}

function splitAtEquals(text: string): [name: string, value?: string] {
  const at = text.indexOf('=');
  return at < 0 ? [text.trim()] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
