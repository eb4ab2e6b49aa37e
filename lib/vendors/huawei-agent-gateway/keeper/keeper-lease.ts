import { type Lease, StoreUnavailable } from '../../../credentials/shared/store.ts';
import { sleep } from '../../../time/clock.ts';
import { keeperKey } from '../kept-session.ts';
import type { KeeperTools, Run } from './run.ts';

/** How long an account stays with a run that has died. */
const LEASE_MS = 20_000;
const EXTEND_MS = 5_000;
/** How soon a run that waits for its turn looks again: 300 to 500 ms. */
const LOOK_MS = 300;
const LOOK_SPREAD_MS = 200;

/** The right to poll an account's agents: two pollers would race for a renewed Guid. */
export interface KeeperLease {
  /** Gives it back at once, if it has not been lost. */
  release(): Promise<void>;
}

/**
 * Waits until no other run has the account, and keeps it from then on.
 * @param lost aborted once another run has it
 * @returns undefined where the run closes before that
 * @throws StoreUnavailable where the store did not answer the last look
 */
export async function takeKeeperLease(
  account: string,
  { tools, signal, closesAt }: Run,
  lost: AbortController,
): Promise<KeeperLease | undefined> {
  const { clock, random, store } = tools;
  let failure: StoreUnavailable | undefined;
  while (clock.now() < closesAt) {
    const now = clock.now();
    try {
      const lease = await store.takeLease(keeperKey(account), { now, until: now + LEASE_MS, generation: 0 });
      if (lease) return holdLease(lease, tools, lost);
      failure = undefined;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      failure = error;
    }
    await sleep(clock, LOOK_MS + LOOK_SPREAD_MS * random(), signal);
  }
  if (failure) throw failure;
  return undefined;
}

/** Extends the lease until it is released. A store that does not answer does not end it: nobody else gets it then. */
function holdLease(lease: Lease, { clock, store }: KeeperTools, lost: AbortController): KeeperLease {
  const released = new AbortController();
  const isReleased = () =>
    sleep(clock, EXTEND_MS, released.signal).then(
      () => false,
      () => true,
    );
  const extend = async (): Promise<void> => {
    const isHeld = await store.extendLease(lease, clock.now() + LEASE_MS).catch(() => undefined);
    if (isHeld === false) lost.abort();
  };
  const extending = (async () => {
    while (!lost.signal.aborted && !(await isReleased())) await extend();
  })();

  return {
    release: async () => {
      released.abort();
      await extending;
      if (!lost.signal.aborted) await store.release(lease).catch(() => undefined);
    },
  };
}
