import type { Clock } from './clock.ts';

type Clocks = Pick<Clock, 'now' | 'monotonic'>;

/** A moment as both clocks of this instance had it. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly wall: number;
  readonly monotonic: number;
}

export function thisMoment(clock: Clocks): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}

/**
 * Milliseconds since a moment: the larger of what both clocks say. The wall clock may have been set back, and the monotonic
 * one may stand still while Lambda freezes the instance. A wall clock that was set forward makes the age too great, so it is
 * for what may be taken for older than it is without harm.
 */
export function ageMs({ wall, monotonic }: Moment, clock: Clocks): number {
  return Math.max(clock.now() - wall, clock.monotonic() - monotonic);
}

/** Epoch milliseconds of a moment by the wall clock as it is now: how other instances are told of it. */
export function toWall(moment: Moment, clock: Clocks): number {
  return Math.ceil(clock.now() - ageMs(moment, clock));
}

/** The moment that another instance tells by its wall clock. One that is still to come is now. */
export function fromWall(epochMs: number, clock: Clocks): Moment {
  const age = Math.max(0, clock.now() - epochMs);
  return { wall: clock.now() - age, monotonic: clock.monotonic() - age };
}
