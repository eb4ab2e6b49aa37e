import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson, stringifyJson } from '../../../lib/json/int64.ts';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const unsafe = int64.filter((id) => id > 2n ** 53n || id < -(2n ** 53n));

describe('reading', () => {
  test('an integer beyond 2^53 keeps every digit, at any depth', () => {
    fc.assert(
      fc.property(unsafe, fc.string(), (id, key) => {
        const text = `{"list":[{${JSON.stringify(key)}:${id}}]}`;
        expect(parseJson(text)).toEqual({ list: [Object.fromEntries([[key, id]])] });
      }),
    );
  });

  test('what has no integer beyond 2^53 reads as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!holdsUnsafeInteger(JSON.parse(text)));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('digits inside strings and names, fractions and exponents are no integers', () => {
    const text =
      '{"9223372036854775807":"9223372036854775807","a":0.9223372036854775807,"b":1e20,"c":12345678901234567.5}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  test('a text is refused exactly where JSON.parse refuses it', () => {
    const fragment = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      '9223372036854775807',
      '0',
      '-',
      '.',
      'e',
      ' ',
      'null',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (fragments) => {
        const text = fragments.join('');
        expect(reads(parseJson, text)).toBe(reads(JSON.parse, text));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('writing', () => {
  test('a bigint becomes a bare integer with all its digits, and reads back the same', () => {
    fc.assert(
      fc.property(fc.array(unsafe), (ids) => {
        const text = stringifyJson({ ids });
        expect(text).toBe(`{"ids":[${ids.join(',')}]}`);
        expect(parseJson(text)).toEqual({ ids });
      }),
    );
  });

  test('everything else is written as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stringifyJson(value)).toBe(JSON.stringify(value));
      }),
    );
  });
});

function holdsUnsafeInteger(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(holdsUnsafeInteger);
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

function reads(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
