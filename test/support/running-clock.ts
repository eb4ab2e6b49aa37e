import { performance } from 'node:perf_hooks';
import { onTestFinished } from 'vitest';
import { createTestClock, type TestClock } from './clock.ts';

const TICK_MS = 5;

/**
 * A clock that runs, for what several processes do at once over real sockets: nobody's wait is skipped while another's
 * answer is on its way. It can be turned all the same. Stops with the test.
 * @param speed how many times as fast as real time
 */
export function createRunningClock({ speed = 1 } = {}): TestClock {
  const clock = createTestClock({ skipWaitsMs: 0 });
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    clock.advance(Math.round((now - last) * speed));
    last = now;
  }, TICK_MS);
  onTestFinished(() => clearInterval(timer));
  return clock;
}
