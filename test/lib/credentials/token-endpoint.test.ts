import { expect, test } from 'vitest';
import { parseLifetime } from '../../../lib/credentials/token-endpoint.ts';

test.each([
  [359, 359],
  ['1799', 1_799],
  [0, 0],
  [86_400, 86_400],
  [86_401, 86_400],
  [1e15, 86_400],
  [1e308, 86_400],
  ['1e300', 86_400],
  [-1, undefined],
  ['', undefined],
  ['soon', undefined],
  [null, undefined],
  ['1e999', undefined],
])('a lifetime of %j is taken as %j seconds', (value, seconds) => {
  expect(parseLifetime(value)).toBe(seconds);
});
