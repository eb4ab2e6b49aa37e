import { expect, test } from 'vitest';
import { createFlights, type FlightTime } from '../../../lib/credentials/flights.ts';

const time = ({ signal }: AbortController, left = 1_000): FlightTime => ({ signal, left: () => left });

test('who stops waiting leaves the flight to those who still wait', async () => {
  const flights = createFlights<string>();
  const landing = Promise.withResolvers<string>();
  let flightSignal: AbortSignal | undefined;
  const start = ({ signal }: FlightTime) => {
    flightSignal = signal;
    return landing.promise;
  };
  const impatient = new AbortController();
  const first = flights.join('key', time(impatient), start);
  const second = flights.join('key', time(new AbortController()), () => Promise.reject(new Error('a second flight')));

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
  const first = flights.join('key', time(impatient), ({ signal }) => {
    flightSignal = signal;
    return new Promise(() => {});
  });
  impatient.abort(new Error('no time'));
  await expect(first).rejects.toThrow('no time');
  expect(flightSignal?.aborted).toBe(true);
  await expect(flights.join('key', time(new AbortController()), async () => 'new')).resolves.toBe('new');
});

test('a failed flight fails all who wait and is not kept', async () => {
  const flights = createFlights<string>();
  const patient = time(new AbortController());
  const failing = [1, 2].map(() => flights.join('key', patient, () => Promise.reject(new Error('refused'))));
  expect(await Promise.allSettled(failing)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  await expect(flights.join('key', patient, async () => 'granted')).resolves.toBe('granted');
});

test('a flight has the time of whoever waits longest for it', async () => {
  const flights = createFlights<number>();
  const landing = Promise.withResolvers<void>();
  const start = async (flight: FlightTime) => {
    await landing.promise;
    return flight.left();
  };
  const hurried = flights.join('key', time(new AbortController(), 100), start);
  const patient = flights.join('key', time(new AbortController(), 5_000), start);
  landing.resolve();
  expect(await Promise.all([hurried, patient])).toEqual([5_000, 5_000]);
});
