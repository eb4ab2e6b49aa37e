import type { SimulatorClock } from '../server.ts';

interface RingingClock extends SimulatorClock {
  alarm(milliseconds: number, ring: () => void): () => void;
}

/** Whether the clock rings by itself when it is turned, as that of the tests does. */
export function rings(clock: SimulatorClock): clock is RingingClock {
  return 'alarm' in clock;
}

/** Rings once after `milliseconds`: of the clock where it rings, otherwise of real time. Gives a function that stops it. */
export function setAlarm(clock: SimulatorClock, milliseconds: number, ring: () => void): () => void {
  if (rings(clock)) return clock.alarm(milliseconds, ring);
  const timer = setTimeout(ring, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
