/**
 * What the processes of a fleet know in common: credentials, each with a lease under which one process renews it.
 * Whatever the store cannot do in a bounded few milliseconds it gives up: callers then do without it.
 */

export interface ItemKey {
  /** `<vendor>#<account>#<fingerprint of the secret>`: a changed secret shares nothing with its predecessor. */
  readonly partition: string;
  /** What of that account it is: its token, one agent's session, … */
  readonly item: string;
}

/** What `MsUntil` calls an end that stands in an item. */
export const nameOf = ({ partition, item }: ItemKey, what: string) => `${partition} ${item} ${what}`;

export interface SharedItem {
  readonly item: string;
  /** Counts the credentials that were written here; 0 where none was. */
  readonly generation: number;
  /** The credential as it was written; absent where there is none, or none any more. */
  readonly sealed: Uint8Array | undefined;
  /** Until when it is good, by who wrote it or prolonged it last; epoch milliseconds, 0 where there is none. */
  readonly endsAt: number;
  /** The lease that was last taken, also after it has ended. Times are epoch milliseconds. */
  readonly leaseUntil: number;
  /** Before this time nobody shall ask the vendor for a credential: the last one who asked had a failure. 0 for none. */
  readonly retryAt: number;
  /** That failure, sealed. */
  readonly failure: Uint8Array | undefined;
  /** When each place of a rate limit is free again, by its number; absent numbers are free. */
  readonly places: ReadonlyMap<number, number>;
}

/** The right to renew an item. Its number grows with each lease: a holder that outlived its lease has a lower one. */
export interface Lease {
  readonly key: ItemKey;
  readonly number: number;
  /** The generation that the item had when the lease was taken. */
  readonly generation: number;
}

/** The store did not do what it was asked in its time, or refused it. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /** It is there, and has too much to do with this item: a moment later it may answer. */
  readonly busy: boolean;

  constructor(message: string, { busy = false, cause }: { busy?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.busy = busy;
  }
}

/** Every operation @throws StoreUnavailable */
export interface SharedStore {
  /** The item, strongly consistent; one of generation 0 where there is none. */
  read(key: ItemKey): Promise<SharedItem>;
  /** All items of a partition. */
  list(partition: string): Promise<SharedItem[]>;
  /**
   * Takes the lease until `until`. Undefined where somebody else holds it, where the item's generation is not
   * `generation` any more, or where `retryAt` has not come.
   */
  takeLease(key: ItemKey, lease: { now: number; until: number; generation: number }): Promise<Lease | undefined>;
  /** False where the lease has passed on to somebody else. */
  extendLease(lease: Lease, until: number): Promise<boolean>;
  /**
   * Writes a credential of the next generation and ends the lease, the failure and the wait after it.
   * False, and nothing written, where the lease has passed on.
   * @param endsAt epoch milliseconds from which the item is worthless
   */
  publish(lease: Lease, credential: { sealed: Uint8Array; endsAt: number }): Promise<boolean>;
  /** Ends the lease without a credential, with a failure for the others where there is one. False as with `publish`. */
  release(lease: Lease, failure?: { sealed: Uint8Array; retryAt: number }): Promise<boolean>;
  /**
   * Replaces the credential of just that generation by the next, without a lease; without `credential` it is taken away.
   * False, and nothing written, where the generation is another.
   */
  replace(key: ItemKey, generation: number, credential?: { sealed: Uint8Array; endsAt: number }): Promise<boolean>;
  /** The credential of just that generation is good until `endsAt`. False where the generation is another. */
  prolong(key: ItemKey, generation: number, endsAt: number): Promise<boolean>;
  /** Takes a place of a rate limit until `freeAt`. Undefined where the place is taken or the item has no credential. */
  takePlace(key: ItemKey, place: number, times: { now: number; freeAt: number }): Promise<SharedItem | undefined>;
}
