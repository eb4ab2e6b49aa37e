import { type Clock, sleep } from '../../time/clock.ts';
import { createMsUntil } from '../../time/told-end.ts';
import { RetryLater } from '../credential-cache.ts';
import type { FlightTime } from '../flights.ts';
import type { Note } from '../reasons.ts';
import { readFailure, writeFailure } from './failure.ts';
import type { Sealer } from './sealing.ts';
import { type ItemKey, type Lease, nameOf, type SharedItem, type SharedStore, StoreUnavailable } from './store.ts';

/** How long a process has for minting before another may. */
export const LEASE_MS = 5_000;
/**
 * A lease that ended without a word: its holder was killed, or hangs, perhaps as the vendor does. Who has a good
 * credential leaves the vendor alone for this long after that; who has none cannot.
 */
const SILENT_MS = 25_000;
/** Those who wait for another process look at the store again after this much, doubling, at most; at least half of it. */
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 1_000;
/** A store that is too busy for so many looks is as good as none. */
const MOST_BUSY_LOOKS = 3;
/** With less time than this left, one mints by itself: what is left must do for that and for the lookup. */
const OWN_MINT_MS = 3_000;
/** How long one who finds another process renewing goes on with what it has, before it looks again. */
const ELSEWHERE_MS = 1_000;

/** A credential as processes hand it to one another. */
export interface Shared<Value> {
  readonly generation: number;
  readonly value: Value;
}

/** What is minted for the fleet. */
export interface FleetRequest<Value> {
  readonly key: ItemKey;
  readonly sealer: Sealer;
  /** The newest generation that is of no use: 0 where none is known. */
  readonly beyond: number;
  /** Whether there is a good credential to go on with: then nobody waits longer than needed, or mints for itself. */
  readonly hasGood: boolean;
  readonly time: FlightTime;
  readonly note: Note;
  /** Keeps the process awake for work in the course of which it may hold the lease. */
  stayFor?(work: Promise<unknown>): void;
  /** @throws RetryLater */
  mint(): Promise<Value>;
  pack(value: Value): unknown;
  /** Undefined for what is no such credential, or one that is too near its end to be taken over. */
  unpack(content: unknown): Value | undefined;
  /** Epoch milliseconds from which the credential is worthless. */
  endsAt(value: Value): number;
}

export type FleetMint = <Value>(request: FleetRequest<Value>) => Promise<Shared<Value>>;

/**
 * One mint for all processes: whoever takes the item's lease mints, the others wait for what it brings. Where the store
 * does not answer, or the wait gets too long, a process mints by itself.
 */
export function createFleetMint(store: SharedStore, clock: Clock, random: () => number): FleetMint {
  const msUntil = createMsUntil(clock);

  return async (request) => {
    let lookMs = FIRST_LOOK_MS;
    let busyLooks = 0;
    const leasing = Promise.withResolvers<void>();
    request.stayFor?.(leasing.promise);
    try {
      for (;;) {
        const outcome = await look(request).catch((error: unknown) => {
          // Too many ask for the same item at once: one of them is minting.
          if (!(error instanceof StoreUnavailable) || !error.busy || ++busyLooks >= MOST_BUSY_LOOKS) throw error;
          return 'wait' as const;
        });
        if (outcome !== 'wait') return outcome;
        if (request.time.left() < (request.hasGood ? LAST_LOOK_MS : OWN_MINT_MS)) return await stopWaiting(request);
        if (lookMs === FIRST_LOOK_MS) request.note('store-wait');
        await sleep(clock, lookMs * (0.5 + random() / 2), request.time.signal);
        lookMs = Math.min(LAST_LOOK_MS, lookMs * 2);
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      request.note('store-down');
      leasing.resolve();
      return await mintAlone(request);
    } finally {
      leasing.resolve();
    }
  };

  /** What the item has, or a mint under its lease, or `wait` where another process has the lease. */
  async function look<Value>(request: FleetRequest<Value>): Promise<Shared<Value> | 'wait'> {
    const item = await store.read(request.key);
    const shared = readCredential(item, request);
    if (shared) return shared;
    throwIfFailed(item, request);
    const { generation, leaseUntil, retryAt } = item;
    // A lease that its holder gave back has no end any more.
    const silentMs = leaseUntil > 0 && request.hasGood ? SILENT_MS : 0;
    const name = nameOf(request.key, `lease ${silentMs}`);
    if (msUntil(name, leaseUntil + silentMs, LEASE_MS + silentMs) > 0) return 'wait';
    const now = clock.now();
    // What is found to have passed here may not have by the wall clock.
    const passed = Math.max(now, leaseUntil, retryAt);
    const lease = await store.takeLease(request.key, { now: passed, until: now + LEASE_MS, generation });
    return lease ? mintUnder(lease, request) : 'wait';
  }

  async function stopWaiting<Value>(request: FleetRequest<Value>): Promise<Shared<Value>> {
    if (request.hasGood) throw new RetryLater(ELSEWHERE_MS * (1 + random()));
    request.note('alone');
    return mintAlone(request);
  }

  function readCredential<Value>(item: SharedItem, request: FleetRequest<Value>): Shared<Value> | undefined {
    if (item.generation <= request.beyond || !item.sealed) return undefined;
    const value = request.unpack(request.sealer.open(request.key, item.sealed));
    if (value === undefined) return undefined;
    request.note('store-hit');
    return { value, generation: item.generation };
  }

  function throwIfFailed({ retryAt, failure }: SharedItem, { key, sealer, note }: FleetRequest<unknown>): void {
    const known = failure && readFailure(sealer.open(key, failure));
    const pauseMs = known ? msUntil(nameOf(key, 'pause'), retryAt, known.pauseMs) : 0;
    if (pauseMs === 0) return;
    note('store-backoff');
    throw new RetryLater(pauseMs, known?.problem);
  }

  function failureOf(error: unknown, { key, sealer }: FleetRequest<unknown>) {
    if (!(error instanceof RetryLater) || !error.problem) return undefined;
    const { problem, pauseMs } = error;
    const retryAt = clock.now() + pauseMs;
    // Seen from now on, and not when this instance looks again.
    msUntil(nameOf(key, 'pause'), retryAt, pauseMs);
    return { sealed: sealer.seal(key, writeFailure({ problem, pauseMs })), retryAt };
  }

  async function mintUnder<Value>(lease: Lease, request: FleetRequest<Value>): Promise<Shared<Value>> {
    const { key, sealer, note } = request;
    note('lease');
    let value: Value;
    try {
      value = await request.mint();
    } catch (error) {
      // One that was given up hangs, as far as is known: its lease ends without a word, and leaves the vendor alone.
      if (!request.time.signal.aborted) await storeAnyway(store.release(lease, failureOf(error, request)));
      throw error;
    }
    const credential = { sealed: sealer.seal(key, request.pack(value)), endsAt: request.endsAt(value) };
    const published = await storeAnyway(store.publish(lease, credential));
    if (published === false) note('outlived');
    return { value, generation: published ? lease.generation + 1 : lease.generation };
  }
}

async function mintAlone<Value>({ mint, beyond }: FleetRequest<Value>): Promise<Shared<Value>> {
  return { value: await mint(), generation: beyond };
}

/** What is minted is used whether or not the store takes it. */
function storeAnyway<Result>(storing: Promise<Result>): Promise<Result | undefined> {
  return storing.catch((error: unknown) => {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  });
}
