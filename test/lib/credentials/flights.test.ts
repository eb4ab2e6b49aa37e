import { expect, test } from 'vitest';
import { createFlights } from '../../../lib/credentials/flights.ts';

test('who stops waiting leaves the flight to those who still wait', async () => {
  const flights = createFlights<string>();
  const landing = Promise.withResolvers<string>();
  let flightSignal: AbortSignal | undefined;
  const start = (signal: AbortSignal) => {
    flightSignal = signal;
    return landing.promise;
  };
  const impatient = new AbortController();
  const first = flights.join('key', impatient.signal, start);
  const second = flights.join('key', new AbortController().signal, () => Promise.reject(new Error('a second flight')));

  impatient.abort(new Error('no time'));
  await expect(first).rejects.toThrow('no time');
  expect(flightSignal?.aborted).toBe(false);
  landing.resolve('token');
  await expect(second).resolves.toBe('token');
});

test('a flight that nobody waits for any more is aborted, and the next to ask starts another', async () => {
  const flights = createFlights<string>();
  let flightSignal: AbortSignal | undefined;
  const impatient = new AbortController();
  const first = flights.join('key', impatient.signal, (signal) => {
    flightSignal = signal;
    return new Promise(() => {});
  });
  impatient.abort(new Error('no time'));
  await expect(first).rejects.toThrow('no time');
  expect(flightSignal?.aborted).toBe(true);
  await expect(flights.join('key', new AbortController().signal, async () => 'new')).resolves.toBe('new');
});

test('a failed flight fails all who wait and is not kept', async () => {
  const flights = createFlights<string>();
  const { signal } = new AbortController();
  const failing = [1, 2].map(() => flights.join('key', signal, () => Promise.reject(new Error('refused'))));
  expect(await Promise.allSettled(failing)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  await expect(flights.join('key', signal, async () => 'granted')).resolves.toBe('granted');
});
