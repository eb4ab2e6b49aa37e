import { rawJSON } from './exact-number.ts';
import { mayHoldLongNumbers, replaceLongNumbers, restoreLongNumbers } from './long-numbers.ts';

const BYTE_ORDER_MARK = '\ufeff';

/**
 * Reads JSON so that no number loses a digit: one that a double cannot hold comes as `toExactNumber` gives it. A byte order
 * mark is skipped (RFC 8259, 8.1).
 * @throws SyntaxError where the text is not JSON. Its message quotes the text: never log or answer with it.
 */
export function parseJson(text: string): unknown {
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  if (!mayHoldLongNumbers(json)) return JSON.parse(json);
  const { text: replaced, numbers } = replaceLongNumbers(json);
  return restoreLongNumbers(JSON.parse(replaced), numbers);
}

/** Writes JSON; a bigint becomes a bare JSON integer with all its digits. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? rawJSON(String(each)) : each));
}
