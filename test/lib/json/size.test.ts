import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson, stringifyJson } from '../../../lib/json/int64.ts';
import { measureJson } from '../../../lib/json/size.ts';

const LIMIT = 64 * 1024;
const value = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'grapheme' }),
  fc.bigInt(),
  fc.dictionary(fc.string(), fc.option(fc.jsonValue(), { nil: undefined })),
);

test('a value is measured as its JSON text', () => {
  fc.assert(
    fc.property(value, (each) => {
      const bytes = Buffer.byteLength(stringifyJson(each));
      expect(measureJson(each, bytes)).toBe('fits');
      expect(measureJson(each, bytes - 1)).toBe('too large');
    }),
  );
});

test('a number is measured as it is written', () => {
  for (const text of ['[9007199254740993]', '[1.00000000000000000001]', '[1e400]', '[1e2]']) {
    const bytes = Buffer.byteLength(stringifyJson(parseJson(text)));
    expect(measureJson(parseJson(text), bytes)).toBe('fits');
    expect(measureJson(parseJson(text), bytes - 1)).toBe('too large');
  }
});

test('a value that stands in a list a million times is looked at no longer than the limit', () => {
  let looked = 0;
  const row = {
    get a() {
      looked += 1;
      return 'x';
    },
  };
  expect(measureJson([[row, ...Array(10_000).fill(row)]], LIMIT)).toBe('too large');
  expect(looked).toBeLessThan(LIMIT);
  // Each level has the one below twice.
  let twice: unknown = 'x';
  for (let level = 0; level < 100; level += 1) twice = [twice, twice];
  expect(measureJson(twice, LIMIT)).toBe('too large');
});

test('a value is too deep with more than a thousand levels', () => {
  const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  expect(measureJson(nested(1_001), LIMIT)).toBe('fits');
  expect(measureJson(nested(1_002), LIMIT)).toBe('too deep');
  expect(measureJson(nested(1_000_000), 1024 * LIMIT)).toBe('too deep');
});
