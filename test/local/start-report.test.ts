import { expect, test, vi } from 'vitest';
import { createStartReport } from '../../local/start-report.ts';
import { createTestClock } from '../support/clock.ts';

function start() {
  const clock = createTestClock({ skipWaitsMs: 0 });
  const lines: string[] = [];
  return { clock, lines, report: createStartReport((line) => lines.push(line), clock) };
}

test('a part is told as soon as it is up, whatever others do', async () => {
  const { lines, report } = start();
  void report.watch('Lambda', new Promise<string>(() => undefined), String);
  expect(await report.watch('SQS', Promise.resolve('http://127.0.0.1:3016'), (url) => `SQS is at ${url}`)).toBe(
    'http://127.0.0.1:3016',
  );
  expect(lines).toEqual(['SQS is at http://127.0.0.1:3016']);
});

test('a start of over 30 s says every half a minute which parts it waits for', async () => {
  const { clock, lines, report } = start();
  const slow = Promise.withResolvers<string>();
  void report.watch('Lambda', new Promise<string>(() => undefined), String);
  void report.watch('SQS', slow.promise, String);

  clock.advance(29_999);
  expect(lines).toEqual([]);
  clock.advance(1);
  slow.resolve('SQS is up');
  await vi.waitFor(() => expect(lines).toHaveLength(2));
  clock.advance(30_000);

  expect(lines).toEqual(['still waiting for: Lambda, SQS', 'SQS is up', 'still waiting for: Lambda']);
  report.end();
  expect(clock.pending()).toBe(0);
});

test('a part that cannot start fails the start', async () => {
  const { report } = start();
  await expect(report.watch('SQS', Promise.reject(new Error('in use')), String)).rejects.toThrow('in use');
});
