import { expect, test } from 'vitest';
import { withBreaker } from '../../../../lib/credentials/shared/breaker.ts';
import {
  type ItemKey,
  type SharedItem,
  type SharedStore,
  StoreUnavailable,
} from '../../../../lib/credentials/shared/store.ts';
import { createTestClock } from '../../../support/clock.ts';
import { startDynamoStore } from '../../../support/dynamodb.ts';

const KEY: ItemKey = { partition: 'a-vendor#default#fingerprint', item: 'token' };

/** A DynamoDB behind a breaker. */
async function startStore() {
  const { dynamo, clock, store } = await startDynamoStore();
  return { dynamo, clock, store: withBreaker(store, clock, () => 0.5) };
}

/** A store whose reads end when the test says so. */
function createSlowStore() {
  const reads: PromiseWithResolvers<SharedItem>[] = [];
  const store = {
    read: () => {
      const read = Promise.withResolvers<SharedItem>();
      reads.push(read);
      return read.promise;
    },
  } as Partial<SharedStore> as SharedStore;
  return { store, reads };
}

const ITEM = { item: 'token' } as SharedItem;
const unavailable = () => new StoreUnavailable('out of reach');
const busy = () => new StoreUnavailable('too many ask', { busy: true });

test('a dead store costs one operation and its retry, and then nothing for a while', async () => {
  const { store, dynamo, clock } = await startStore();
  await store.read(KEY);
  dynamo.hang();
  const first = store.read(KEY);
  await expect.poll(() => dynamo.count('GetItem')).toBe(2);
  clock.advance(100);
  await expect.poll(() => dynamo.count('GetItem')).toBe(3);
  clock.advance(5_000);
  await expect(first).rejects.toThrow(StoreUnavailable);

  const lease = { key: KEY, number: 1, generation: 0 };
  const credential = { sealed: new Uint8Array(), endsAt: 1 };
  const operations: (() => Promise<unknown>)[] = [
    () => store.read(KEY),
    () => store.list(KEY.partition),
    () => store.takeLease(KEY, { now: 0, until: 1, generation: 0 }),
    () => store.extendLease(lease, 1),
    () => store.publish(lease, credential),
    () => store.release(lease),
    () => store.replace(KEY, 0, credential),
    () => store.prolong(KEY, 0, 1),
    () => store.takePlace(KEY, 0, { now: 0, freeAt: 1 }),
  ];
  for (const operation of operations) await expect(operation()).rejects.toThrow(StoreUnavailable);
  expect(['GetItem', 'Query', 'UpdateItem'].map(dynamo.count)).toEqual([3, 0, 0]);
  expect(clock.pending()).toBe(0);
});

test('a store that is back is used again after the pause, for everything', async () => {
  const { store, dynamo, clock } = await startStore();
  dynamo.fail(500);
  await expect(store.read(KEY)).rejects.toThrow(StoreUnavailable);
  dynamo.recover();
  clock.advance(7_500);
  const lease = await store.takeLease(KEY, { now: 0, until: 1, generation: 0 });
  if (!lease) throw new Error('the lease was not had');
  expect(await store.extendLease(lease, 2)).toBe(true);
  expect(await store.publish(lease, { sealed: Uint8Array.of(1), endsAt: 3 })).toBe(true);
  expect(await store.prolong(KEY, 1, 4)).toBe(true);
  expect(await store.takePlace(KEY, 0, { now: 0, freeAt: 1 })).toMatchObject({ generation: 1, endsAt: 4 });
  expect(await store.replace(KEY, 1)).toBe(true);
  expect(await store.release(lease)).toBe(false);
  expect(await store.list(KEY.partition)).toMatchObject([{ item: 'token', generation: 2 }]);
  expect(await store.read(KEY)).toMatchObject({ generation: 2 });
});

test.each([
  [0, 5_000, 0],
  [0.5, 7_500, 0],
  [0.999, 9_995, 0],
  [0, 5_000, -3_600_000],
  [0, 5_000, 3_600_000],
])('with chance %d the pause is %i ms, also where the clock is set by %i ms', async (chance, pauseMs, step) => {
  const { store, reads } = createSlowStore();
  const clock = createTestClock();
  const guarded = withBreaker(store, clock, () => chance);
  const failing = guarded.read(KEY);
  reads[0]?.reject(unavailable());
  await expect(failing).rejects.toThrow('out of reach');
  clock.step(step);
  clock.advance(pauseMs - 1);
  await expect(guarded.read(KEY)).rejects.toThrow(StoreUnavailable);
  expect(reads).toHaveLength(1);
  clock.advance(1);
  const probe = guarded.read(KEY);
  reads[1]?.resolve(ITEM);
  expect(await probe).toBe(ITEM);
});

test('after the pause one asks and the others are refused until it has its answer', async () => {
  const { store, reads } = createSlowStore();
  const clock = createTestClock();
  const guarded = withBreaker(store, clock, () => 0);
  const failing = guarded.read(KEY);
  reads[0]?.reject(unavailable());
  await expect(failing).rejects.toThrow('out of reach');

  clock.advance(5_000);
  const failedProbe = guarded.read(KEY);
  await expect(guarded.read(KEY)).rejects.toThrow(StoreUnavailable);
  expect(reads).toHaveLength(2);
  reads[1]?.reject(unavailable());
  await expect(failedProbe).rejects.toThrow('out of reach');
  await expect(guarded.read(KEY)).rejects.toThrow(StoreUnavailable);
  expect(reads).toHaveLength(2);

  clock.advance(5_000);
  const probe = guarded.read(KEY);
  await expect(guarded.read(KEY)).rejects.toThrow(StoreUnavailable);
  reads[2]?.resolve(ITEM);
  expect(await probe).toBe(ITEM);
  const both = [guarded.read(KEY), guarded.read(KEY)];
  expect(reads).toHaveLength(5);
  for (const read of reads) read.resolve(ITEM);
  expect(await Promise.all(both)).toEqual([ITEM, ITEM]);
});

test('a busy store is there: it is asked on, also where that was the probe', async () => {
  const { store, reads } = createSlowStore();
  const clock = createTestClock();
  const guarded = withBreaker(store, clock, () => 0);
  const readAndFail = async (error: Error) => {
    const reading = guarded.read(KEY);
    reads.at(-1)?.reject(error);
    await expect(reading).rejects.toBe(error);
  };
  await readAndFail(busy());
  await readAndFail(busy());
  await readAndFail(unavailable());
  await expect(guarded.read(KEY)).rejects.toThrow(StoreUnavailable);
  expect(reads).toHaveLength(3);
  clock.advance(5_000);
  await readAndFail(busy());
  await readAndFail(busy());
  expect(reads).toHaveLength(5);
});
