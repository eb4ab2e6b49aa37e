import { describe, expect, it } from 'vitest';
import { json } from '../../../local/simulators/server.ts';
import { callThroughWait, credentialReasons, untilLanded } from '../huawei-common/steering.ts';
import { expectProblem, gaps, requestsTo, silence } from '../huawei-common/support.ts';
import { mints, pauseOf, startWithLifetime, tokens, windowsOf } from './lifetimes.ts';
import { CHAT, TOKEN } from './support.ts';

/** Half of a call's 15 s, less what is kept for the answer: so long it waits for a renewal that does not come. */
const PATIENCE_MS = 7_350;
/** A renewal that nobody waits for is given up for another after this long. */
const FORSAKEN_MS = 5_000;
const DOWN = () => json(503, {});

describe.each([359, 600, 3_600])('the renewal of a token of %i s that', (seconds) => {
  const { advisory, mandatory, end } = windowsOf(seconds);

  // Chance 0 makes the shortest pause, half of 5 % of the lifetime and at most 30 s, and the longest window, 24 to 24.9 %
  // of the lifetime. So there are ten attempts at most, and thirty in an hour's: the bounds of pause.ts and windows.ts.
  it.each([
    { chance: 0, most: seconds === 3_600 ? 30 : 10 },
    { chance: 0.5, most: seconds === 3_600 ? 16 : 6 },
    { chance: 0.99, most: seconds === 3_600 ? 11 : 4 },
  ])('fails leaves the token in use to its end, after at most $most attempts at chance $chance', async (given) => {
    const { world, vendor } = await startWithLifetime(seconds, () => given.chance);
    const windows = windowsOf(seconds, given.chance);
    await world.call(CHAT);
    const mintedAt = requestsTo(world, TOKEN)[0]?.at ?? 0;
    vendor.steer(TOKEN, DOWN);

    world.clock.advance(windows.advisory);
    const statuses: number[] = [];
    while (world.clock.now() < mintedAt + windows.end) {
      statuses.push((await world.call(CHAT)).status);
      if (world.outcomes.at(-1)?.credentialReasons?.includes('advisory')) await untilLanded(world, CHAT);
      const toEnd = mintedAt + windows.end - world.clock.now();
      world.clock.advance(toEnd > 1 ? Math.min(toEnd - 1, 5_000) : 1);
    }
    const attempts = mints(world) - 1;
    const ended = await world.call(CHAT);

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(attempts).toBeGreaterThan(1);
    expect(attempts).toBeLessThanOrEqual(given.most);
    for (const gap of gaps(requestsTo(world, TOKEN)).slice(1, attempts)) {
      expect(gap).toBeGreaterThanOrEqual(Math.floor(pauseOf(seconds, given.chance)));
    }
    expectProblem(ended, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(vendor.refusals()).toBe(0);
    expect(new Set(tokens(world)).size).toBe(1);
    vendor.steer(TOKEN);
    world.clock.advance(60_000);
    expect((await world.call(CHAT)).status).toBe(200);
    expect(credentialReasons(world).at(-1)).toEqual(['expired', 'minted']);
  });

  it('hangs holds nobody up in the advisory window', async () => {
    const { world, vendor } = await startWithLifetime(seconds);
    await world.call(CHAT);
    vendor.steer(TOKEN, silence);
    world.clock.advance(advisory);

    const statuses: number[] = [];
    for (let age = advisory; age < mandatory; age += 1_000) {
      statuses.push((await world.call(CHAT)).status);
      world.clock.advance(1_000);
    }

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(vendor.refusals()).toBe(0);
    expect(mints(world) - 1).toBeLessThanOrEqual(Math.ceil((mandatory - advisory) / FORSAKEN_MS));
  });

  it('hangs holds a call up for half of its time at most in the mandatory window, and fails none', async () => {
    const { world, vendor } = await startWithLifetime(seconds);
    await world.call(CHAT);
    const endsAt = (requestsTo(world, TOKEN)[0]?.at ?? 0) + end;
    vendor.steer(TOKEN, silence);
    world.clock.advance(mandatory);

    const waits: number[] = [];
    while (world.clock.now() < endsAt) {
      const leftMs = endsAt - world.clock.now();
      const { response, waitedMs } = await callThroughWait(world, CHAT, () => mints(world));
      expect(response.status).toBe(200);
      expect(waitedMs).toBeLessThanOrEqual(Math.min(PATIENCE_MS, leftMs));
      waits.push(waitedMs);
      world.clock.advance(500);
    }

    expect(waits[0]).toBe(PATIENCE_MS);
    expect(vendor.refusals()).toBe(0);
    expect(new Set(tokens(world)).size).toBe(1);
  });

  it('hangs fails no call that comes shortly before the end of the token', async () => {
    const { world, vendor } = await startWithLifetime(seconds);
    await world.call(CHAT);
    // Half-way, the secret of a long token is read again: its end is not what this is about.
    world.clock.advance(end / 2);
    await world.call(CHAT);
    vendor.steer(TOKEN, silence);
    world.clock.advance(end / 2 - 1_000);

    const { response } = await callThroughWait(world, CHAT, () => mints(world));

    expect(response.status).toBe(200);
    expect(vendor.refusals()).toBe(0);
  });
});
