import { expect, test } from 'vitest';
import { createMsUntil } from '../../../lib/time/told-end.ts';
import { createTestClock } from '../../support/clock.ts';

const HOUR = 3_600_000;
const LONGEST = 5_000;

function start() {
  const clock = createTestClock();
  const msUntil = createMsUntil(clock);
  const at = clock.now();
  return { clock, left: (epochMs: number, name = 'lease') => msUntil(name, at + epochMs, LONGEST) };
}

test('an end passes when its time has come, and not before', () => {
  const { clock, left } = start();

  expect(left(3_000)).toBe(3_000);
  clock.advance(2_999);
  expect(left(3_000)).toBe(1);
  clock.advance(1);
  expect([left(3_000), left(0, 'another'), left(-HOUR, 'a third')]).toEqual([0, 0, 0]);
});

test.each([-HOUR, HOUR])('a step of %i ms changes nothing for an end that was seen before', (step) => {
  const { clock, left } = start();
  left(3_000);
  clock.advance(1_000);

  clock.step(step);

  expect(left(3_000)).toBe(2_000);
  clock.advance(2_000);
  expect(left(3_000)).toBe(0);
  clock.step(step);
  expect(left(3_000)).toBe(0);
});

test('an end that is first seen after the clock was set back is no further away than our code sets it', () => {
  const { clock, left } = start();
  clock.step(-HOUR);

  expect(left(3_000)).toBe(LONGEST);
  clock.advance(LONGEST);
  expect(left(3_000)).toBe(0);
});

test('another end of the same name, and the same end of another name, are seen for themselves', () => {
  const { clock, left } = start();
  left(3_000);
  clock.advance(3_000);

  expect(left(7_000)).toBe(4_000);
  expect(left(7_000, 'another')).toBe(4_000);
});
