/** Everything that depends on time takes it from here, so that tests can set it. */
export interface Clock {
  /** Epoch milliseconds of the system's clock, which NTP or an operator may set back or forward. */
  now(): number;
  /** Milliseconds since an arbitrary moment. It never steps, so durations are measured by it. */
  monotonic(): number;
  /** Rings once after `milliseconds`; the answer is a function that stops it. */
  alarm(milliseconds: number, ring: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  alarm: (milliseconds, ring) => {
    const timer = setTimeout(ring, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      stop();
      reject(signal.reason);
    };
    const stop = clock.alarm(milliseconds, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
