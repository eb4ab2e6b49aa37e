import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { findDeviations } from '../../../lib/schema/deviations.ts';
import { rows } from '../../../lib/schema/rows.ts';
import { int } from '../../../lib/schema/wire.ts';

const NO_SECRET = () => false;
const find = (raw: unknown, checked: unknown, isSecret: (name: string) => boolean = NO_SECRET) => {
  const { undocumentedFields: paths, undocumented: fields } = findDeviations(raw, checked, { isSecret, include: true });
  return { paths, fields };
};

test('undocumented fields are found at any depth, each path once, and labels are not taken for them', () => {
  const raw = { a: 1, extra: 1, list: [{ b: 1, more: 1 }, { b: 2 }, { b: 3, more: 2 }], inner: { other: { deep: 1 } } };
  const checked = { a: 1, aLabel: 'one', list: [{ b: 1 }, { b: 2 }, { b: 3 }], inner: {} };
  expect(find(raw, checked)).toEqual({
    paths: ['/extra', '/inner/other', '/list/*/more'],
    fields: { extra: 1, list: [{ more: 1 }, {}, { more: 2 }], inner: { other: { deep: 1 } } },
  });
});

test('a result without any has none', () => {
  expect(find({ a: 1, list: [1, { b: 2 }] }, { a: 1, list: ['1', { b: 2 }] })).toEqual({
    paths: [],
    fields: undefined,
  });
});

test('rows that were left out do not shift the fields of the others', () => {
  const raw = [{ a: 1, x: 'of 1' }, { a: {}, y: 'of none' }, { a: 2 }, { a: 3, x: 'of 3' }];
  const checked = rows(z.object({ a: int() })).parse(raw);
  expect(find(raw, checked)).toEqual({ paths: ['/*/x'], fields: [{ x: 'of 1' }, {}, { x: 'of 3' }] });
});

test('64-bit integers are given as decimal strings', () => {
  const given = find({ id: 9223372036854775807n, list: [{ id: -9007199254740993n }] }, {});
  expect(given.fields).toEqual({ id: '9223372036854775807', list: [{ id: '-9007199254740993' }] });
});

test('a name that means something to JavaScript is a name like any other', () => {
  const { fields } = find(JSON.parse('{"__proto__":{"isPolluted":true}}'), {});
  expect(JSON.stringify(fields)).toBe('{"__proto__":{"isPolluted":true}}');
  expect({}).not.toHaveProperty('isPolluted');
});

test('a value that is nested without end is not given, and its field is named', () => {
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  expect(find({ deep, flat: 1 }, {})).toEqual({ paths: ['/deep', '/flat'], fields: { flat: 1 } });
});

describe('a name that may be a value is not told', () => {
  test.each([
    '13800138000',
    '0e626733-07d8-45af-af23-aff287b118b8',
    'ae626733-07d8-45af-af23-aff287b118b8',
    'alice@example.com',
    '小七',
    '2021-03-23T08:04:54.000+00:00',
    'agent17813',
    'a name',
    'a/b',
    '',
    'x'.repeat(41),
  ])('%j', (name) => {
    expect(find({ [name]: 1 }, {}).paths).toEqual(['/*']);
  });

  test.each([
    'appName',
    'entityName',
    'deleteFlag',
    'SortOrder',
    's_from',
    'ext1',
    'sip2Port',
    'ParticipantUserIdsStr',
  ])('while %s is a name', (name) => {
    expect(find({ [name]: 1 }, {}).paths).toEqual([`/${name}`]);
  });

  test('where it holds a secret', () => {
    expect(find({ Samplex: 1, other: 1 }, {}, (name) => name === 'Samplex').paths).toEqual(['/*', '/other']);
  });

  test('where there are so many of them that they are the keys of a map', () => {
    const names = Array.from({ length: 26 * 26 }, (_, index) =>
      String.fromCharCode(97 + Math.floor(index / 26), 97 + (index % 26)),
    );
    expect(find({ users: Object.fromEntries(names.map((name) => [name, 1])) }, { users: {} }).paths).toEqual([
      '/users/*',
    ]);
  });
});

test('whatever the vendor sends, the paths are few, short, and of known characters', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 30 }), (list) => {
      const { paths } = find(
        list,
        list.map(() => ({})),
      );
      expect(paths.length).toBeLessThanOrEqual(20);
      for (const path of paths) expect(path).toMatch(/^\/\*\/(?:\*|[A-Za-z_\d]{1,40})$/);
    }),
    { numRuns: 50 },
  );
});
