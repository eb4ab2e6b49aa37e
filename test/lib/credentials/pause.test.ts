import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pauseMs } from '../../../lib/credentials/pause.ts';
import { PROBLEMS, Problem, type ProblemCode } from '../../../lib/problem.ts';

const NEARLY_ONE = 1 - 2 ** -53;

const chance = fc.oneof(fc.constantFrom(0, NEARLY_ONE), fc.double({ min: 0, max: NEARLY_ONE, noNaN: true }));
const inARow = fc.integer({ min: 1, max: 2_000 });
const lifetimeMs = fc.oneof(
  fc.constantFrom(0, 1_000, 60_000, 359_000, 600_000, 3_600_000, Number.POSITIVE_INFINITY),
  fc.integer({ min: 0, max: 86_400_000 }),
);
const codes = Object.keys(PROBLEMS) as ProblemCode[];
const passing = fc.constantFrom(...codes.filter((code) => code !== 'vendor-auth-failed'));

const of = (code: ProblemCode, retryAfterSeconds?: number) =>
  new Problem(code, 'No token.', retryAfterSeconds === undefined ? {} : { retryAfterSeconds });

/** The shortest and the longest pause, to the millisecond. */
const bounds = (problem: Problem, failure: { inARow: number; lifetimeMs?: number }) =>
  [0, NEARLY_ONE].map((random) => Math.round(pauseMs(problem, failure, () => random)));

test('a wrong key is left alone for half a minute to a minute, however often it failed, token or none', () => {
  fc.assert(
    fc.property(inARow, fc.option(lifetimeMs, { nil: undefined }), chance, (failures, lifetime, random) => {
      const pause = pauseMs(of('vendor-auth-failed'), { inARow: failures, lifetimeMs: lifetime }, () => random);
      expect(pause).toBeCloseTo(30_000 + 30_000 * random, 5);
    }),
  );
});

test.each([
  [1, [500, 1_000]],
  [2, [1_000, 2_000]],
  [3, [2_000, 4_000]],
  [5, [8_000, 16_000]],
  [6, [15_000, 30_000]],
  [2_000, [15_000, 30_000]],
])('without a good token the pause after %d failures in a row lies in %j ms', (failures, expected) => {
  expect(bounds(of('vendor-unavailable'), { inARow: failures })).toEqual(expected);
});

test.each([
  [0, [500, 1_000]],
  [1_000, [500, 1_000]],
  [60_000, [1_500, 3_000]],
  [359_000, [8_975, 17_950]],
  [600_000, [15_000, 30_000]],
  [3_600_000, [30_000, 60_000]],
])('with a good token of %d ms the pause lies in %j ms, however often it failed', (lifetime, expected) => {
  for (const failures of [1, 9]) {
    expect(bounds(of('vendor-timeout'), { inARow: failures, lifetimeMs: lifetime })).toEqual(expected);
  }
});

test('a pause is never longer than a minute, and never shorter than half a second', () => {
  fc.assert(
    fc.property(
      passing,
      inARow,
      fc.option(lifetimeMs, { nil: undefined }),
      chance,
      (code, failures, lifetime, random) => {
        const pause = pauseMs(of(code), { inARow: failures, lifetimeMs: lifetime }, () => random);
        expect(pause).toBeGreaterThanOrEqual(500);
        expect(pause).toBeLessThanOrEqual(60_000);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a pause is from half to all of what the failure deserves, by chance', () => {
  fc.assert(
    fc.property(
      passing,
      inARow,
      fc.option(lifetimeMs, { nil: undefined }),
      chance,
      (code, failures, lifetime, random) => {
        const failure = { inARow: failures, lifetimeMs: lifetime };
        const least = pauseMs(of(code), failure, () => 0);
        expect(pauseMs(of(code), failure, () => random)).toBeCloseTo(least * (1 + random), 5);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a pause is never shorter than the vendor asks for', () => {
  const vendorAsks = fc.integer({ min: 0, max: 3_600 });
  fc.assert(
    fc.property(fc.constantFrom(...codes), vendorAsks, inARow, chance, (code, asked, failures, random) => {
      const failure = { inARow: failures };
      const pause = pauseMs(of(code, asked), failure, () => random);
      expect(pause).toBe(
        Math.max(
          asked * 1000,
          pauseMs(of(code), failure, () => random),
        ),
      );
    }),
  );
});
