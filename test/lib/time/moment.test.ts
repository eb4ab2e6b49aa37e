import { expect, test } from 'vitest';
import { ageMs, fromWall, thisMoment, toWall } from '../../../lib/time/moment.ts';
import { createTestClock } from '../../support/clock.ts';

const HOUR = 3_600_000;

/** Lambda freezes the instance: the wall clock goes on, and the monotonic one may stand still. */
const freeze = (clock: ReturnType<typeof createTestClock>, milliseconds: number) => clock.step(milliseconds);

test.each([
  ['time that passes', 0, 0, 5_000],
  ['a clock that is set back', -HOUR, 0, 5_000],
  ['a clock that is set back far', -400 * 24 * HOUR, 0, 5_000],
  ['a freeze', 0, HOUR, HOUR + 5_000],
  ['a clock that is set forward', HOUR, 0, HOUR + 5_000],
])('the age of a moment after %s is never too small', (_, stepMs, frozenMs, age) => {
  const clock = createTestClock();
  const moment = thisMoment(clock);

  clock.step(stepMs);
  freeze(clock, frozenMs);
  clock.advance(5_000);

  expect(ageMs(moment, clock)).toBe(age);
});

test.each([0, -HOUR, HOUR])('a moment is told to others by the clock as it is then: after a step of %i ms', (step) => {
  const clock = createTestClock();
  const moment = thisMoment(clock);
  clock.step(step);
  clock.advance(5_000);

  const told = toWall(moment, clock);

  expect(clock.now() - told).toBe(step === HOUR ? HOUR + 5_000 : 5_000);
  expect(ageMs(fromWall(told, clock), clock)).toBe(ageMs(moment, clock));
});

test('a moment that is still to come by the clock of its writer is now', () => {
  const clock = createTestClock();

  const moment = fromWall(clock.now() + HOUR, clock);

  expect(moment).toEqual(thisMoment(clock));
});
