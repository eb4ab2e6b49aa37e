/** ECMAScript's JSON.parse source text access (Node 21 and later), which TypeScript's library does not declare yet. */
interface RawJson {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}

/** A JSON number as it was written; JSON.stringify writes it so again. */
export interface RawNumber {
  readonly rawJSON: string;
}

export type ExactNumber = number | bigint | RawNumber;

export const { rawJSON, isRawJSON } = JSON as unknown as RawJson;

/** A bigint of many digits takes longer to make than its text takes to read. */
const MAX_INTEGER_DIGITS = 40;
/** A longer number is not looked into. */
const MAX_LENGTH = 1_000;
/** The double of any other number has the same digits: there are fifteen at most, and two in the exponent. */
const LONG = /[\d.]{16}|[eE][+-]?\d{3}/;
const LONG_INTEGER = new RegExp(`^-?[1-9]\\d{15,${MAX_INTEGER_DIGITS - 1}}$`);
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * The value of a JSON number with every digit: a number where its double has the same digits, a bigint for an integer
 * beyond ±(2^53 - 1) that is written as one, and else the number as it was written. Undefined for any other text.
 */
export function toExactNumber(source: string): ExactNumber | undefined {
  if (LONG_INTEGER.test(source)) {
    const number = Number(source);
    return Number.isSafeInteger(number) ? number : BigInt(source);
  }
  if (source.length > MAX_LENGTH) return asWritten(source);
  if (!NUMBER.test(source)) return undefined;
  const number = Number(source);
  if (!LONG.test(source)) return number;
  // A double beyond ±(2^53 - 1) would look like one that has been rounded.
  const isHeld = Number.isSafeInteger(number) || !Number.isInteger(number);
  return isHeld && isSame(readDecimal(source), readDecimal(String(number))) ? number : rawJSON(source);
}

/** @param source text that begins as a number does: JSON.rawJSON refuses it if it is none */
function asWritten(source: string): RawNumber | undefined {
  try {
    return rawJSON(source);
  } catch {
    return undefined;
  }
}

/** The digits of a number that `parseJson` gave, without a point if they need none; undefined for any other value. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return isRawJSON(value) ? String(toBigint(value) ?? value.rawJSON) : undefined;
}

/** An integer that a double does not hold, however it is written; undefined for any other value. */
export function toBigint(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  const decimal = isRawJSON(value) && value.rawJSON.length <= MAX_LENGTH ? readDecimal(value.rawJSON) : undefined;
  if (!decimal || decimal.exponent < 0 || decimal.digits.length + decimal.exponent > MAX_INTEGER_DIGITS)
    return undefined;
  return BigInt(decimal.sign + decimal.digits + '0'.repeat(decimal.exponent));
}

export function isNumber(value: unknown): value is ExactNumber {
  return typeof value === 'number' || typeof value === 'bigint' || isRawJSON(value);
}

/** Below 0, 0, or above 0, as one is less than the other, equal or more: exactly, however they are written. */
export function compareNumbers(one: ExactNumber, other: ExactNumber): number {
  const decimals = isRawJSON(one) || isRawJSON(other) ? [one, other].map(decimalOf) : [];
  const [first, second] = decimals;
  return first && second ? compareDecimals(first, second) : Number(one > other) - Number(one < other);
}

function decimalOf(number: ExactNumber): Decimal | undefined {
  return readDecimal(isRawJSON(number) ? number.rawJSON : String(number));
}

function compareDecimals(one: Decimal, other: Decimal): number {
  const sign = signOf(one);
  if (sign !== signOf(other) || sign === 0) return sign - signOf(other);
  const magnitude = one.digits.length + one.exponent - (other.digits.length + other.exponent);
  // Of the same magnitude, and without zeros at their ends, digits are in the order of texts.
  return sign * (magnitude || Number(one.digits > other.digits) - Number(one.digits < other.digits));
}

function signOf({ sign, digits }: Decimal): number {
  if (digits === '0') return 0;
  return sign === '-' ? -1 : 1;
}

interface Decimal {
  readonly sign: string;
  /** Without zeros at either end; one for zero. */
  readonly digits: string;
  /** The power of ten by which the digits, as an integer, are multiplied. */
  readonly exponent: number;
}

function readDecimal(source: string): Decimal | undefined {
  const [, sign = '', integer, fraction = '', power = '0'] = NUMBER.exec(source) ?? [];
  if (integer === undefined) return undefined;
  const all = integer + fraction;
  let start = 0;
  while (start < all.length && all[start] === '0') start += 1;
  if (start === all.length) return { sign: '', digits: '0', exponent: 0 };
  let end = all.length;
  while (all[end - 1] === '0') end -= 1;
  return { sign, digits: all.slice(start, end), exponent: Number(power) + integer.length - end };
}

function isSame(one: Decimal | undefined, other: Decimal | undefined): boolean {
  return one?.sign === other?.sign && one?.digits === other?.digits && one?.exponent === other?.exponent;
}
