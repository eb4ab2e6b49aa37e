import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readTimeoutMs } from '../../../../lib/credentials/shared/dynamodb.ts';
import { type ItemKey, type SharedStore, StoreUnavailable } from '../../../../lib/credentials/shared/store.ts';
import type { TestClock } from '../../../support/clock.ts';
import { type Dynamo, FAULT_MESSAGE, startDynamoStore } from '../../../support/dynamodb.ts';

const KEY: ItemKey = { partition: 'a-vendor#default#fingerprint', item: 'token' };
const TOO_LATE = new StoreUnavailable('The shared store did not answer in its time.');

interface Stand {
  readonly dynamo: Dynamo;
  readonly clock: TestClock;
  /** The request under way: its operation, and how many of it were sent. */
  readonly sent: readonly [operation: string, count: number];
}

/** So much time passes while a request is under way. */
async function pass(milliseconds: number, { dynamo, clock, sent: [operation, count] }: Stand): Promise<void> {
  await expect.poll(() => dynamo.count(operation)).toBe(count);
  expect(clock.pending()).toBe(1);
  clock.advance(milliseconds);
}

const take = (store: SharedStore) => store.takeLease(KEY, { now: 0, until: 1, generation: 0 });

describe('a DynamoDB that does not do what it is asked', () => {
  test('is asked once more, with more time, and then once an operation; no timer is left', async () => {
    const { store, dynamo, clock } = await startDynamoStore();
    await store.read(KEY);
    dynamo.hang();
    let settled = false;
    const outcome = store.read(KEY).catch((error: unknown) => {
      settled = true;
      return error;
    });
    await pass(99, { dynamo, clock, sent: ['GetItem', 2] });
    clock.advance(1);
    await pass(4_999, { dynamo, clock, sent: ['GetItem', 3] });
    expect(settled).toBe(false);
    clock.advance(1);
    expect(await outcome).toEqual(TOO_LATE);
    expect(clock.pending()).toBe(0);

    const operations: [string, () => Promise<unknown>][] = [
      ['GetItem', () => store.read(KEY)],
      ['Query', () => store.list(KEY.partition)],
      ['UpdateItem', () => take(store)],
    ];
    for (const [name, operation] of operations) {
      const sent = dynamo.count(name) + 1;
      const late = operation().catch((error: unknown) => error);
      await pass(99, { dynamo, clock, sent: [name, sent] });
      clock.advance(1);
      expect(await late).toEqual(TOO_LATE);
      expect(dynamo.count(name)).toBe(sent);
      expect(clock.pending()).toBe(0);
    }

    dynamo.recover();
    expect(await store.read(KEY)).toMatchObject({ generation: 0 });
    dynamo.hang();
    const again = store.read(KEY);
    await pass(100, { dynamo, clock, sent: ['GetItem', 6] });
    dynamo.recover();
    expect(await again).toMatchObject({ generation: 0 });
    expect(clock.pending()).toBe(0);
  });

  test('has more time until its first answer', async () => {
    const { store, dynamo, clock } = await startDynamoStore();
    dynamo.hang();
    const reading = store.read(KEY);
    await pass(399, { dynamo, clock, sent: ['GetItem', 1] });
    expect(dynamo.count('GetItem')).toBe(1);
    dynamo.recover();
    clock.advance(1);
    expect(await reading).toMatchObject({ generation: 0 });
    expect(clock.pending()).toBe(0);
  });

  test('has its time from when the SDK is loaded: loading says nothing of DynamoDB', async () => {
    const { store, dynamo, clock } = await startDynamoStore();
    const loading = Promise.withResolvers<void>();
    vi.doMock('@aws-sdk/client-dynamodb', async (importOriginal) => {
      await loading.promise;
      return importOriginal();
    });
    onTestFinished(() => vi.doUnmock('@aws-sdk/client-dynamodb'));

    const reading = store.read(KEY);
    clock.advance(60_000);
    loading.resolve();

    expect(await reading).toMatchObject({ generation: 0 });
    expect(dynamo.count('GetItem')).toBe(1);
  });

  describe('and does its work without an answer', () => {
    /** Ends the time-out of the operation that has no answer. */
    const startSwallowing = async (operation: string) => {
      const { store, dynamo, clock } = await startDynamoStore();
      const lose = async <Result>(result: Promise<Result>): Promise<Result> => {
        await pass(400, { dynamo, clock, sent: [operation, dynamo.count(operation) + 1] });
        return result;
      };
      return { store, dynamo, lose };
    };
    const CREDENTIAL = { sealed: Uint8Array.of(1), endsAt: 1 };

    test('gives the lease to the instance that has taken it', async () => {
      const { store, dynamo, lose } = await startSwallowing('UpdateItem');
      dynamo.swallow('UpdateItem');
      const lease = await lose(take(store));
      expect(lease).toMatchObject({ generation: 0 });
      expect(await take(store)).toBeUndefined();
      expect(lease && (await store.publish(lease, CREDENTIAL))).toBe(true);
    });

    test('says of a credential that it is written, and has written it once', async () => {
      const { store, dynamo, lose } = await startSwallowing('UpdateItem');
      const lease = await take(store);
      dynamo.swallow('UpdateItem');
      expect(lease && (await lose(store.publish(lease, CREDENTIAL)))).toBe(true);
      expect(await store.read(KEY)).toMatchObject({ ...CREDENTIAL, generation: 1, leaseUntil: 0 });
      // Another one of that lease is not.
      expect(lease && (await store.publish(lease, { ...CREDENTIAL, sealed: Uint8Array.of(2) }))).toBe(false);
    });

    test('gives a place to the instance that has taken it, and to no other', async () => {
      const { store, dynamo, lose } = await startSwallowing('UpdateItem');
      await store.replace(KEY, 0, CREDENTIAL);
      dynamo.swallow('UpdateItem');
      expect(await lose(store.takePlace(KEY, 3, { now: 0, freeAt: 1 }))).toMatchObject({ places: new Map([[3, 1]]) });
      expect(await store.takePlace(KEY, 3, { now: 0, freeAt: 1 })).toBeUndefined();
    });
  });

  test.each([
    [400, 'AccessDeniedException', false],
    [400, 'ResourceNotFoundException', false],
    [400, 'ValidationException', false],
    [500, 'InternalServerError', false],
    [400, 'ProvisionedThroughputExceededException', true],
    [400, 'ThrottlingException', true],
    [400, 'RequestLimitExceeded', true],
  ])('is unavailable with %i %s, and says the name alone', async (status, exception, busy) => {
    const { store, dynamo, clock } = await startDynamoStore();
    dynamo.fail(status, exception);
    const error: unknown = await take(store).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({
      message: `The shared store failed (${exception}).`,
      busy,
      cause: { name: exception, message: FAULT_MESSAGE },
    });
    expect(dynamo.count('UpdateItem')).toBe(status < 500 ? 1 : 2);
    expect(clock.pending()).toBe(0);
  });

  test('is asked once more where it loses a connection', async () => {
    const { store, dynamo } = await startDynamoStore();
    dynamo.reset(1);
    expect(await store.read(KEY)).toMatchObject({ generation: 0 });
    expect(dynamo.count('GetItem')).toBe(2);
  });

  test('is unavailable where nobody listens', async () => {
    const { store, clock } = await startDynamoStore();
    process.env['AWS_ENDPOINT_URL_DYNAMODB'] = 'http://127.0.0.1:9';
    await expect(store.read(KEY)).rejects.toThrow(StoreUnavailable);
    expect(clock.pending()).toBe(0);
  });
});

describe('the time-out of an operation', () => {
  test.each([
    ['1', 1],
    ['250', 250],
    ['900000', 900_000],
    [undefined, 100],
    ['', 100],
    ['0', 100],
    ['-5', 100],
    ['1.5', 100],
    ['1e3', 100],
    [' 250', 100],
    ['1000000', 100],
    ['fast', 100],
  ])('is by the environment %j: %i ms', (value, milliseconds) => {
    expect(readTimeoutMs(value)).toBe(milliseconds);
  });

  test('that is longer than that until the first answer holds for both', async () => {
    process.env['TOKEN_STORE_TIMEOUT_MS'] = '1000';
    onTestFinished(() => {
      delete process.env['TOKEN_STORE_TIMEOUT_MS'];
    });
    const { store, dynamo, clock } = await startDynamoStore();
    dynamo.hang();
    const reading = store.read(KEY);
    await pass(999, { dynamo, clock, sent: ['GetItem', 1] });
    expect(dynamo.count('GetItem')).toBe(1);
    dynamo.recover();
    clock.advance(1);
    expect(await reading).toMatchObject({ generation: 0 });
  });
});
