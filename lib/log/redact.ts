import { cutText } from './cut-text.ts';
import { decodedCopies, UNKNOWN_BYTES, UNKNOWN_NAME } from './decoded-copies.ts';

const REDACTED = '[redacted]';
/** Shorter texts stand in ordinary words: redacting them would shred a message and tell more than it hides. */
const MIN_LENGTH = 4;
/** The longest spelling of one character that is looked for: a surrogate pair as two escapes, in JSON in JSON. */
const LONGEST_SPELLING = 14;
/** Characters of a vendor's text that are shown. */
const MAX_VENDOR_TEXT = 300;

/** Whether `text` holds a secret that is too short for `redact`: then the text as a whole has to go. */
export function holdsShortSecret(text: string, secrets: Iterable<string>): boolean {
  return [...secrets].some((secret) => secret !== '' && secret.length < MIN_LENGTH && text.includes(secret));
}

/** Replaces every occurrence of every secret, as it is and in the spellings that vendors echo. */
export function redact(text: string, secrets: Iterable<string>): string {
  let redacted = text;
  for (const secret of [...secrets].sort((one, other) => other.length - one.length)) {
    if (secret.length < MIN_LENGTH) continue;
    for (const spelling of spellings(secret)) redacted = redacted.replaceAll(spelling, REDACTED);
  }
  return redacted;
}

/**
 * A vendor's text, redacted and cut to the length that is shown.
 * @returns undefined if it holds a secret in a spelling that `redact` does not know, or one that is too short for it
 */
export function redactVendorText(text: string, secrets: Iterable<string>): string | undefined {
  const all = [...secrets];
  const redacted = redact(text.toWellFormed(), all);
  const longest = Math.max(0, ...all.map(({ length }) => length));
  // A secret that begins beyond the shown part is cut off with the rest.
  const visible = redacted.slice(0, 2 * MAX_VENDOR_TEXT + longest * LONGEST_SPELLING);
  if (holdsShortSecret(visible, all) || hidesSecret(visible, all)) return undefined;
  return cutText(redacted, MAX_VENDOR_TEXT);
}

/** Whether the text holds a secret in any spelling, of which escapes and encodings make many. */
export function hidesSecret(text: string, secrets: Iterable<string>): boolean {
  const matchers = [...secrets].filter(({ length }) => length >= MIN_LENGTH).map(looseMatcher);
  return matchers.length > 0 && decodedCopies(text).some((copy) => matchers.some((holds) => holds(copy)));
}

/** Tells whether a text holds the secret, where characters beyond letters and digits may be unknown in it. */
function looseMatcher(secret: string): (text: string) => boolean {
  const isPlain = (char: string) => /[a-z\d]/i.test(char);
  const characters = Array.from(secret);
  if (characters.every(isPlain)) return (text) => text.includes(secret);
  // Noise is full of unknown bytes: without enough plain characters between, it would hold every secret.
  const unknown =
    characters.filter(isPlain).length < MIN_LENGTH ? UNKNOWN_NAME : `${UNKNOWN_NAME}|${UNKNOWN_BYTES}{1,4}`;
  const pattern = characters.map((char) =>
    isPlain(char) ? char : `(?:\\u{${char.codePointAt(0)?.toString(16)}}|${unknown})`,
  );
  const expression = new RegExp(pattern.join(''), 'u');
  return (text) => expression.test(text);
}

function spellings(secret: string): Set<string> {
  return new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    Buffer.from(secret).toString('base64'),
  ]);
}
