import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRateLimiter } from '../../../lib/pipeline/rate-limiter.ts';
import { startDeadline } from '../../../lib/time/deadline.ts';
import { createTestClock } from '../../support/clock.ts';

test('never more requests than the limit leave in any window, whenever they ask', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 30 }), async (pauses) => {
      const clock = createTestClock({ skipWaitsMs: 100_000 });
      const limiter = createRateLimiter(clock, { requests: 5, windowMs: 2_000 });
      const left: number[] = [];
      const asked: Promise<void>[] = [];
      for (const pause of pauses) {
        clock.advance(pause);
        const deadline = { signal: new AbortController().signal, left: () => 1e9, end: () => {} };
        asked.push(limiter.take(deadline, 0).then(() => void left.push(clock.now())));
        // Who may leave now does so before time moves on.
        await new Promise(setImmediate);
      }
      await Promise.all(asked);
      for (let index = 5; index < left.length; index += 1) {
        expect((left[index] ?? 0) - (left[index - 5] ?? 0)).toBeGreaterThanOrEqual(2_000);
      }
    }),
    { numRuns: 50 },
  );
});

test('who would wait beyond the time that is left is told when to come again', async () => {
  const clock = createTestClock();
  const limiter = createRateLimiter(clock, { requests: 1, windowMs: 2_000 });
  const deadline = startDeadline(clock, 10_000);
  await limiter.take(deadline, 0);
  const short = startDeadline(clock, 2_000);
  await expect(limiter.take(short, 500)).rejects.toMatchObject({ code: 'vendor-rate-limited', retryAfterSeconds: 3 });
  deadline.end();
  short.end();
});
