import { describe, expect, test } from 'vitest';
import { problemOf, RetryLater } from '../../../lib/credentials/credential-cache.ts';
import { Problem } from '../../../lib/problem.ts';
import { DeadlinePassed } from '../../../lib/time/deadline.ts';
import {
  DOWN,
  KEY,
  obtain,
  obtainOf,
  REFUSED,
  refresh,
  replace,
  SECOND,
  settle,
  startCache,
  unwanted,
} from '../../support/credential-cache.ts';

describe('without a good token', () => {
  test('a caller waits no longer than its time, and the mint goes on for the others', async () => {
    const { clock, call, pending } = startCache();
    const { mint, land } = pending();
    const hurried = call(obtain, mint, 2 * SECOND);
    const patient = call(obtain, unwanted, 10 * SECOND);
    clock.advance(2 * SECOND);
    await expect(hurried.answer).rejects.toThrow(DeadlinePassed);
    land('first');
    await expect(patient.answer).resolves.toMatchObject({ value: 'first' });
  });

  test('a mint that goes on with nobody waiting serves the next to come', async () => {
    const { clock, call, pending } = startCache();
    const { mint, land } = pending();
    const hurried = call(obtain, mint, 2 * SECOND);
    clock.advance(2 * SECOND);
    await expect(hurried.answer).rejects.toThrow(DeadlinePassed);
    land('first');
    await settle();
    const { answer, reasons } = call(obtain);
    await expect(answer).resolves.toMatchObject({ value: 'first' });
    expect(reasons).toEqual(['held']);
  });

  test('a mint that hangs is begun anew after ten seconds, and those who waited wait for the new one', async () => {
    const { clock, call, pending } = startCache();
    const [stuck, next] = [pending(), pending()];
    const waiting = call(obtain, stuck.mint);
    clock.advance(10 * SECOND);
    const late = call(obtain, next.mint);
    stuck.fail(new RetryLater(60 * SECOND, DOWN));
    await settle();
    next.land('first');
    await expect(Promise.all([waiting.answer, late.answer])).resolves.toMatchObject(Array(2).fill({ value: 'first' }));
  });

  test.each([
    [60, 0, 60],
    [60, 59_000, 1],
    [60, 59_999, 1],
    [2.5, 0, 3],
    [2.5, 500, 2],
  ])(
    'a refusal for %d s is told for its time without asking the vendor: after %d ms, come back in %d s',
    async (pause, afterMs, seconds) => {
      const { clock, call, failing } = startCache();
      await expect(call(obtain, failing(pause, REFUSED)).answer).rejects.toMatchObject({
        code: 'vendor-auth-failed',
        retryAfterSeconds: Math.ceil(pause),
      });
      clock.advance(afterMs);
      const { answer, reasons } = call(obtain);
      await expect(answer).rejects.toMatchObject({
        code: 'vendor-auth-failed',
        message: REFUSED.message,
        retryAfterSeconds: seconds,
      });
      expect(reasons).toEqual(['backoff']);
    },
  );

  test('the vendor is asked again when the time has come', async () => {
    const { clock, call, failing, minting } = startCache();
    await expect(call(obtain, failing(60, REFUSED)).answer).rejects.toBeInstanceOf(Problem);
    clock.advance(60 * SECOND);
    const { answer, reasons } = call(obtain, minting('first'));
    await expect(answer).resolves.toMatchObject({ value: 'first' });
    expect(reasons).toEqual(['first']);
  });

  test('another process that is at it is told with a time, and keeps nobody from asking', async () => {
    const { call, failing, minting } = startCache();
    await expect(call(obtain, failing(1.5)).answer).rejects.toMatchObject({
      code: 'vendor-unavailable',
      retryAfterSeconds: 2,
    });
    await expect(call(obtain, minting('first')).answer).resolves.toMatchObject({ value: 'first' });
  });

  test('any other failure is told and forgotten', async () => {
    const { call, minting } = startCache();
    const defect = new TypeError('a defect of ours');
    await expect(call(obtain, () => Promise.reject(defect)).answer).rejects.toBe(defect);
    await expect(call(obtain, minting('first')).answer).resolves.toMatchObject({ value: 'first' });
  });

  test('a failure is forgotten with the next success', async () => {
    const { clock, call, failing, minting, hold } = startCache();
    const first = await hold(75);
    await expect(call(replace(first), failing(3, REFUSED)).answer).rejects.toBeInstanceOf(Problem);
    clock.advance(3 * SECOND);
    const second = await call(obtain, minting('second')).answer;
    await expect(call(replace(second), minting('third')).answer).resolves.toMatchObject({ value: 'third' });
  });
});

describe('a refused token', () => {
  test('is replaced once for all who hold it', async () => {
    const { call, pending, hold } = startCache();
    const first = await hold();
    const { mint, begun, land } = pending();
    const calls = [call(replace(first), mint), call(replace(first)), call(obtain)];
    land('second');
    for (const { answer } of calls) await expect(answer).resolves.toMatchObject({ value: 'second' });
    expect(begun).toMatchObject([{ last: undefined }]);
    expect(calls.map(({ reasons }) => reasons)).toEqual([['refused'], ['refused'], ['first']]);
  });

  test('that is refused late does not throw away the new one', async () => {
    const { call, minting, hold } = startCache();
    const first = await hold();
    const second = await call(replace(first), minting('second')).answer;
    const { answer, reasons } = call(replace(first));
    await expect(answer).resolves.toBe(second);
    expect(reasons).toEqual(['replaced']);
    await expect(call(obtain).answer).resolves.toBe(second);
  });

  test('is not used any more, though its renewal fails', async () => {
    const { call, failing, hold } = startCache();
    const first = await hold();
    await expect(call(replace(first), failing(60, REFUSED)).answer).rejects.toMatchObject({ retryAfterSeconds: 60 });
    for (const ask of [obtain, replace(first)]) {
      const { answer, reasons } = call(ask);
      await expect(answer).rejects.toMatchObject({ code: 'vendor-auth-failed', retryAfterSeconds: 60 });
      expect(reasons).toEqual(['backoff']);
    }
  });

  test('is replaced by what its renewal brings that is under way', async () => {
    const { call, pending, hold } = startCache();
    const first = await hold(75);
    const { mint, land } = pending();
    await call(obtain, mint).answer;
    const { answer, reasons } = call(replace(first));
    land('second');
    await expect(answer).resolves.toMatchObject({ value: 'second' });
    expect(reasons).toEqual(['refused']);
  });

  test('is not handed to those who wait for its renewal, if minting is refused as well', async () => {
    const { call, pending, hold } = startCache();
    const first = await hold(92);
    const { mint, fail } = pending();
    const waiting = call(obtain, mint);
    const refused = call(replace(first));
    fail(new RetryLater(Number.MAX_SAFE_INTEGER, REFUSED));
    for (const { answer } of [waiting, refused]) await expect(answer).rejects.toMatchObject({ code: REFUSED.code });
  });

  test('stays in use for other questions where it cannot be renewed: the refusal may have been of the question', async () => {
    const { call, pending, hold } = startCache();
    const first = await hold(92);
    const { mint, fail } = pending();
    const waiting = call(obtain, mint);
    const refused = call(replace(first));
    fail(new RetryLater(Number.MAX_SAFE_INTEGER, DOWN));
    await expect(waiting.answer).resolves.toBe(first);
    await expect(refused.answer).rejects.toMatchObject({ code: DOWN.code });
    await expect(call(replace(first)).answer).rejects.toMatchObject({ code: DOWN.code });
    await expect(call(obtain).answer).resolves.toBe(first);
  });
});

describe('a refresh', () => {
  test('brings a newer one than the stale one, at any age of it', async () => {
    const { call, minting, hold } = startCache();
    const first = await hold();
    const second = await call(refresh(first), minting('second')).answer;
    expect(second.value).toBe('second');
    await expect(call(obtain).answer).resolves.toBe(second);
  });

  test('takes a newer one that is there', async () => {
    const { call, minting, hold } = startCache();
    const first = await hold();
    const second = await call(refresh(first), minting('second')).answer;
    await expect(call(refresh(first)).answer).resolves.toBe(second);
  });

  test.each([
    ['to be remembered', new RetryLater(Number.MAX_SAFE_INTEGER, DOWN), { code: DOWN.code }],
    ['of any other kind', new TypeError('a defect of ours'), { message: 'a defect of ours' }],
  ])('that has a failure %s tells it, and leaves the stale one in use', async (_name, failure, told) => {
    const { call, hold } = startCache();
    const first = await hold();
    await expect(call(refresh(first), () => Promise.reject(failure)).answer).rejects.toMatchObject(told);
    await expect(call(obtain).answer).resolves.toBe(first);
  });
});

describe('memory', () => {
  test('what is forgotten is minted anew', async () => {
    const { cache, call, minting, hold } = startCache();
    await hold();
    cache.forget(KEY);
    const { answer, reasons } = call(obtain, minting('second'));
    await expect(answer).resolves.toMatchObject({ value: 'second' });
    expect(reasons).toEqual(['first']);
  });

  test('the failure of a renewal that forgets its token is told to those who wait', async () => {
    const { cache, call, hold } = startCache();
    await hold(92);
    const gone = new Problem('unknown-account', 'No secret exists.');
    const { answer } = call(obtain, () => {
      cache.forget(KEY);
      return Promise.reject(gone);
    });
    await expect(answer).rejects.toBe(gone);
  });

  test('does not grow: what has ended leaves when another key comes', async () => {
    const { clock, call, minting } = startCache();
    await call(obtainOf('old'), minting('old')).answer;
    await call(obtainOf('young'), minting('young', 200 * SECOND)).answer;
    clock.advance(99 * SECOND);
    await call(obtainOf('other'), minting('other')).answer;

    const [old, young] = [call(obtainOf('old'), minting('anew')), call(obtainOf('young'))];
    expect([await old.answer, await young.answer]).toMatchObject([{ value: 'anew' }, { value: 'young' }]);
    // Of one that is still there, though at its end, the reason is `expired`.
    expect([old.reasons, young.reasons]).toEqual([['first'], ['held']]);
  });

  test('keeps a failure for its time, whatever else comes, and no longer', async () => {
    const { clock, call, failing, minting } = startCache();
    await expect(call(obtainOf('wrong'), failing(60, REFUSED)).answer).rejects.toBeInstanceOf(Problem);
    clock.advance(59 * SECOND);
    await call(obtainOf('other'), minting('other')).answer;
    await expect(call(obtainOf('wrong')).answer).rejects.toMatchObject({ code: REFUSED.code, retryAfterSeconds: 1 });
    clock.advance(SECOND);
    await expect(call(obtainOf('wrong'), minting('right')).answer).resolves.toMatchObject({ value: 'right' });
  });
});

test('who is told to come back is told at least a second', () => {
  const told = [-5_000, 0, 1, 1_000, 1_001].map((ms) => problemOf(new RetryLater(ms, DOWN)));
  expect(told.map(({ retryAfterSeconds }) => retryAfterSeconds)).toEqual([1, 1, 1, 1, 2]);
});
