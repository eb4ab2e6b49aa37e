import * as z from 'zod/mini';

/**
 * RFC 9110, 5.5, has visible ASCII and blanks for new fields. Characters beyond Latin-1 and line breaks cannot be sent at
 * all; those of Latin-1 arrive in a charset that nobody has agreed on.
 */
const FIELD_TEXT = /^[\x20-\x7e]*$/;
/** A blank would end a token (RFC 9110, 11.4). */
const TOKEN = /^[\x21-\x7e]+$/;

/** A text of the secret that is sent in a header; white space around it is a slip of copying. */
export function headerText() {
  return z.string().check(
    z.trim(),
    z.minLength(1),
    z.refine((text) => FIELD_TEXT.test(text), {
      error: 'must have ASCII characters alone, without line breaks: it is sent in an HTTP header',
    }),
  );
}

/** Whether the text can be sent as the token of an Authorization header. */
export function isHeaderToken(text: string): boolean {
  return TOKEN.test(text);
}
