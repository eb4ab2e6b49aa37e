import type { Clock } from './clock.ts';

/**
 * Starts to measure an age, in milliseconds. It is the larger difference of two clocks: the wall clock may be set back, and
 * the monotonic one may stand still while Lambda has the instance frozen. Something that is taken for too old costs little.
 */
export function startAge(clock: Pick<Clock, 'now' | 'monotonic'>): () => number {
  const wall = clock.now();
  const monotonic = clock.monotonic();
  return () => Math.max(clock.now() - wall, clock.monotonic() - monotonic);
}
