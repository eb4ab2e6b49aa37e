import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numberText } from '../../../lib/json/exact-number.ts';
import { parseJson, stringifyJson } from '../../../lib/json/int64.ts';
import { expectLinear } from '../../support/growth.ts';

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

  test('every number keeps its value, whatever its spelling', () => {
    fc.assert(
      fc.property(spelling, (source) => {
        expect(decimalOf(numberText(parseJson(source)) ?? '')).toEqual(decimalOf(source));
        expect(decimalOf(stringifyJson({ id: parseJson(source) }).slice(6, -1))).toEqual(decimalOf(source));
      }),
      { numRuns: 5_000 },
    );
  });

  test('a number reads the same, whatever stands around it', () => {
    fc.assert(
      fc.property(spelling, spelling, fc.string(), fc.json(), (one, other, name, json) => {
        fc.pre(!holdsUnsafeInteger(JSON.parse(json)));
        const text = `{"one":${one},${JSON.stringify(`_${name}`)}:[${json}, ${other}]}`;
        expect(parseJson(text)).toEqual({ one: parseJson(one), [`_${name}`]: [parseJson(json), parseJson(other)] });
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['9007199254740991.000', 9007199254740991],
    ['0.1000000000000000', 0.1],
    ['0.30000000000000004', 0.30000000000000004],
    ['-0.0000000000000000', -0],
    ['1e0002', 100],
  ])('%s is %s', (source, value) => {
    expect(parseJson(source)).toBe(value);
    expect(parseJson(`{"a":[ ${source} ]}`)).toEqual({ a: [value] });
  });

  test.each([
    ['1652268429538866153.0', '1652268429538866153'],
    ['-1.652268429538866153e18', '-1652268429538866153'],
    ['1652268429538866153000E-3', '1652268429538866153'],
    ['1.00000000000000000001e20', '100000000000000000001'],
  ])('%s, which is an integer that no double holds, has the digits %s', (source, digits) => {
    expect(numberText(parseJson(source))).toBe(digits);
    expect(stringifyJson(parseJson(`[${source}]`))).toBe(`[${source}]`);
  });

  test.each([
    '4503599627370497.5',
    '0.10000000000000001',
    '1e400',
    '-1e400',
    '1e-400',
    '4.9e-324',
    '12345678901234567.5',
  ])('%s, which no double can hold, stays as it is written', (source) => {
    expect(numberText(parseJson(source))).toBe(source);
    expect(stringifyJson(parseJson(`[${source}]`))).toBe(`[${source}]`);
  });

  test('digits inside strings and names are no numbers', () => {
    const text =
      '{"9223372036854775807":"9223372036854775807","a, 9223372036854775807":": 1e999","\\\\":"\\": 1e999","id":1e999}';
    const { id, ...others } = parseJson(text) as Record<string, unknown>;
    expect(others).toEqual({
      '9223372036854775807': '9223372036854775807',
      'a, 9223372036854775807': ': 1e999',
      '\\': '": 1e999',
    });
    expect(numberText(id)).toBe('1e999');
  });

  test('a name that means something to JavaScript is a name like any other', () => {
    const value = parseJson('{"__proto__":9007199254740993,"constructor":{"__proto__":{"a":9007199254740993}}}');
    expect(stringifyJson(value)).toBe(
      '{"__proto__":9007199254740993,"constructor":{"__proto__":{"a":9007199254740993}}}',
    );
    expect({}).not.toHaveProperty('a');
  });

  test('a byte order mark before it does not matter, and a second one is refused', () => {
    expect(parseJson('\ufeff{"a":1}')).toEqual({ a: 1 });
    expect(parseJson('\ufeff{"a":9007199254740993}')).toEqual({ a: 9007199254740993n });
    expect(() => parseJson('\ufeff\ufeff{"a":1}')).toThrow(SyntaxError);
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
      '1e400',
      '0000000000000000',
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

test.each([
  ['digits in quotes', (size: number) => `"${'1'.repeat(size)}"`],
  ['digits as one number', (size: number) => '1'.repeat(size)],
  ['digits of a fraction', (size: number) => `0.${'0'.repeat(size)}1`],
  ['a list of long ids', (size: number) => `[${'1234567890123456789,'.repeat(size / 20)}1]`],
  ['digits in many strings', (size: number) => `[${`"${'1'.repeat(15)} ",`.repeat(size / 20)}1]`],
  ['points', (size: number) => `"${'.'.repeat(size)}"`],
  ['exponents', (size: number) => `"${'1e1001'.repeat(size / 6)}"`],
  ['exponents behind commas', (size: number) => `[${'1e100,'.repeat(size / 6)}1]`],
  ['backslashes', (size: number) => `["${'\\\\'.repeat(size / 2)}",9007199254740993]`],
  ['escaped quotes', (size: number) => `["${'\\"'.repeat(size / 2)}",9007199254740993]`],
  ['nested lists', (size: number) => `${'['.repeat(size / 2)}9007199254740993${']'.repeat(size / 2)}`],
  ['an end that never comes', (size: number) => `["${'\\"9007199254740993'.repeat(size / 18)}`],
  ['minus signs', (size: number) => `[${'-'.repeat(size)}9007199254740993]`],
])('the time of reading %s grows as the text does', (_what, textOf) => {
  expectLinear(textOf, (text) => reads(parseJson, text));
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

const digits = fc.stringMatching(/^\d{1,25}$/);

/** A JSON number in any of its spellings. */
const spelling = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.stringMatching(/^(?:0|[1-9]\d{0,25})$/),
    fc.option(digits, { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(400)), { nil: undefined }),
  )
  .map(([sign, integer, fraction, exponent]) =>
    [sign, integer, fraction === undefined ? '' : `.${fraction}`, ...(exponent ?? [])].join(''),
  );

/** The number as an integer and the power of ten that it is multiplied with. */
function decimalOf(source: string): { integer: bigint; exponent: number } {
  const [mantissa = '', power = '0'] = source.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  let integer = BigInt(whole.replace('-', '') + fraction) * (whole.startsWith('-') ? -1n : 1n);
  let exponent = Number(power) - fraction.length || 0;
  if (integer === 0n) return { integer, exponent: 0 };
  while (integer % 10n === 0n) {
    integer /= 10n;
    exponent += 1;
  }
  return { integer, exponent };
}
