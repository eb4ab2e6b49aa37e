import type { Clock } from '../../time/clock.ts';
import { type SharedStore, StoreUnavailable } from './store.ts';

/** A store that failed is left alone for this long, and up to as long again: a fleet shall not come back as one. */
const PAUSE_MS = 5_000;

/**
 * The store, but left alone for a random 5 to 10 s after it failed: what is asked of it meanwhile is refused at once, so
 * that a dead store costs one time-out in a while instead of one a call. After the pause a single operation tries
 * whether it is back; others are refused until that is known. A busy store is there, and is not left alone.
 * @param random 0 (included) to 1 (excluded)
 */
export function withBreaker(store: SharedStore, clock: Clock, random: () => number): SharedStore {
  let state: 'sound' | 'failed' | 'probed' = 'sound';
  let pausedUntil = 0;

  const fail = () => {
    state = 'failed';
    pausedUntil = clock.monotonic() + PAUSE_MS * (1 + random());
  };

  async function guard<Result>(operation: () => Promise<Result>): Promise<Result> {
    const isProbe = state === 'failed' && clock.monotonic() >= pausedUntil;
    if (state !== 'sound' && !isProbe) throw new StoreUnavailable('The shared store has failed and is left alone.');
    if (isProbe) state = 'probed';
    try {
      const result = await operation();
      if (isProbe) state = 'sound';
      return result;
    } catch (error) {
      if (!(error instanceof StoreUnavailable && error.busy)) fail();
      else if (isProbe) state = 'sound';
      throw error;
    }
  }

  return {
    read: (key) => guard(() => store.read(key)),
    list: (partition) => guard(() => store.list(partition)),
    takeLease: (key, lease) => guard(() => store.takeLease(key, lease)),
    extendLease: (lease, until) => guard(() => store.extendLease(lease, until)),
    publish: (lease, credential) => guard(() => store.publish(lease, credential)),
    release: (lease, failure) => guard(() => store.release(lease, failure)),
    replace: (key, generation, credential) => guard(() => store.replace(key, generation, credential)),
    prolong: (key, generation, endsAt) => guard(() => store.prolong(key, generation, endsAt)),
    takePlace: (key, place, times) => guard(() => store.takePlace(key, place, times)),
  };
}
