import { vi } from 'vitest';

/* Before each test file. */

/** The bound of a wait for what a test has caused: only a test that hangs meets it, however busy the machine is. */
const BOUND_MS = 120_000;
const waitFor = vi.waitFor;

vi.waitFor = (callback, options) =>
  waitFor(callback, { timeout: BOUND_MS, ...(typeof options === 'number' ? { timeout: options } : options) });
