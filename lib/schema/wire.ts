import * as z from 'zod/mini';
import { isNestedDeeper } from '../json/depth.ts';
import { isRawJSON, numberText, toBigint } from '../json/exact-number.ts';

/*
 * Types of vendors' answers. Each accepts the forms that come over the wire (numbers where the vendor's table says
 * String, and the reverse) and gives the form of the vendor's document. `parseJson` gives integers beyond 2^53 as
 * bigint, and no number rounded.
 */

/** Of a field that may have any shape. */
const MAX_LEVELS = 50;
/** A longer one is no 64-bit integer, and takes long to read. */
const DECIMAL = /^-?\d{1,40}$/;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

function wire<Output>(type: string, convert: (value: unknown) => Output | undefined) {
  return z.transform((value: unknown, context): Output => {
    const converted = convert(value);
    if (converted !== undefined) return converted;
    context.issues.push({ code: 'custom', message: `must be ${type}`, input: value });
    return z.NEVER;
  });
}

function toInteger(value: unknown): bigint | undefined {
  return typeof value === 'string' && DECIMAL.test(value) ? BigInt(value) : toBigint(value);
}

/** What nearly every number is: it needs no bigint on the way. */
function isSafeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

/** The vendor's String. */
export function text() {
  return wire('a string', (value) => {
    if (typeof value === 'string') return value;
    return typeof value === 'boolean' ? String(value) : numberText(value);
  });
}

/**
 * The vendor's String, or a list or map of them, where the page calls the field unused or leaves its content to whoever
 * fills it: it may have any shape, and its scalars become text.
 */
export function freeText() {
  return wire(`nested at most ${MAX_LEVELS} levels`, (value) =>
    isNestedDeeper(value, MAX_LEVELS) ? undefined : toTexts(value),
  );
}

function toTexts(value: unknown): unknown {
  if (value === null) return null;
  if (typeof value !== 'object' || isRawJSON(value)) return numberText(value) ?? String(value);
  if (Array.isArray(value)) return value.map(toTexts);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toTexts(inner)]));
}

/** The vendor's int, and every number that is no identifier and fits a double. */
export function int() {
  return wire('an integer', (value) => {
    if (isSafeNumber(value)) return value;
    const integer = toInteger(value);
    return integer !== undefined && isSafe(integer) ? Number(integer) : undefined;
  });
}

/** A 64-bit identifier; the answer is a decimal string with the same digits. */
export function int64() {
  return wire('a 64-bit integer', (value) => {
    if (isSafeNumber(value)) return String(value);
    const integer = toInteger(value);
    return integer !== undefined && integer >= INT64_MIN && integer <= INT64_MAX ? String(integer) : undefined;
  });
}

/** The vendor's long where it is no identifier: a number, or a decimal string where a double would lose digits. */
export function long() {
  return wire('a 64-bit integer', (value) => {
    if (isSafeNumber(value)) return value;
    const integer = toInteger(value);
    if (integer === undefined) return undefined;
    return isSafe(integer) ? Number(integer) : String(integer);
  });
}

/** A code of the vendor's type int: a number; what is not numeric passes as it came, for the label to call unknown. */
export function intCode() {
  return wire('a code', (value) => {
    if (isSafeNumber(value)) return value;
    const integer = toInteger(value);
    if (integer !== undefined) return isSafe(integer) ? Number(integer) : String(integer);
    return typeof value === 'string' ? value : undefined;
  });
}
