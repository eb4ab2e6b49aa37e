import { expect, test } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { createTestClock } from '../../support/clock.ts';
import { startWorld, type World } from '../../support/world.ts';

const INPUT = { callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' };
const LOOKUP = 'getUserInfoBycallId';

const startCec = (random = () => 0.5, clock = createTestClock()) =>
  startWorld({ lookup: getUserInfoByCallId, simulation: huaweiCec, secret: cecSecret, random, clock });

const asked = (world: World) => world.vendor.requests.filter(({ path }) => path.endsWith(LOOKUP));

test('a reset before an answer is tried again, twice at most', async () => {
  const world = await startCec();
  world.vendor.fail({ path: LOOKUP, reset: true, times: 2 });
  expect(await world.call(INPUT)).toMatchObject({ status: 200, body: { meta: { attempts: 3 } } });

  world.vendor.fail({ path: LOOKUP, reset: true, times: 3 });
  expect(await world.call(INPUT)).toMatchObject({
    status: 502,
    body: { code: 'vendor-unavailable', retryable: true, vendor: { name: 'huawei-cec' } },
  });
  expect(asked(world)).toHaveLength(6);
  expect(world.clock.pending()).toBe(0);
});

test('the waits between attempts have full jitter: from nothing to a bound that doubles', async () => {
  for (const [chance, waits] of [
    [0, [0, 0]],
    [0.5, [50, 100]],
    [0.999, [99, 199]],
  ] as const) {
    const world = await startCec(() => chance);
    world.vendor.fail({ path: LOOKUP, status: 503, times: 2 });
    await world.call(INPUT);
    const times = asked(world).map(({ at }) => at);
    expect(times.slice(1).map((at, index) => Math.floor(at - (times[index] ?? 0)))).toEqual(waits);
  }
});

test('a short Retry-After is waited for, a long one is passed on without a second request', async () => {
  const world = await startCec(() => 0);
  world.vendor.fail({ path: LOOKUP, status: 429, headers: { 'retry-after': '2' } });
  expect(await world.call(INPUT)).toMatchObject({ status: 200 });
  const [first, second] = asked(world).map(({ at }) => at);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2_000);

  world.vendor.fail({ path: LOOKUP, status: 429, headers: { 'retry-after': '60' } });
  const answer = await world.call(INPUT);
  expect(answer).toMatchObject({
    status: 429,
    headers: { 'retry-after': '60' },
    body: { code: 'vendor-rate-limited' },
  });
  expect(asked(world)).toHaveLength(3);
});

test.each([
  ['2.5', 3],
  ['0.001', 1],
  ['2', 2],
])('a Retry-After of %s s is waited for, fractions rounded up', async (header, seconds) => {
  const world = await startCec(() => 0);
  world.vendor.fail({ path: LOOKUP, status: 429, headers: { 'retry-after': header } });

  expect(await world.call(INPUT)).toMatchObject({ status: 200 });

  const [first, second] = asked(world).map(({ at }) => at);
  expect((second ?? 0) - (first ?? 0)).toBe(seconds * 1000);
});

test.each([
  ['299.997', '300'],
  ['5.5', '6'],
  ['99999999999999999999', '3600'],
  ['Sun, 06 Nov 2044 08:49:37 GMT', '3600'],
])('a Retry-After of %s is told as %s', async (header, told) => {
  const world = await startCec(() => 0);
  world.vendor.fail({ path: LOOKUP, status: 503, headers: { 'retry-after': header } });

  expect(await world.call(INPUT)).toMatchObject({ status: 502, headers: { 'retry-after': told } });
});

test.each(['-1', '+3', '1e3', '0x10', '2,5', '3 s', '3, 4', 'soon', '2044-11-06T08:49:37Z', 'Nov 2044'])(
  'a Retry-After of "%s" is ignored, since it cannot be read',
  async (header) => {
    const world = await startCec(() => 0);
    world.vendor.fail({ path: LOOKUP, status: 503, headers: { 'retry-after': header }, times: 3 });

    const response = await world.call(INPUT);

    expect(response).toMatchObject({ status: 502, body: { code: 'vendor-unavailable' } });
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(asked(world)).toHaveLength(3);
  },
);

test('a wait that the time left does not hold is not begun', async () => {
  const world = await startCec(() => 0, createTestClock({ skipWaitsMs: 0 }));
  world.vendor.fail({ path: LOOKUP, status: 503, headers: { 'retry-after': '4' } });
  const answer = await world.call(INPUT, { remainingMs: 4_000 });
  expect(answer).toMatchObject({ status: 502, headers: { 'retry-after': '4' }, body: { code: 'vendor-unavailable' } });
  expect(asked(world)).toHaveLength(1);
});

test('a dead vendor gets ten retries from a process and then one request a call, until it answers again', async () => {
  const world = await startCec();
  await world.call(INPUT);
  world.vendor.fail({ path: LOOKUP, status: 503, times: 1_000 });
  for (let call = 0; call < 10; call += 1) await world.call(INPUT);
  // One good call, then ten failed ones with two retries each for the first five.
  expect(asked(world)).toHaveLength(1 + 10 + 10);
});

test('a connection that was closed while idle is replaced at once, outside the count of retries', async () => {
  const world = await startCec();
  await world.call(INPUT);
  // Both requests of the next two faults meet the connection that the first call has left open.
  world.clock.advance(30_000);
  world.vendor.fail({ path: LOOKUP, reset: true, times: 1 });
  const before = world.clock.now();
  expect(await world.call(INPUT)).toMatchObject({ status: 200, body: { meta: { attempts: 2 } } });
  expect(world.clock.now()).toBe(before);
});

test('a vendor that stays silent is given up before Lambda ends the function', async () => {
  const world = await startCec();
  await world.call(INPUT);
  world.vendor.fail({ path: LOOKUP, delayMs: 60_000 });
  const startedAt = world.clock.now();
  const call = world.call(INPUT);
  await expect.poll(() => asked(world).length).toBe(2);
  world.clock.advance(14_700);
  expect(await call).toMatchObject({ status: 504, body: { code: 'vendor-timeout', retryable: true } });
  expect(world.clock.now() - startedAt).toBeLessThan(15_000);
  expect(world.clock.pending()).toBe(0);
});
