import { isUtf8 } from 'node:buffer';
import { Problem } from '../problem.ts';

/**
 * Text, exactly as its sender has written it: other bytes would be read as U+FFFD, and a password with such a character in
 * it would be another password.
 * @param what is meant in the error: `request body`
 * @throws Problem `invalid-input`
 */
export function decodeUtf8(bytes: Buffer, what: string): string {
  if (!isUtf8(bytes)) throw notUtf8(what);
  return bytes.toString('utf8');
}

export function notUtf8(what: string): Problem {
  return new Problem('invalid-input', `The ${what} is not UTF-8. Send JSON in UTF-8.`);
}
