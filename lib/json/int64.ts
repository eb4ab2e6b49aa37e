/** ECMA-402 JSON.parse source text access (Node 21 and later), which TypeScript's library does not declare yet. */
interface SourceTextJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
}
const sourceTextJson = JSON as unknown as SourceTextJson;

/** No integer beyond 2^53 is shorter. */
const LONG = 16;
const INTEGER = /^-?\d+$/;

/**
 * Reads JSON so that no integer loses a digit: those beyond ±(2^53 - 1) come as bigint.
 *
 * The reviver sees each number as it was written, which costs about five times a plain parse; a text without a run of
 * 16 digits cannot hold such a number and is parsed plainly.
 *
 * @throws SyntaxError where the text is not JSON. Its message quotes the text: never log or answer with it.
 */
export function parseJson(text: string): unknown {
  if (!hasLongInteger(text)) return JSON.parse(text);
  return sourceTextJson.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
    return INTEGER.test(source) ? BigInt(source) : value;
  });
}

/** Writes JSON; a bigint becomes a bare JSON integer with all its digits. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value, (_key, each) =>
    typeof each === 'bigint' ? sourceTextJson.rawJSON(String(each)) : each,
  );
}

/**
 * Whether the text may hold an integer of 16 digits: a run of them covers every sixteenth character, so only around
 * those is looked. What stands before the run tells a number from the digits of a string, which ids often are.
 */
function hasLongInteger(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    let start = at;
    while (isDigit(text.charCodeAt(start))) start -= 1;
    if (start === at) continue;
    let end = at + 1;
    while (isDigit(text.charCodeAt(end))) end += 1;
    if (end - start > LONG && mayPrecedeNumber(text, start)) return true;
  }
  return false;
}

function mayPrecedeNumber(text: string, at: number): boolean {
  return /^[\s:,[]?$/.test(text.charAt(text[at] === '-' ? at - 1 : at));
}

/** Not so for the NaN beyond either end of a text. */
function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
