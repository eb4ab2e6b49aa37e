import { expect } from 'vitest';

const SIZE = 64 * 1024;
/** Sixteen is how much longer it would take, where the time grows as the square of the text. */
const FACTOR = 8;
/** The processor's time is counted in ticks of 10 ms at most. */
const TICKS_MS = 100;

/** Fails where reading a text of 256 KiB takes far more than four times as long as reading one of 64 KiB. */
export function expectLinear(textOf: (size: number) => string, read: (text: string) => unknown): void {
  const [small, large] = [textOf(SIZE), textOf(4 * SIZE)];
  expect(cpuMs(() => read(large))).toBeLessThan(FACTOR * cpuMs(() => read(small)) + TICKS_MS);
}

/** The least of several runs, so that nothing else that the machine does counts. */
function cpuMs(run: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}
