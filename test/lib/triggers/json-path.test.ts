import fc from 'fast-check';
import { compile, type JSONValue } from 'json-p3';
import { describe, expect, test } from 'vitest';
import { parseJson, stringifyJson } from '../../../lib/json/int64.ts';
import { compilePath } from '../../../lib/triggers/json-path.ts';
import { startSteps } from '../../../lib/triggers/steps.ts';

const find = (path: string, root: unknown) => compilePath(path).find(root, startSteps());
const texts = (path: string, json: string) => find(path, parseJson(json)).map((value) => stringifyJson(value));

/* The library's own evaluation is the measure, for values that it can compare. */

const name = fc.constantFrom('a', 'b', 'c');
const scalar = fc.oneof(fc.constantFrom('a', 'b', 'cd', '', 0, 1, -1, 1.5, 2, true, false, null));
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(name, tie('json'), { maxKeys: 3 }),
  ),
}));

const number = fc.integer({ min: -5, max: 5 });
const part = fc.option(number, { nil: '' as const });
const singular = fc
  .array(
    fc.oneof(
      name.map((each) => `.${each}`),
      number.map((each) => `[${each}]`),
    ),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(''));
const literal = fc.constantFrom('1', '-1', '1.5', '2', '"a"', "'cd'", 'true', 'false', 'null', '""');
const start = fc.constantFrom('@', '$');

const { path } = fc.letrec<{ path: string; segment: string; selector: string; test: string; value: string }>((tie) => ({
  path: fc.array(tie('segment'), { maxLength: 3 }).map((segments) => segments.join('')),
  segment: fc.oneof(
    { depthSize: 'small' },
    name.map((each) => `.${each}`),
    fc.constantFrom('.*', '..*', '..a', '..[0]'),
    fc.array(tie('selector'), { minLength: 1, maxLength: 2 }).map((each) => `[${each.join(',')}]`),
    fc.array(tie('selector'), { minLength: 1, maxLength: 2 }).map((each) => `..[${each.join(',')}]`),
  ),
  selector: fc.oneof(
    { depthSize: 'small' },
    name.map((each) => `'${each}'`),
    number.map(String),
    fc.constant('*'),
    fc.tuple(part, part, part).map(([from, to, step]) => `${from}:${to}:${step}`),
    tie('test').map((each) => `?${each}`),
  ),
  test: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(tie('value'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('value'))
      .map(([one, operator, other]) => `${one} ${operator} ${other}`),
    fc.tuple(start, tie('path')).map(([from, each]) => `${from}${each}`),
    tie('test').map((each) => `!(${each})`),
    fc
      .tuple(tie('test'), fc.constantFrom('&&', '||'), tie('test'))
      .map(([one, operator, other]) => `(${one}) ${operator} (${other})`),
  ),
  value: fc.oneof(
    { depthSize: 'small' },
    literal,
    fc.tuple(start, singular).map(([from, each]) => `${from}${each}`),
    fc.tuple(start, singular).map(([from, each]) => `length(${from}${each})`),
    fc.tuple(start, tie('path')).map(([from, each]) => `count(${from}${each})`),
    fc.tuple(start, tie('path')).map(([from, each]) => `value(${from}${each})`),
  ),
}));

/** Undefined where the library cannot read it: some functions in functions. */
function compiled(each: string) {
  try {
    return compile(each);
  } catch {
    return undefined;
  }
}

test('a path finds what json-p3 finds, in the same order', () => {
  let found = 0;
  fc.assert(
    fc.property(path, json, (each, root) => {
      const library = compiled(`$${each}`);
      fc.pre(library !== undefined);
      const expected = library.query(root as JSONValue).values();
      expect(find(`$${each}`, root)).toEqual(expected);
      found += expected.length;
    }),
    { numRuns: 3_000 },
  );
  expect(found).toBeGreaterThan(1_000);
});

describe('a filter compares numbers with all of their digits', () => {
  const MEMBERS = '[{"id":9223372036854775807},{"id":10001},{"id":9223372036854775806},{"id":1.5},{"id":"10001"}]';
  const LARGEST = '{"id":9223372036854775807}';
  const SECOND = '{"id":9223372036854775806}';

  test.each([
    ['> 100', [LARGEST, '{"id":10001}', SECOND]],
    ['>= 9223372036854775807', [LARGEST]],
    ['> 9223372036854775806', [LARGEST]],
    ['== 9223372036854775807', [LARGEST]],
    ['== 9223372036854775806', [SECOND]],
    ['== 9223372036854775806.0', [SECOND]],
    ['== 9.223372036854775806e18', [SECOND]],
    ['== 9223372036854775805', []],
    ['< 9223372036854775806', ['{"id":10001}', '{"id":1.5}']],
    ['<= 1.50', ['{"id":1.5}']],
    ['== 1.5000000000000000', ['{"id":1.5}']],
    ['== 1.50000000000000000001', []],
    ['< 1e400', [LARGEST, '{"id":10001}', SECOND, '{"id":1.5}']],
    ['!= 10001', [LARGEST, SECOND, '{"id":1.5}', '{"id":"10001"}']],
  ])('%s', (comparison, expected) => {
    expect(texts(`$[?@.id ${comparison}]`, MEMBERS)).toEqual(expected);
  });

  test('in lists and objects as well', () => {
    const json = '{"wanted":{"ids":[9007199254740993]},"rows":[{"ids":[9007199254740992]},{"ids":[9007199254740993]}]}';
    expect(texts('$.rows[?@ == $.wanted]', json)).toEqual(['{"ids":[9007199254740993]}']);
  });

  test('in every spelling and order', () => {
    const integer = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).filter((each) => each !== 0n);
    fc.assert(
      fc.property(integer, integer, fc.nat(10), fc.nat(10), (one, other, oneZeros, otherZeros) => {
        const spell = (each: bigint, zeros: number) =>
          zeros > 5 ? `${each}.${'0'.repeat(zeros)}` : `${each}${'0'.repeat(zeros)}e-${zeros}`;
        const json = `{"one":${spell(one, oneZeros)},"rows":[${spell(other, otherZeros)}]}`;
        expect(texts('$.rows[?@ < $.one]', json)).toHaveLength(other < one ? 1 : 0);
        expect(texts('$.rows[?@ == $.one]', json)).toHaveLength(other === one ? 1 : 0);
        expect(texts('$.rows[?@ > $.one]', json)).toHaveLength(other > one ? 1 : 0);
      }),
    );
  });

  test('a number that is written as an object inside has no members', () => {
    expect(texts('$..*', '[1e400]')).toEqual(['1e400']);
    expect(texts('$[?@.rawJSON]', '[1e400]')).toEqual([]);
  });
});

test('the length of a text is that of its characters', () => {
  expect(texts('$[?length(@) == 2]', '["😀😀","ab","abcd"]')).toEqual(['"😀😀"', '"ab"']);
});

describe('a path ends in bounded time', () => {
  const list = (size: number) => Array.from({ length: size }, (_, index) => index);
  const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  const long = 'x'.repeat(500_000);

  test.each([
    ['descendants of descendants', '$..*..*', nested(5_000)],
    ['descendants of descendants of descendants', '$..*..*..*', nested(500)],
    ['descendants in a filter', '$..[?@..*]', nested(5_000)],
    ['the root searched for each row', '$[?@ == $[?@ == 1]]'.replace('$[?@ == 1]', 'count($[*])'), list(5_000)],
    ['selectors that multiply', `$${'[*,*]'.repeat(40)}`, nested(100)],
    ['a filter in a filter in a filter', '$[?$[?$[?@ > 1]]]', list(500)],
    ['long texts that are equal', '$.rows[?$.a == $.b]', { rows: list(1_000), a: long, b: `${long.slice(1)}x` }],
    ['the length of a long text', '$.rows[?length($.a) > 1]', { rows: list(1_000), a: long }],
    ['lists that are equal', '$.rows[?$.a == $.b]', { rows: list(1_000), a: list(10_000), b: list(10_000) }],
  ])('where it has %s', (_what, each, root) => {
    expect(() => find(each, root)).toThrow('takes more than 1000000 steps');
  });

  test.each([
    ['a list of 300,000 rows', '$[*]', list(300_000), 300_000],
    ['a slice beyond every list', '$[0:9007199254740991]', list(200_000), 200_000],
    ['a slice from before every list', '$[-9007199254740991:9007199254740991:1]', list(10), 10],
    ['a slice backwards', '$[9007199254740991:-9007199254740991:-1]', list(200_000), 200_000],
    ['a slice in steps beyond every list', '$[::9007199254740991]', list(10), 1],
    ['a slice in steps of nothing', '$[::0]', list(10), 0],
    ['a list that is nested 100,000 times', '$..[0]', nested(100_000), 99_999],
  ])('and finds all of %s', (_what, each, root, count) => {
    expect(find(each, root)).toHaveLength(count);
  });

  test('a comparison of what is nested too deep is refused', () => {
    const root = { rows: [1], a: nested(20_000), b: nested(20_000) };
    expect(() => find('$.rows[?$.a == $.b]', root)).toThrow('nested too deep');
  });
});

test.each(['match', 'search'])('%s, whose patterns may take any time, is refused when the path is read', (name) => {
  for (const path of [`$[?${name}(@.s, '(a+)+')]`, `$[?!${name}(@.s, 'a')]`, `$[?@.a && ($.b || ${name}(@, @.p))]`]) {
    expect(() => compilePath(path)).toThrow(`${name}() here`);
  }
});
