import { randomUUID } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Transport } from '../../http/transport.ts';
import type { Clock } from '../../time/clock.ts';
import { type Attributes, createDynamoTable, type Write } from './dynamodb-table.ts';
import type { ItemKey, Lease, SharedItem, SharedStore } from './store.ts';

/**
 * DynamoDB takes less than 10 ms as a rule, says
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html
 */
const TIMEOUT_MS = 100;
/** With connecting. */
const FIRST_TIMEOUT_MS = 400;
/**
 * Of the retry, after which the instance goes on without the store. A machine with ten times as many busy threads as
 * processors answers within it; a store that is out of reach costs it once.
 */
const RETRY_TIMEOUT_MS = 5_000;
/** An item outlives what is in it by this much: no generation begins anew while anybody still holds an old one. */
const KEPT_MS = 24 * 60 * 60_000;

export interface DynamoStoreOptions {
  /** A table with the partition key `pk` and the sort key `sk`, both S, whose TTL attribute is `ttl`. */
  readonly table: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Time-out of an operation, in milliseconds; by default that of TOKEN_STORE_TIMEOUT_MS. */
  readonly timeoutMs?: number;
  /** Time-out until one operation has succeeded. */
  readonly firstTimeoutMs?: number;
  /** Time-out of the retry of an operation that did not succeed. */
  readonly retryTimeoutMs?: number;
}

/** The store in DynamoDB. An item is one item there, and each write is one UpdateItem under a condition. */
export function createDynamoStore({
  table: name,
  transport,
  clock,
  timeoutMs = readTimeoutMs(process.env['TOKEN_STORE_TIMEOUT_MS']),
  firstTimeoutMs = Math.max(FIRST_TIMEOUT_MS, timeoutMs),
  retryTimeoutMs = Math.max(RETRY_TIMEOUT_MS, timeoutMs),
}: DynamoStoreOptions): SharedStore {
  const table = createDynamoTable({ table: name, transport, clock, timeoutMs, firstTimeoutMs, retryTimeoutMs });
  /** The `ttl` that an item had when its lease was taken. */
  const ttls = new WeakMap<Lease, number>();

  const succeeds = async (key: ItemKey, write: Write) => (await table.write(key, write)) !== undefined;

  return {
    read: async (key) => toItem(await table.get(key), key.item),

    list: async (partition) => {
      const items = await table.query(partition);
      return items.map((attributes) => toItem(attributes));
    },

    takeLease: async (key, { now, until, generation }) => {
      const taken = await table.write(key, {
        // A credential that is still there may end long after the lease: its `ttl` is not lowered.
        update: `SET #leaseOwner = :owner, #leaseUntil = :until,
          #leaseNumber = if_not_exists(#leaseNumber, :zero) + :one, #ttl = if_not_exists(#ttl, :ttl)`,
        condition: `(attribute_not_exists(#leaseOwner) OR #leaseUntil <= :now OR #leaseOwner = :owner)
          AND (attribute_not_exists(#retryAt) OR #retryAt <= :now) AND ${isOf(generation)}`,
        values: {
          ':owner': randomUUID(),
          ':now': now,
          ':until': until,
          ':zero': 0,
          ':one': 1,
          ':generation': generation,
          ':ttl': toTtl(until),
        },
      });
      if (!taken) return undefined;
      const lease = { key, number: toNumber(taken['leaseNumber']), generation };
      ttls.set(lease, toNumber(taken['ttl']));
      return lease;
    },

    extendLease: ({ key, number }, until) =>
      succeeds(key, {
        update: 'SET #leaseUntil = :until',
        condition: IS_HELD,
        values: { ':number': number, ':until': until },
      }),

    publish: ({ key, number, generation }, { sealed, endsAt }) =>
      succeeds(key, {
        update: `${SET_CREDENTIAL} REMOVE #leaseOwner, #leaseUntil, #retryAt, #failure`,
        condition: `(${IS_HELD} AND ${isOf(generation)}) OR (#generation = :next AND #sealed = :sealed)`,
        values: { ':number': number, ...toValues(generation, sealed, endsAt) },
      }),

    // Also where the credential was replaced meanwhile: the lease would otherwise keep others waiting to its end.
    release: (lease, failure) => {
      const ttl = Math.max(ttls.get(lease) ?? 0, toTtl(failure?.retryAt ?? clock.now()));
      const setFailure = failure ? ', #failure = :failure, #retryAt = :retryAt' : '';
      return succeeds(lease.key, {
        update: `SET #ttl = :ttl${setFailure} REMOVE #leaseOwner, #leaseUntil`,
        condition: IS_HELD,
        values: {
          ':number': lease.number,
          ':ttl': ttl,
          ...(failure && { ':failure': failure.sealed, ':retryAt': failure.retryAt }),
        },
      });
    },

    replace: (key, generation, credential) =>
      succeeds(key, {
        update: credential
          ? SET_CREDENTIAL
          : 'SET #generation = :next, #ttl = if_not_exists(#ttl, :ttl) REMOVE #sealed, #endsAt',
        condition: isOf(generation),
        values: credential
          ? toValues(generation, credential.sealed, credential.endsAt)
          : { ':generation': generation, ':next': generation + 1, ':ttl': toTtl(clock.now()) },
      }),

    prolong: (key, generation, endsAt) =>
      succeeds(key, {
        update: 'SET #endsAt = :endsAt, #ttl = :ttl',
        condition: `attribute_exists(#sealed) AND ${isOf(generation)}`,
        values: { ':generation': generation, ':endsAt': endsAt, ':ttl': toTtl(endsAt) },
      }),

    takePlace: async (key, place, { now, freeAt }) => {
      const taken = await table.write(key, {
        update: `SET #place${place} = :freeAt, #taker${place} = :taker`,
        condition: `attribute_exists(#sealed) AND
          (attribute_not_exists(#place${place}) OR #place${place} <= :now OR #taker${place} = :taker)`,
        values: { ':now': now, ':freeAt': freeAt, ':taker': randomUUID().slice(0, 8) },
      });
      return taken && toItem(taken);
    },
  };
}

/**
 * The time-out of an operation in milliseconds, from the text of TOKEN_STORE_TIMEOUT_MS: a positive integer of at most
 * six digits, which is more than the 900 s that Lambda lets a function run. For anything else the default.
 */
export function readTimeoutMs(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : TIMEOUT_MS;
}

/** A lease that nobody took over since, also one that ran out. Publishing and releasing take its owner away. */
const IS_HELD = '#leaseNumber = :number AND attribute_exists(#leaseOwner)';

const isOf = (generation: number) =>
  generation === 0 ? '(attribute_not_exists(#generation) OR #generation = :generation)' : '#generation = :generation';

const SET_CREDENTIAL = 'SET #generation = :next, #sealed = :sealed, #endsAt = :endsAt, #ttl = :ttl';

/** The values of SET_CREDENTIAL and `isOf`. */
const toValues = (generation: number, sealed: Uint8Array, endsAt: number) => ({
  ':generation': generation,
  ':next': generation + 1,
  ':sealed': sealed,
  ':endsAt': endsAt,
  ':ttl': toTtl(endsAt),
});

/**
 * Epoch seconds, as TTL wants them; DynamoDB deletes the item within a few days of that time, see
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
const toTtl = (epochMs: number) => Math.ceil((epochMs + KEPT_MS) / 1000);

function toItem(attributes: Attributes, item = attributes['sk']?.S ?? ''): SharedItem {
  const places = Object.entries(attributes).flatMap(([name, value]): [number, number][] => {
    const place = /^place(\d+)$/.exec(name)?.[1];
    return place === undefined ? [] : [[Number(place), toNumber(value)]];
  });
  return {
    item,
    generation: toNumber(attributes['generation']),
    sealed: attributes['sealed']?.B,
    endsAt: toNumber(attributes['endsAt']),
    leaseUntil: toNumber(attributes['leaseUntil']),
    retryAt: toNumber(attributes['retryAt']),
    failure: attributes['failure']?.B,
    places: new Map(places),
  };
}

const toNumber = (value: AttributeValue | undefined) => Number(value?.N ?? 0);
