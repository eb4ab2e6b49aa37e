import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { createFlights, type Flights, type FlightTime } from '../../../lib/credentials/flights.ts';
import { DeadlinePassed, startDeadline } from '../../../lib/time/deadline.ts';
import { createTestClock } from '../../support/clock.ts';

const time = ({ signal } = new AbortController(), left = 1_000): FlightTime => ({ signal, left: () => left });

/** Work that lands when the test says so. */
function createWork() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const times: FlightTime[] = [];
  const start = (flight: FlightTime) => {
    times.push(flight);
    return promise;
  };
  return { start, land: resolve, fail: reject, times, isAborted: () => times[0]?.signal.aborted };
}

const createClocked = () => {
  const clock = createTestClock({ skipWaitsMs: 0 });
  return { clock, flights: createFlights<string>(clock) };
};

/** Joins, and leaves at once. */
async function joinAndLeave(flights: Flights<string>, start: (flight: FlightTime) => Promise<string>): Promise<void> {
  const impatient = new AbortController();
  const joined = flights.join('key', time(impatient), start);
  impatient.abort(new Error('no time'));
  await expect(joined).rejects.toThrow('no time');
}

const never = () => Promise.reject(new Error('a second flight'));

test('who comes while a flight is under way shares it', async () => {
  const { flights } = createClocked();
  const { start, land, times } = createWork();
  const joined = [1, 2, 3].map(() => flights.join('key', time(), start));
  land('token');
  expect(await Promise.all(joined)).toEqual(['token', 'token', 'token']);
  expect(times).toHaveLength(1);
});

test('two keys have flights of their own', async () => {
  const { flights } = createClocked();
  const joined = ['one', 'other'].map((key) => flights.join(key, time(), async () => `token of ${key}`));
  expect(await Promise.all(joined)).toEqual(['token of one', 'token of other']);
});

test('who stops waiting leaves the flight to those who still wait', async () => {
  const { flights } = createClocked();
  const { start, land, isAborted } = createWork();
  const impatient = new AbortController();
  const first = flights.join('key', time(impatient), start);
  const second = flights.join('key', time(), never);

  impatient.abort(new Error('no time'));
  await expect(first).rejects.toThrow('no time');
  expect(isAborted()).toBe(false);
  land('token');
  await expect(second).resolves.toBe('token');
});

test('a flight goes on when the last one stops waiting, and serves who comes after', async () => {
  const { clock, flights } = createClocked();
  const { start, land, isAborted } = createWork();
  await joinAndLeave(flights, start);
  clock.advance(4_999);
  const late = flights.join('key', time(), never);
  expect(isAborted()).toBe(false);
  land('token');
  await expect(late).resolves.toBe('token');
});

test('a flight that nobody waits for is given up five seconds after it began, when the next one comes', async () => {
  const { clock, flights } = createClocked();
  const { start, isAborted, times } = createWork();
  await joinAndLeave(flights, start);
  clock.advance(5_000);
  expect(isAborted()).toBe(false);
  await expect(flights.join('key', time(), async () => 'new')).resolves.toBe('new');
  expect(isAborted()).toBe(true);
  expect(times[0]?.signal.reason).toBeInstanceOf(DeadlinePassed);
});

test('a flight that somebody waits for is given up after ten seconds only', async () => {
  const { clock, flights } = createClocked();
  const { start, land, isAborted } = createWork();
  const waiting = flights.join('key', time(), start);
  clock.advance(9_999);
  const late = flights.join('key', time(), never);
  expect(isAborted()).toBe(false);
  land('token');
  expect(await Promise.all([waiting, late])).toEqual(['token', 'token']);
});

test('who waits for a flight that is given up waits for the next one', async () => {
  const { clock, flights } = createClocked();
  const stuck = createWork();
  const next = createWork();
  const waiting = flights.join('key', time(), stuck.start);
  clock.advance(10_000);
  const served = Promise.allSettled([waiting, flights.join('key', time(), next.start)]);
  expect(stuck.isAborted()).toBe(true);
  stuck.fail(new DeadlinePassed());
  await new Promise(setImmediate);
  next.land('token');
  expect(await served).toMatchObject([{ value: 'token' }, { value: 'token' }]);
  expect([stuck.times.length, next.times.length]).toEqual([1, 1]);
});

test('a flight that is given up and lands late leaves the next one under way', async () => {
  const { clock, flights } = createClocked();
  const forsaken = createWork();
  const next = createWork();
  await joinAndLeave(flights, forsaken.start);
  clock.advance(5_000);
  const waiting = flights.join('key', time(), next.start);
  forsaken.land('old');
  await new Promise(setImmediate);
  const late = flights.join('key', time(), never);
  next.land('new');
  expect(await Promise.all([waiting, late])).toEqual(['new', 'new']);
});

test('a failed flight fails all who wait and is not kept', async () => {
  const { flights } = createClocked();
  const { start, fail } = createWork();
  const failing = [1, 2].map(() => flights.join('key', time(), start));
  const settled = Promise.allSettled(failing);
  fail(new Error('refused'));
  expect(await settled).toMatchObject([{ reason: { message: 'refused' } }, { reason: { message: 'refused' } }]);
  await expect(flights.join('key', time(), async () => 'granted')).resolves.toBe('granted');
});

test('a flight has the time of whoever waits longest for it, and none where nobody waits', async () => {
  const { clock, flights } = createClocked();
  const { start, land, times } = createWork();
  const [hurried, patient] = [100, 4_000].map((leftMs) => startDeadline(clock, leftMs));
  const joined = [hurried, patient].map((deadline) => deadline && flights.join('key', deadline, start));
  const settled = Promise.allSettled(joined);
  expect(times[0]?.left()).toBe(4_000);
  clock.advance(1_000);
  expect(times[0]?.left()).toBe(3_000);
  clock.advance(3_000);
  expect(await settled).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  expect(times[0]?.left()).toBe(0);
  const late = flights.join('key', time(new AbortController(), 2_000), never);
  expect(times[0]?.left()).toBe(2_000);
  land('token');
  await expect(late).resolves.toBe('token');
});

test('who has no time left starts no flight', async () => {
  const { flights } = createClocked();
  const { start, times } = createWork();
  const ended = new AbortController();
  ended.abort(new Error('no time'));
  await expect(flights.join('key', time(ended), start)).rejects.toThrow('no time');
  expect(times).toHaveLength(0);
});

test('a flight may begin with nobody waiting, and serves who joins it', async () => {
  const { flights } = createClocked();
  const { start, land, times } = createWork();
  flights.begin('key', start);
  expect(times[0]?.left()).toBe(0);
  const joined = flights.join('key', time(), never);
  land('token');
  await expect(joined).resolves.toBe('token');
});

test('a flight that fails with nobody waiting makes no noise and is not kept', async () => {
  const { flights } = createClocked();
  flights.begin('key', () => Promise.reject(new Error('nobody hears this')));
  await new Promise(setImmediate);
  expect(flights.ageMs('key')).toBeUndefined();
});

test('a flight has an age while it is under way', async () => {
  const { clock, flights } = createClocked();
  const { start, land } = createWork();
  expect(flights.ageMs('key')).toBeUndefined();
  flights.begin('key', start);
  expect(flights.ageMs('key')).toBe(0);
  clock.advance(4_999);
  expect(flights.ageMs('key')).toBe(4_999);
  expect(flights.ageMs('other')).toBeUndefined();
  land('token');
  await new Promise(setImmediate);
  expect(flights.ageMs('key')).toBeUndefined();
});

test('a flight that takes too long has a second in which the process is awake, and is given up then', () => {
  const { clock, flights } = createClocked();
  const { start, isAborted } = createWork();
  flights.begin('key', start);
  clock.advance(60_000);
  expect(flights.ageMs('key')).toBe(60_000);
  clock.advance(999);
  expect(flights.ageMs('key')).toBe(60_999);
  expect(isAborted()).toBe(false);
  clock.advance(1);
  expect(flights.ageMs('key')).toBe(Number.POSITIVE_INFINITY);
  expect(isAborted()).toBe(true);
  expect(flights.ageMs('key')).toBeUndefined();
});

test('nothing is left on the signal of who waited', async () => {
  const { flights } = createClocked();
  const waiting = new AbortController();
  for (const land of [async () => 'token', () => Promise.reject(new Error('refused'))]) {
    await flights.join('key', time(waiting), land).catch(() => undefined);
  }
  await new Promise(setImmediate);
  expect(getEventListeners(waiting.signal, 'abort')).toHaveLength(0);
});
