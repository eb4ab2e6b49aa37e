import type { Clock } from './clock.ts';
import { ageMs, thisMoment } from './moment.ts';

/** Starts to measure an age, in milliseconds. Something that is taken for too old costs little. */
export function startAge(clock: Pick<Clock, 'now' | 'monotonic'>): () => number {
  const moment = thisMoment(clock);
  return () => ageMs(moment, clock);
}
