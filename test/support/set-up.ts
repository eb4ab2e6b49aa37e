import { vi } from 'vitest';

/* Before each test file. */

/** The bound of a wait for what a test has caused: only a test that hangs meets it, however busy the machine is. */
const BOUND_MS = 240_000;
const { waitFor, waitUntil } = vi;

const bounded = <Options extends { timeout?: number }>(options: number | Options | undefined) => ({
  timeout: BOUND_MS,
  ...(typeof options === 'number' ? { timeout: options } : options),
});

vi.waitFor = (callback, options) => waitFor(callback, bounded(options));
vi.waitUntil = (callback, options) => waitUntil(callback, bounded(options));
