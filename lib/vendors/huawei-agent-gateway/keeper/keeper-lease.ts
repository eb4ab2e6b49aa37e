import { type ItemKey, type Lease, nameOf, StoreUnavailable } from '../../../credentials/shared/store.ts';
import { sleep } from '../../../time/clock.ts';
import { KEEPER_LEASE_MS, keeperKey } from '../kept-session.ts';
import type { KeeperTools, Run } from './run.ts';

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
  const { clock, random } = tools;
  let failure: StoreUnavailable | undefined;
  while (clock.monotonic() < closesAt) {
    try {
      const lease = await takeLease(keeperKey(account), tools);
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

/** Looks first: a read costs less than a write that fails. */
async function takeLease(key: ItemKey, { clock, store, msUntil }: KeeperTools): Promise<Lease | undefined> {
  const { leaseUntil } = await store.read(key);
  if (msUntil(nameOf(key, 'lease'), leaseUntil, KEEPER_LEASE_MS) > 0) return undefined;
  const now = clock.now();
  // A lease that is found to have passed here may not have by the wall clock.
  const passed = Math.max(now, leaseUntil);
  return store.takeLease(key, { now: passed, until: now + KEEPER_LEASE_MS, generation: 0 });
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
    const isHeld = await store.extendLease(lease, clock.now() + KEEPER_LEASE_MS).catch(() => undefined);
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
