import * as z from 'zod/mini';

/*
 * Types of the lookups' inputs that zod has not: identifiers that callers give as a JSON integer or a decimal string.
 */

const INT64_MAX = 2n ** 63n - 1n;

function identifier<Output>(rule: string, convert: (digits: string) => Output | undefined) {
  return z.transform((value: unknown, context): Output => {
    const digits = toDigits(value);
    const converted = digits === undefined ? undefined : convert(digits);
    if (converted !== undefined) return converted;
    context.issues.push({ code: 'custom', message: `must be ${rule}`, input: value });
    return z.NEVER;
  });
}

/** A positive integer in its one canonical spelling. */
function toDigits(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined;
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return undefined;
  const digits = String(value);
  return /^[1-9]\d{0,18}$/.test(digits) ? digits : undefined;
}

/** A 64-bit identifier, 1 to 9223372036854775807; a bigint inside, so that it is written as a bare JSON integer. */
export function int64Id() {
  return identifier('an integer from 1 to 9223372036854775807, as JSON integer or decimal string', (digits) => {
    const id = BigInt(digits);
    return id <= INT64_MAX ? id : undefined;
  });
}

/** A positive integer up to `maximum`, as a number. */
export function intId(minimum: number, maximum: number) {
  return identifier(`an integer from ${minimum} to ${maximum}, as JSON integer or decimal string`, (digits) => {
    const id = Number(digits);
    return id >= minimum && id <= maximum ? id : undefined;
  });
}
