import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { secretWindows, tokenWindows, type Windows } from '../../../lib/credentials/windows.ts';

const LIFETIMES_S = [0, 1, 60, 359, 600, 3_600];
const NEARLY_ONE = 1 - 2 ** -53;

/** What chance gives: 0 (included) to 1 (excluded), its ends often. */
const chance = fc.oneof(fc.constantFrom(0, NEARLY_ONE), fc.double({ min: 0, max: NEARLY_ONE, noNaN: true }));
const chances = fc.tuple(chance, chance);
const lifetimeMs = fc.oneof(
  fc.constantFrom(...LIFETIMES_S.map((seconds) => seconds * 1000)),
  fc.integer({ min: 0, max: 86_400_000 }),
);

/** Chance that gives these numbers in turn. */
function inTurn(...numbers: number[]): () => number {
  return () => numbers.shift() ?? 0;
}

/** The windows in seconds from the beginning, to the millisecond. */
function seconds({ advisoryMs, mandatoryMs, usableMs }: Windows): number[] {
  return [advisoryMs, mandatoryMs, usableMs].map((at) => Math.round(at) / 1000);
}

describe('the windows of a token', () => {
  test.each([
    [0, [0, 0, 0], [0, 0, 0]],
    [1, [0.75, 0.92, 0.99], [0.85, 0.96, 0.99]],
    [60, [45, 55.2, 59.4], [51, 57.6, 59.4]],
    [359, [269.25, 330.28, 355.41], [305.15, 344.64, 355.41]],
    [600, [450, 552, 595], [510, 576, 595]],
    [3_600, [2_700, 3_312, 3_595], [3_060, 3_456, 3_595]],
  ])('of %d s lie between %j and %j', (lifetimeSeconds, earliest, latest) => {
    const windows = (random: number) => seconds(tokenWindows(lifetimeSeconds * 1000, () => random));
    expect(windows(0)).toEqual(earliest);
    expect(windows(NEARLY_ONE)).toEqual(latest);
  });

  test('open in their order and within the lifetime, whatever chance gives', () => {
    fc.assert(
      fc.property(lifetimeMs, chances, (lifetime, numbers) => {
        const { advisoryMs, mandatoryMs, usableMs } = tokenWindows(lifetime, inTurn(...numbers));
        expect(advisoryMs).toBeGreaterThanOrEqual(0);
        expect(mandatoryMs).toBeGreaterThanOrEqual(advisoryMs);
        expect(usableMs).toBeGreaterThanOrEqual(mandatoryMs);
        expect(usableMs).toBeLessThanOrEqual(lifetime);
      }),
      { numRuns: 1_000 },
    );
  });

  test('open at shares of the lifetime: three quarters and a tenth, 92 and four hundredths', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 86_400_000 }), chances, (lifetime, numbers) => {
        const { advisoryMs, mandatoryMs } = tokenWindows(lifetime, inTurn(...numbers));
        expect(advisoryMs / lifetime).toBeCloseTo(0.75 + 0.1 * numbers[0], 5);
        expect(mandatoryMs / lifetime).toBeCloseTo(0.92 + 0.04 * numbers[1], 5);
      }),
      { numRuns: 1_000 },
    );
  });

  test('leave a hundredth of the lifetime at the end, five seconds at most', () => {
    fc.assert(
      fc.property(lifetimeMs, chances, (lifetime, numbers) => {
        const { usableMs } = tokenWindows(lifetime, inTurn(...numbers));
        expect(lifetime - usableMs).toBeCloseTo(Math.min(lifetime / 100, 5_000), 2);
      }),
    );
  });

  test('of a lifetime without end never open', () => {
    const { advisoryMs, mandatoryMs, usableMs } = tokenWindows(Number.POSITIVE_INFINITY, () => 0);
    expect([advisoryMs, mandatoryMs, usableMs]).toEqual(Array(3).fill(Number.POSITIVE_INFINITY));
  });
});

describe('the windows of a secret', () => {
  test('of an hour open from four to six, and from fourteen to sixteen minutes, and it serves to its end', () => {
    const minutes = (random: number) => seconds(secretWindows(3_600_000, () => random)).map((at) => at / 60);
    expect(minutes(0)).toEqual([4, 14, 60]);
    expect(minutes(NEARLY_ONE)).toEqual([6, 16, 60]);
  });

  test('open in their order, whatever chance gives', () => {
    fc.assert(
      fc.property(lifetimeMs, chances, (lifetime, numbers) => {
        const { advisoryMs, mandatoryMs, usableMs } = secretWindows(lifetime, inTurn(...numbers));
        expect(advisoryMs).toBeGreaterThanOrEqual(0);
        expect(mandatoryMs).toBeGreaterThanOrEqual(advisoryMs);
        expect(usableMs).toBeGreaterThanOrEqual(mandatoryMs);
        expect(usableMs).toBe(lifetime);
      }),
      { numRuns: 1_000 },
    );
  });
});

test('chance decides anew for each window: who renews early need not wait early', () => {
  for (const windowsOf of [tokenWindows, secretWindows]) {
    const [early, late] = [inTurn(0, NEARLY_ONE), inTurn(NEARLY_ONE, 0)].map((random) => windowsOf(3_600_000, random));
    expect(early?.advisoryMs).toBeLessThan(late?.advisoryMs ?? 0);
    expect(early?.mandatoryMs).toBeGreaterThan(late?.mandatoryMs ?? 0);
  }
});
