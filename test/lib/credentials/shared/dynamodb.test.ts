import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { ItemKey, Lease, SharedStore } from '../../../../lib/credentials/shared/store.ts';
import { type Dynamo, startDynamoStore } from '../../../support/dynamodb.ts';

const KEY: ItemKey = { partition: 'a-vendor#default#fingerprint', item: 'token' };
const NOW = 1_800_000_000_000;
const LEASE_MS = 5_000;
const HOUR_MS = 3_600_000;
const DAY_SECONDS = 86_400;

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined) => content && new TextDecoder().decode(content);
const credential = (content: string, endsAt = NOW + HOUR_MS) => ({ sealed: bytes(content), endsAt });

const take = (store: SharedStore, { now = NOW, generation = 0, key = KEY } = {}) =>
  store.takeLease(key, { now, until: now + LEASE_MS, generation });

async function taken(store: SharedStore, options: Parameters<typeof take>[1] = {}): Promise<Lease> {
  const lease = await take(store, options);
  if (!lease) throw new Error('the lease was not had');
  return lease;
}

async function published(store: SharedStore, content: string, key = KEY): Promise<void> {
  const { generation } = await store.read(key);
  const lease = await taken(store, { key, generation });
  expect(await store.publish(lease, credential(content))).toBe(true);
}

async function attributesOf({ client, table }: Dynamo) {
  const Key = { pk: { S: KEY.partition }, sk: { S: KEY.item } };
  const { Item: attributes = {} } = await client.send(new GetItemCommand({ TableName: table, Key }));
  return attributes;
}

describe('a credential', () => {
  test('is read as it was written, and nothing is where none was', async () => {
    const { store } = await startDynamoStore();
    const empty = { item: 'token', generation: 0, sealed: undefined, endsAt: 0, leaseUntil: 0, retryAt: 0 };
    expect(await store.read(KEY)).toEqual({ ...empty, failure: undefined, places: new Map() });

    const lease = await taken(store);
    expect(await store.read(KEY)).toMatchObject({ generation: 0, leaseUntil: NOW + LEASE_MS });
    expect(await store.publish(lease, credential('first'))).toBe(true);
    const item = await store.read(KEY);
    expect(item).toMatchObject({ generation: 1, endsAt: NOW + HOUR_MS, leaseUntil: 0, retryAt: 0 });
    expect(text(item.sealed)).toBe('first');
  });

  test('is deleted a day after its end, by a TTL in seconds', async () => {
    const { store, dynamo } = await startDynamoStore();
    const lease = await taken(store);
    expect(await attributesOf(dynamo)).toMatchObject({ ttl: { N: String((NOW + LEASE_MS) / 1000 + DAY_SECONDS) } });
    await store.publish(lease, credential('first'));
    expect(await attributesOf(dynamo)).toMatchObject({ ttl: { N: String(NOW / 1000 + 3_600 + DAY_SECONDS) } });
  });

  test('stays for as long when its renewal fails', async () => {
    const { store, dynamo } = await startDynamoStore();
    await published(store, 'first');
    const { ttl } = await attributesOf(dynamo);
    const lease = await taken(store, { generation: 1 });
    await store.release(lease, { sealed: bytes('failure'), retryAt: NOW + 1_000 });
    expect(await attributesOf(dynamo)).toMatchObject({ ttl, retryAt: { N: String(NOW + 1_000) } });
    expect(text((await store.read(KEY)).sealed)).toBe('first');
  });

  test('is replaced and taken away by who knows its generation', async () => {
    const { store, dynamo } = await startDynamoStore();
    expect(await store.replace(KEY, 1, credential('stray'))).toBe(false);
    expect(await store.replace(KEY, 0, credential('first'))).toBe(true);
    expect(await store.replace(KEY, 0, credential('stray'))).toBe(false);
    expect(await store.replace(KEY, 1, credential('second', NOW + 2 * HOUR_MS))).toBe(true);
    expect(await store.read(KEY)).toMatchObject({ generation: 2, endsAt: NOW + 2 * HOUR_MS });
    expect(text((await store.read(KEY)).sealed)).toBe('second');

    expect(await store.replace(KEY, 1)).toBe(false);
    expect(await store.replace(KEY, 2)).toBe(true);
    expect(await store.read(KEY)).toMatchObject({ generation: 3, sealed: undefined, endsAt: 0 });
    expect(await attributesOf(dynamo)).toMatchObject({ ttl: { N: String(NOW / 1000 + 7_200 + DAY_SECONDS) } });
  });

  test('is prolonged by who knows its generation, and only while there is one', async () => {
    const { store, dynamo } = await startDynamoStore();
    expect(await store.prolong(KEY, 0, NOW + HOUR_MS)).toBe(false);
    await published(store, 'session');
    expect(await store.prolong(KEY, 2, NOW + 2 * HOUR_MS)).toBe(false);
    expect(await store.prolong(KEY, 1, NOW + 2 * HOUR_MS)).toBe(true);
    expect(await store.read(KEY)).toMatchObject({ generation: 1, endsAt: NOW + 2 * HOUR_MS });
    expect(await attributesOf(dynamo)).toMatchObject({ ttl: { N: String(NOW / 1000 + 7_200 + DAY_SECONDS) } });
    await store.replace(KEY, 1);
    expect(await store.prolong(KEY, 2, NOW + HOUR_MS)).toBe(false);
  });
});

describe('a lease', () => {
  test('has one winner of fifty who race for it', async () => {
    const { store, startProcess } = await startDynamoStore();
    const processes = [store, startProcess(), startProcess()];
    const race = await Promise.all(Array.from({ length: 50 }, (_, index) => take(processes[index % 3] as SharedStore)));
    expect(race.filter((lease) => lease !== undefined)).toEqual([{ key: KEY, number: 1, generation: 0 }]);
  });

  test('is not had while another holds it, and is had from its end on', async () => {
    const { store } = await startDynamoStore();
    await taken(store);
    expect(await take(store, { now: NOW + LEASE_MS - 1 })).toBeUndefined();
    expect(await take(store, { now: NOW + LEASE_MS })).toMatchObject({ number: 2 });
  });

  test('is not had by who knows another generation', async () => {
    const { store } = await startDynamoStore();
    expect(await take(store, { generation: 1 })).toBeUndefined();
    await published(store, 'first');
    expect(await take(store, { generation: 0 })).toBeUndefined();
    expect(await take(store, { generation: 2 })).toBeUndefined();
    expect(await take(store, { generation: 1 })).toMatchObject({ number: 2, generation: 1 });
  });

  test('is not had before the time that a failure names, and its failure is told', async () => {
    const { store } = await startDynamoStore();
    const lease = await taken(store);
    const retryAt = NOW + 30_000;
    expect(await store.release(lease, { sealed: bytes('refused'), retryAt })).toBe(true);
    const item = await store.read(KEY);
    expect(item).toMatchObject({ generation: 0, leaseUntil: 0, retryAt });
    expect(text(item.failure)).toBe('refused');
    expect(await take(store, { now: retryAt - 1 })).toBeUndefined();
    const next = await taken(store, { now: retryAt });
    await store.publish(next, credential('first'));
    expect(await store.read(KEY)).toMatchObject({ generation: 1, retryAt: 0, failure: undefined });
  });

  test('is had at once when its holder has released it', async () => {
    const { store } = await startDynamoStore();
    expect(await store.release(await taken(store))).toBe(true);
    expect(await store.read(KEY)).toMatchObject({ leaseUntil: 0, retryAt: 0 });
    expect(await take(store)).toMatchObject({ number: 2 });
  });

  test('is extended by its holder', async () => {
    const { store } = await startDynamoStore();
    const lease = await taken(store);
    expect(await store.extendLease(lease, NOW + 2 * LEASE_MS)).toBe(true);
    expect(await take(store, { now: NOW + LEASE_MS })).toBeUndefined();
    expect(await take(store, { now: NOW + 2 * LEASE_MS })).toMatchObject({ number: 2 });
  });

  test('that was taken over lets its stalled holder do nothing any more', async () => {
    const { store, startProcess } = await startDynamoStore();
    const stalled = await taken(store);
    const successor = startProcess();
    const lease = await taken(successor, { now: NOW + LEASE_MS });

    const refuseAll = async () => {
      expect(await store.publish(stalled, credential('stale'))).toBe(false);
      expect(await store.extendLease(stalled, NOW + HOUR_MS)).toBe(false);
      expect(await store.release(stalled, { sealed: bytes('failure'), retryAt: NOW + HOUR_MS })).toBe(false);
      expect(await store.release(stalled)).toBe(false);
    };
    await refuseAll();
    expect(await store.read(KEY)).toMatchObject({ generation: 0, leaseUntil: NOW + 2 * LEASE_MS, retryAt: 0 });

    expect(await successor.publish(lease, credential('successor'))).toBe(true);
    await refuseAll();
    const item = await store.read(KEY);
    expect(item).toMatchObject({ generation: 1, leaseUntil: 0, retryAt: 0, failure: undefined });
    expect(text(item.sealed)).toBe('successor');
  });

  test('that ran out and was not taken over lets its holder publish still, once', async () => {
    const { store, clock } = await startDynamoStore();
    const lease = await taken(store);
    clock.advance(HOUR_MS);
    expect(await store.publish(lease, credential('late'))).toBe(true);
    expect(await store.publish(lease, credential('again'))).toBe(false);
    expect(await store.extendLease(lease, NOW + HOUR_MS)).toBe(false);
    expect(text((await store.read(KEY)).sealed)).toBe('late');
  });

  test('lets its holder publish nothing over what was replaced meanwhile, but is ended all the same', async () => {
    const { store } = await startDynamoStore();
    const lease = await taken(store);
    await store.replace(KEY, 0, credential('replaced'));
    expect(await store.publish(lease, credential('minted'))).toBe(false);
    expect(text((await store.read(KEY)).sealed)).toBe('replaced');
    expect(await store.release(lease)).toBe(true);
    expect(await take(store, { generation: 1 })).toMatchObject({ number: 2 });
  });

  test('keeps an item that never had a credential for a day after it was last released', async () => {
    const { store, dynamo, clock } = await startDynamoStore();
    const lease = await taken(store);
    clock.advance(NOW + 2 * HOUR_MS - clock.now());
    await store.release(lease);
    expect(await attributesOf(dynamo)).toMatchObject({ ttl: { N: String(NOW / 1000 + 7_200 + DAY_SECONDS) } });
  });
});

describe('a place of a rate limit', () => {
  test('goes to one of twenty who race for it, and is free again at its time', async () => {
    const { store } = await startDynamoStore();
    await published(store, 'session');
    const freeAt = NOW + 2_000;
    const race = await Promise.all(Array.from({ length: 20 }, () => store.takePlace(KEY, 3, { now: NOW, freeAt })));
    const winners = race.filter((item) => item !== undefined);
    expect(winners).toHaveLength(1);
    expect(winners[0]).toMatchObject({ item: 'token', generation: 1, places: new Map([[3, freeAt]]) });
    expect(text(winners[0]?.sealed)).toBe('session');

    expect(await store.takePlace(KEY, 3, { now: freeAt - 1, freeAt: freeAt + 2_000 })).toBeUndefined();
    const next = await store.takePlace(KEY, 0, { now: freeAt - 1, freeAt: freeAt + 2_000 });
    expect(next?.places).toEqual(
      new Map([
        [3, freeAt],
        [0, freeAt + 2_000],
      ]),
    );
    expect(await store.takePlace(KEY, 3, { now: freeAt, freeAt: freeAt + 2_000 })).toBeDefined();
  });

  test('is not given where there is no credential', async () => {
    const { store } = await startDynamoStore();
    expect(await store.takePlace(KEY, 0, { now: NOW, freeAt: NOW + 1 })).toBeUndefined();
    await published(store, 'session');
    await store.replace(KEY, 1);
    expect(await store.takePlace(KEY, 0, { now: NOW, freeAt: NOW + 1 })).toBeUndefined();
  });
});

test('a partition is listed to its last page, without any other', async () => {
  const { store, dynamo } = await startDynamoStore();
  // DynamoDB gives at most 1 MB a page.
  const content = 'x'.repeat(300_000);
  for (const item of ['a', 'b', 'c', 'd', 'e', 'f']) await published(store, content + item, { ...KEY, item });
  await published(store, 'other', { partition: 'a-vendor#default#successor', item: 'a' });
  const items = await store.list(KEY.partition);
  expect(items.map(({ item, sealed }) => [item, text(sealed)?.slice(-1)])).toEqual(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((item) => [item, item]),
  );
  expect(dynamo.count('Query')).toBeGreaterThan(1);
  expect(await store.list('nobody')).toEqual([]);
});
