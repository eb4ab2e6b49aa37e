import { type ExactNumber, toExactNumber } from './exact-number.ts';

/*
 * The long numbers of a JSON text: those that a double may not hold, of 16 digits or more, or with an exponent of three.
 * JSON.parse would round them. So another number is put in the place of each, and replaced again in what JSON.parse gives.
 */

const LONG_RUN = 16;
/** Three times as fast as a loop. */
const RUN = /[\d.]*/y;
const LONG_EXPONENT = /\d[eE][+-]?\d{3}/g;
const SHORTEST = '1e100'.length;
const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const UPPER_E = 69;
const BACKSLASH = 92;
const LOWER_E = 101;

/** The first long number is replaced by once this, the second by twice this. No other number is nearly as large. */
const STAND_IN = 1e300;

/** True for some texts without one as well. Most texts have none, and this costs a fraction of reading them. */
export function mayHoldLongNumbers(text: string): boolean {
  return hasLongRun(text) || hasLongExponent(text);
}

/** A run of sixteen covers every sixteenth character, so only those are looked at, and the runs around them. */
function hasLongRun(text: string): boolean {
  for (let at = LONG_RUN - 1; at < text.length; at += LONG_RUN) {
    if (!isDigitOrPoint(text.charCodeAt(at))) continue;
    const start = startOfRun(text, at);
    if (startOfRun(text, start + LONG_RUN - 1) !== start) continue;
    if (mayBeginNumber(text, start)) return true;
    at = endOfRun(text, at);
  }
  return false;
}

function hasLongExponent(text: string): boolean {
  for (const { index } of text.matchAll(LONG_EXPONENT)) {
    if (mayBeginNumber(text, startOfRun(text, index))) return true;
  }
  return false;
}

/** Of the run of digits and points that `at` is in; `at + 1` where it is in none. */
function startOfRun(text: string, at: number): number {
  let start = at;
  while (start >= 0 && isDigitOrPoint(text.charCodeAt(start))) start -= 1;
  return start + 1;
}

/** Behind the run that `at` is in. */
function endOfRun(text: string, at: number): number {
  RUN.lastIndex = at;
  RUN.test(text);
  return RUN.lastIndex;
}

/** The character before tells a number from the digits of a string, which ids often are. */
function mayBeginNumber(text: string, at: number): boolean {
  return /^[\s:,[]?$/.test(text.charAt(text[at - 1] === '-' ? at - 2 : at - 1));
}

interface Replaced {
  /** JSON if and only if the text was JSON. */
  readonly text: string;
  readonly numbers: readonly ExactNumber[];
}

export function replaceLongNumbers(text: string): Replaced {
  let replaced = '';
  const numbers: ExactNumber[] = [];
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    const end = code === MINUS || isDigit(code) ? endOfNumber(text, at) : at + 1;
    const number = end - at >= SHORTEST ? toExactNumber(text.slice(at, end)) : undefined;
    if (number !== undefined) {
      numbers.push(number);
      replaced += `${text.slice(copied, at)}${numbers.length}e300`;
      copied = end;
    }
    at = end;
  }
  return { text: replaced + text.slice(copied), numbers };
}

/** Behind its second quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    at += code === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && mayStandInNumber(text.charCodeAt(end))) end += 1;
  return end;
}

/** Replaces the stand-ins in a value that JSON.parse made, in place. */
export function restoreLongNumbers(value: unknown, numbers: readonly ExactNumber[]): unknown {
  const root: Container = { value };
  const waiting: Container[] = [root];
  const visit = (container: Container, name: string | number) => {
    const inner = container[name];
    if (typeof inner === 'object' && inner !== null) waiting.push(inner as Container);
    else if (typeof inner === 'number' && inner >= STAND_IN)
      container[name] = numbers[Math.round(inner / STAND_IN) - 1];
  };
  for (let container = waiting.pop(); container; container = waiting.pop()) {
    if (Array.isArray(container)) for (let index = 0; index < container.length; index += 1) visit(container, index);
    else for (const name of Object.keys(container)) visit(container, name);
  }
  return root['value'];
}

type Container = Record<string | number, unknown>;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isDigitOrPoint(code: number): boolean {
  return isDigit(code) || code === POINT;
}

function mayStandInNumber(code: number): boolean {
  return isDigitOrPoint(code) || code === LOWER_E || code === UPPER_E || code === PLUS || code === MINUS;
}
