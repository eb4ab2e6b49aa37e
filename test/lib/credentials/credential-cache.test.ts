import { describe, expect, test } from 'vitest';
import { RetryLater } from '../../../lib/credentials/credential-cache.ts';
import { DeadlinePassed } from '../../../lib/time/deadline.ts';
import {
  DOWN,
  obtain,
  obtainOf,
  REFUSED,
  replace,
  SECOND,
  settle,
  startCache,
  unwanted,
} from '../../support/credential-cache.ts';

describe('a token', () => {
  test('is minted for the first who asks, and kept for those who come after', async () => {
    const { call, minting } = startCache();
    const first = call(obtain, minting('first'));
    await expect(first.answer).resolves.toMatchObject({ value: 'first' });
    const second = call(obtain);
    await expect(second.answer).resolves.toBe(await first.answer);
    expect([first.reasons, second.reasons]).toEqual([['first'], ['held']]);
  });

  test('is minted once for all who ask while none is there', async () => {
    const { call, pending } = startCache();
    const { mint, begun, land } = pending();
    const calls = [call(obtain, mint), call(obtain, mint), call(obtain, mint)];
    land('first');
    const values = await Promise.all(calls.map(({ answer }) => answer));
    expect(values.map(({ value }) => value)).toEqual(['first', 'first', 'first']);
    expect(begun).toMatchObject([{ last: undefined }]);
  });

  test('is nobody else’s: another key has another', async () => {
    const { call, minting } = startCache();
    await call(obtain, minting('first')).answer;
    const other = call(obtainOf('other'), minting('other'));
    await expect(other.answer).resolves.toMatchObject({ value: 'other' });
  });

  test('is used without a thought until the advisory window', async () => {
    const { clock, call, hold } = startCache();
    const first = await hold();
    clock.advance(75 * SECOND - 1);
    const { answer, reasons } = call(obtain);
    await expect(answer).resolves.toBe(first);
    expect(reasons).toEqual(['held']);
  });

  test('that serves no more is replaced, and its end waited for by nobody', async () => {
    const { call, minting, hold } = startCache();
    await hold(99);
    const { answer, reasons } = call(obtain, minting('second'));
    await expect(answer).resolves.toMatchObject({ value: 'second' });
    expect(reasons).toEqual(['expired']);
  });

  test('that is born at its end serves those who waited for it, and no others', async () => {
    const { call, minting } = startCache();
    const first = call(obtain, minting('first', 0));
    const second = call(obtain, minting('second', 0));
    expect([await first.answer, await second.answer]).toMatchObject([{ value: 'first' }, { value: 'first' }]);
    await expect(call(obtain, minting('third')).answer).resolves.toMatchObject({ value: 'third' });
  });
});

describe('in the advisory window', () => {
  test('the first to come begins the renewal, nobody waits, and the new token is used once it is there', async () => {
    const { call, pending, hold } = startCache();
    const first = await hold(75);
    const { mint, begun, land } = pending();
    const calls = [call(obtain, mint), call(obtain), call(obtain)];
    for (const { answer } of calls) await expect(answer).resolves.toBe(first);
    expect(calls.map(({ reasons }) => reasons)).toEqual([['advisory'], ['held'], ['held']]);
    expect(begun).toMatchObject([{ last: first }]);
    expect(begun[0]?.time.left()).toBe(0);

    land('second');
    await settle();
    await expect(call(obtain).answer).resolves.toMatchObject({ value: 'second' });
  });

  test.each([
    ['a failure to be remembered', (pauseMs: number) => new RetryLater(pauseMs, DOWN)],
    ['another process that is at it', (pauseMs: number) => new RetryLater(pauseMs)],
  ])('%s leaves the token in use, and is not asked again before its time', async (_name, failure) => {
    const { clock, call, pending, minting, hold } = startCache();
    const first = await hold(75);
    const renewal = pending();
    await call(obtain, renewal.mint).answer;
    renewal.fail(failure(3 * SECOND));
    await settle();

    clock.advance(3 * SECOND - 1);
    const paused = call(obtain);
    await expect(paused.answer).resolves.toBe(first);
    expect(paused.reasons).toEqual(['backoff']);
    clock.advance(1);
    const again = call(obtain, minting('second'));
    await expect(again.answer).resolves.toBe(first);
    expect(again.reasons).toEqual(['advisory']);
    await settle();
    await expect(call(obtain).answer).resolves.toMatchObject({ value: 'second' });
  });

  test('any other failure leaves the token in use, and the next to come begins another renewal', async () => {
    const { call, pending, hold } = startCache();
    const first = await hold(75);
    await call(obtain, unwanted).answer;
    await settle();
    const renewal = pending();
    const { answer, reasons } = call(obtain, renewal.mint);
    await expect(answer).resolves.toBe(first);
    expect(reasons).toEqual(['advisory']);
    expect(renewal.begun).toHaveLength(1);
  });

  test('a renewal that hangs is given up, tried again after a pause, and changes nothing if it lands then', async () => {
    const { clock, call, pending, hold } = startCache();
    const first = await hold(75);
    const [forsaken, next] = [pending(), pending()];
    await call(obtain, forsaken.mint).answer;
    clock.advance(5 * SECOND);
    await call(obtain).answer;
    clock.advance(SECOND);
    const gaveUp = call(obtain);
    await expect(gaveUp.answer).resolves.toBe(first);
    expect(gaveUp.reasons).toEqual(['kept']);
    expect(forsaken.begun[0]?.time.signal.aborted).toBe(true);

    const paused = call(obtain);
    await expect(paused.answer).resolves.toBe(first);
    expect(paused.reasons).toEqual(['backoff']);
    clock.advance(5 * SECOND);
    await call(obtain, next.mint).answer;
    expect(next.begun).toMatchObject([{ last: first }]);
    next.land('second');
    await settle();
    forsaken.land('late');
    await settle();
    await expect(call(obtain).answer).resolves.toMatchObject({ value: 'second' });
  });

  test('a renewal whose answer came while the process was frozen is taken in after the thaw', async () => {
    const { clock, call, pending, hold } = startCache();
    await hold(75);
    const { mint, land } = pending();
    await call(obtain, mint).answer;
    clock.advance(8 * SECOND);
    await call(obtain).answer;
    land('second');
    await settle();
    await expect(call(obtain).answer).resolves.toMatchObject({ value: 'second' });
  });

  test('the failure of a renewal that was given up keeps nobody from the one under way', async () => {
    const { clock, call, pending, hold } = startCache();
    const first = await hold(75);
    const [forsaken, next] = [pending(), pending()];
    await call(obtain, forsaken.mint).answer;
    clock.advance(5 * SECOND);
    const refused = call(replace(first), next.mint);
    forsaken.fail(new RetryLater(60 * SECOND, REFUSED));
    await settle();

    const late = call(replace(first));
    next.land('second');
    for (const { answer } of [refused, late]) await expect(answer).resolves.toMatchObject({ value: 'second' });
  });

  test('a renewal that brings a token at its end already does not take away the good one', async () => {
    const { call, minting, hold } = startCache();
    const first = await hold(75);
    await call(obtain, minting('ended', 0)).answer;
    await settle();
    await expect(call(obtain, minting('ended', 0)).answer).resolves.toBe(first);
  });
});

describe('in the mandatory window', () => {
  test('all wait for one renewal', async () => {
    const { call, pending, hold } = startCache();
    const first = await hold(92);
    const { mint, begun, land } = pending();
    const calls = [call(obtain, mint), call(obtain), call(obtain)];
    land('second');
    for (const { answer } of calls) await expect(answer).resolves.toMatchObject({ value: 'second' });
    expect(calls.map(({ reasons }) => reasons)).toEqual(Array(3).fill(['mandatory']));
    expect(begun).toMatchObject([{ last: first }]);
  });

  test('all wait for the renewal that began in the advisory one', async () => {
    const { clock, call, pending, hold } = startCache();
    await hold(90);
    const { mint, land } = pending();
    await call(obtain, mint).answer;
    clock.advance(2 * SECOND);
    const { answer, reasons } = call(obtain);
    land('second');
    await expect(answer).resolves.toMatchObject({ value: 'second' });
    expect(reasons).toEqual(['mandatory']);
  });

  test.each([
    ['to be remembered', new RetryLater(Number.MAX_SAFE_INTEGER, DOWN)],
    ['because another process is at it', new RetryLater(Number.MAX_SAFE_INTEGER)],
    ['of any other kind', new TypeError('a defect of ours')],
    ['because the renewal was given up', new DeadlinePassed()],
  ])('a failure %s leaves the token in use for those who waited', async (_name, failure) => {
    const { call, pending, hold } = startCache();
    const first = await hold(92);
    const { mint, fail } = pending();
    const calls = [call(obtain, mint), call(obtain)];
    fail(failure);
    for (const { answer, reasons } of calls) {
      await expect(answer).resolves.toBe(first);
      expect(reasons).toEqual(['mandatory', 'kept']);
    }
  });

  test('a failure is not waited for again before its time', async () => {
    const { clock, call, failing, minting, hold } = startCache();
    const first = await hold(92);
    await call(obtain, failing(3, DOWN)).answer;
    clock.advance(3 * SECOND - 1);
    const paused = call(obtain);
    await expect(paused.answer).resolves.toBe(first);
    expect(paused.reasons).toEqual(['backoff']);
    clock.advance(1);
    await expect(call(obtain, minting('second')).answer).resolves.toMatchObject({ value: 'second' });
  });

  test('each waits for half of its own time, then uses the token, and the renewal goes on', async () => {
    const { clock, call, pending, hold } = startCache();
    const first = await hold(92);
    const { mint, begun, land } = pending();
    const hurried = call(obtain, mint, 2 * SECOND);
    const patient = call(obtain, unwanted, 10 * SECOND);
    clock.advance(SECOND);
    await expect(hurried.answer).resolves.toBe(first);
    expect(hurried.reasons).toEqual(['mandatory', 'kept']);
    expect(begun[0]?.time.signal.aborted).toBe(false);
    land('second');
    await expect(patient.answer).resolves.toMatchObject({ value: 'second' });
  });

  test('a renewal that has taken three seconds is waited for by nobody who comes then', async () => {
    const { clock, call, pending, hold } = startCache();
    const first = await hold(92);
    const { mint, land } = pending();
    const waiting = call(obtain, mint);
    clock.advance(3 * SECOND - 1);
    const last = call(obtain);
    clock.advance(1);
    const late = call(obtain);
    await expect(late.answer).resolves.toBe(first);
    expect([last.reasons, late.reasons]).toEqual([['mandatory'], ['kept']]);
    land('second');
    await expect(Promise.all([waiting.answer, last.answer])).resolves.toMatchObject(Array(2).fill({ value: 'second' }));
  });

  test('a token that is born at its end does not take the place of the good one', async () => {
    const { call, minting, hold } = startCache();
    const first = await hold(92);
    await expect(call(obtain, minting('ended', 0)).answer).resolves.toBe(first);
  });
});
