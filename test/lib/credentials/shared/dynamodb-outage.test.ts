import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readTimeoutMs } from '../../../../lib/credentials/shared/dynamodb.ts';
import { type ItemKey, type SharedStore, StoreUnavailable } from '../../../../lib/credentials/shared/store.ts';
import { FAULT_MESSAGE, startDynamoStore } from '../../../support/dynamodb.ts';

const KEY: ItemKey = { partition: 'a-vendor#default#fingerprint', item: 'token' };
const TOO_LATE = new StoreUnavailable('The shared store did not answer in its time.');

const take = (store: SharedStore) => store.takeLease(KEY, { owner: 'one', now: 0, until: 1, generation: 0 });

describe('a DynamoDB that does not do what it is asked', () => {
  test('costs the time-out and no more, and leaves no timer', async () => {
    const { store, dynamo, clock } = await startDynamoStore();
    await store.read(KEY);
    dynamo.hang();
    const operations: [string, () => Promise<unknown>][] = [
      ['GetItem', () => store.read(KEY)],
      ['Query', () => store.list(KEY.partition)],
      ['UpdateItem', () => take(store)],
    ];
    for (const [name, operation] of operations) {
      const before = dynamo.count(name);
      let settled = false;
      const outcome = operation().then(
        () => undefined,
        (error: unknown) => {
          settled = true;
          return error;
        },
      );
      await expect.poll(() => dynamo.count(name)).toBe(before + 1);
      clock.advance(99);
      expect(clock.pending()).toBe(1);
      expect(settled).toBe(false);
      clock.advance(1);
      expect(await outcome).toEqual(TOO_LATE);
      expect(clock.pending()).toBe(0);
    }
    dynamo.recover();
    expect(await store.read(KEY)).toMatchObject({ generation: 0 });
    expect(clock.pending()).toBe(0);
  });

  test('has more time until its first answer', async () => {
    const { store, dynamo, clock } = await startDynamoStore();
    dynamo.hang();
    const reading = store.read(KEY).catch((error: unknown) => error);
    await expect.poll(() => dynamo.count('GetItem')).toBe(1);
    clock.advance(399);
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    expect(await reading).toEqual(TOO_LATE);
    expect(clock.pending()).toBe(0);
  });

  test('is given up even while the SDK is being loaded, and then not asked any more', async () => {
    const { store, dynamo, clock } = await startDynamoStore();
    const loading = Promise.withResolvers<void>();
    vi.doMock('@aws-sdk/client-dynamodb', async (importOriginal) => {
      await loading.promise;
      return importOriginal();
    });
    onTestFinished(() => vi.doUnmock('@aws-sdk/client-dynamodb'));

    const reading = store.read(KEY);
    clock.advance(400);
    await expect(reading).rejects.toThrow(TOO_LATE);
    expect(clock.pending()).toBe(0);
    loading.resolve();
    await store.read(KEY);
    expect(dynamo.count('GetItem')).toBe(1);
  });

  test.each([
    [400, 'AccessDeniedException', false],
    [400, 'ResourceNotFoundException', false],
    [400, 'ValidationException', false],
    [500, 'InternalServerError', false],
    [400, 'ProvisionedThroughputExceededException', true],
    [400, 'ThrottlingException', true],
    [400, 'RequestLimitExceeded', true],
  ])('is unavailable with %i %s, asked once, and says the name alone', async (status, exception, busy) => {
    const { store, dynamo, clock } = await startDynamoStore();
    dynamo.fail(status, exception);
    const error: unknown = await take(store).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({
      message: `The shared store failed (${exception}).`,
      busy,
      cause: { name: exception, message: FAULT_MESSAGE },
    });
    expect(dynamo.count('UpdateItem')).toBe(1);
    expect(clock.pending()).toBe(0);
  });

  test('is unavailable where nobody listens', async () => {
    const { store, clock } = await startDynamoStore();
    process.env['AWS_ENDPOINT_URL_DYNAMODB'] = 'http://127.0.0.1:9';
    await expect(store.read(KEY)).rejects.toThrow(StoreUnavailable);
    expect(clock.pending()).toBe(0);
  });

  test('is asked again at once over a new connection where the kept one was closed while idle, and only there', async () => {
    const { store, dynamo, clock } = await startDynamoStore();
    await store.read(KEY);
    // The connection is kept from the next turn of the event loop on.
    await setImmediate();
    clock.advance(30_000);
    dynamo.reset(1);
    expect(await store.read(KEY)).toMatchObject({ generation: 0 });
    expect(dynamo.count('GetItem')).toBe(3);

    await setImmediate();
    dynamo.reset(1);
    await expect(store.read(KEY)).rejects.toThrow(StoreUnavailable);
    expect(dynamo.count('GetItem')).toBe(4);
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
    const reading = store.read(KEY).catch((error: unknown) => error);
    await expect.poll(() => dynamo.count('GetItem')).toBe(1);
    clock.advance(999);
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    expect(await reading).toEqual(TOO_LATE);
  });
});
