import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { labelled } from '../../../lib/schema/labels.ts';
import { int, int64, intCode, long, text } from '../../../lib/schema/wire.ts';

test.each([
  ['text', text(), 33, '33'],
  ['text', text(), 9223372036854775807n, '9223372036854775807'],
  ['int', int(), '4', 4],
  ['int', int(), 4, 4],
  ['int64', int64(), 17813, '17813'],
  ['int64', int64(), '9223372036854775807', '9223372036854775807'],
  ['long', long(), 1501125758000, 1501125758000],
  ['long', long(), 9223372036854775807n, '9223372036854775807'],
  ['intCode', intCode(), '4', 4],
  ['intCode', intCode(), 'x', 'x'],
])('%s: %$ %s comes in the type of the vendor’s table', (_name, schema, value, expected) => {
  expect(schema.parse(value)).toBe(expected);
});

test.each([
  ['text', text(), {}],
  ['int', int(), 'four'],
  ['int', int(), 1.5],
  ['int', int(), 9223372036854775807n],
  ['int64', int64(), 9223372036854775808n],
  ['int64', int64(), 2 ** 53],
  ['intCode', intCode(), true],
])('%s: %$ a value of another kind breaks the vendor’s table', (_name, schema, value) => {
  expect(schema.safeParse(value).success).toBe(false);
});

test('a 64-bit id never loses a digit, however it comes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (id) => {
      expect(int64().parse(id)).toBe(String(id));
      expect(int64().parse(String(id))).toBe(String(id));
    }),
  );
});

describe('labels', () => {
  const agent = labelled(
    { status: z.nullish(intCode()), name: z.nullish(text()) },
    {
      status: { 4: 'idle' },
    },
  );

  test('stand right beside their code', () => {
    expect(JSON.stringify(agent.parse({ status: 4, name: 'a' }))).toBe('{"status":4,"statusLabel":"idle","name":"a"}');
  });

  test('are "unknown" for a code that no table lists, also for names that every object has', () => {
    expect(agent.parse({ status: 42 })).toEqual({ status: 42, statusLabel: 'unknown' });
    expect(agent.parse({ status: 'toString' })).toEqual({ status: 'toString', statusLabel: 'unknown' });
  });

  test('are left out where there is no code', () => {
    expect(agent.parse({ status: null })).toEqual({ status: null });
    expect(agent.parse({})).toEqual({});
  });
});
