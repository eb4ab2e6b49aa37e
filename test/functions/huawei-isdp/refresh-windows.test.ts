import { describe, expect, it } from 'vitest';
import { huaweiIsdp } from '../../../local/simulators/huawei-isdp.ts';
import type { World } from '../../support/world.ts';
import {
  credentialReasons,
  eventually,
  holdUp,
  type SteeredVendor,
  steered,
  untilLanded,
} from '../huawei-common/steering.ts';
import { gaps, requestsTo, silence } from '../huawei-common/support.ts';
import { FIND, SAMPLE, secretFor, startIsdp, TOKEN } from './support.ts';

/* The vendor hands a living token out again with what is left of its 359 s, and another only when that is over. */

const LIFETIME_SECONDS = 359;
const ADVISORY_MS = 287_200;
const MANDATORY_MS = 337_460;
const END_MS = 355_410;
const HUNDRED = Array.from({ length: 100 });

async function start(): Promise<{ world: World; vendor: SteeredVendor }> {
  const vendor = steered(huaweiIsdp);
  return { world: await startIsdp({ simulation: vendor.simulation }), vendor };
}

const mints = (world: World) => requestsTo(world, TOKEN).length;
const tokens = (world: World) => requestsTo(world, FIND).map(({ headers }) => headers['authorization']);

describe('a token of 359 s', () => {
  it('is renewed in its advisory window by one of a hundred calls, and all answer while the vendor is silent', async () => {
    const { world, vendor } = await start();
    const { respond, release } = holdUp();
    await world.call(SAMPLE);
    vendor.steer(TOKEN, respond);
    world.clock.advance(ADVISORY_MS);

    const responses = await Promise.all(HUNDRED.map(() => world.call(SAMPLE)));

    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(credentialReasons(world).slice(1).map(String).sort()).toEqual([
      'advisory,minted',
      ...Array(99).fill('held'),
    ]);
    release();
    await untilLanded(world, SAMPLE);
    expect(mints(world)).toBe(2);
    expect(world.clock.pending()).toBe(0);
  });

  it('is waited for by a hundred calls in its mandatory window, and asked for once', async () => {
    const { world, vendor } = await start();
    const { respond, release } = holdUp();
    await world.call(SAMPLE);
    vendor.steer(TOKEN, respond);
    world.clock.advance(MANDATORY_MS);

    const calls = HUNDRED.map(() => world.call(SAMPLE));
    await eventually(() => expect([mints(world), world.clock.pending()]).toEqual([2, 200]));
    expect(requestsTo(world, FIND)).toHaveLength(1);
    release();
    const responses = await Promise.all(calls);

    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(mints(world)).toBe(2);
    expect(credentialReasons(world).slice(1).map(String).sort()).toEqual([
      ...Array(99).fill('mandatory'),
      'mandatory,minted',
    ]);
  });

  it('that was handed out again is held for its part of what is left', async () => {
    const { world } = await start();
    await world.call(SAMPLE);
    world.clock.advance(ADVISORY_MS);
    await world.call(SAMPLE);
    await untilLanded(world, SAMPLE);

    // 71 whole seconds were left.
    world.clock.advance(71 * 800 - 1);
    await world.call(SAMPLE);
    expect(mints(world)).toBe(2);
    world.clock.advance(1);
    await world.call(SAMPLE);

    expect(credentialReasons(world).at(-2)).toEqual(['held']);
    expect(credentialReasons(world).at(-1)).toEqual(['advisory', 'minted']);
    expect(new Set(tokens(world)).size).toBe(1);
  });

  it('is asked for a few times towards its end, and never sent after it', async () => {
    const { world, vendor } = await start();
    const seconds = 3 * LIFETIME_SECONDS;

    for (let second = 0; second < seconds; second += 1) {
      expect((await world.call(SAMPLE)).status).toBe(200);
      if (world.outcomes.at(-1)?.credentialReasons?.includes('advisory')) await untilLanded(world, SAMPLE);
      world.clock.advance(1_000);
    }

    expect(vendor.refusals()).toBe(0);
    expect(new Set(tokens(world)).size).toBe(3);
    // Four fifths of what is left, each time: after 288 s, 57 s and 12 s, and then the last 2 s.
    expect(gaps(requestsTo(world, TOKEN)).map((gap) => gap / 1000)).toEqual([
      288, 57, 12, 2, 288, 57, 12, 2, 288, 57, 12,
    ]);
  });

  it('fails no call to its end while the vendor hands none out', async () => {
    const { world, vendor } = await start();
    await world.call(SAMPLE);
    vendor.steer(TOKEN, () => ({ status: 502, body: '<html>502 Bad Gateway</html>' }));
    world.clock.advance(ADVISORY_MS);

    const statuses: number[] = [];
    for (let age = ADVISORY_MS; age < END_MS; age += 1_000) {
      statuses.push((await world.call(SAMPLE)).status);
      if (world.outcomes.at(-1)?.credentialReasons?.includes('advisory')) await untilLanded(world, SAMPLE);
      world.clock.advance(1_000);
    }

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(vendor.refusals()).toBe(0);
    // A pause is three quarters of 5 % of the lifetime here: 13.5 s.
    expect(mints(world) - 1).toBe(5);
    for (const gap of gaps(requestsTo(world, TOKEN)).slice(1)) expect(gap).toBeGreaterThanOrEqual(13_462);
  });

  it('holds nobody up in its advisory window while the vendor is silent', async () => {
    const { world, vendor } = await start();
    await world.call(SAMPLE);
    vendor.steer(TOKEN, silence);
    world.clock.advance(ADVISORY_MS);

    const statuses: number[] = [];
    for (let age = ADVISORY_MS; age < MANDATORY_MS; age += 1_000) {
      statuses.push((await world.call(SAMPLE)).status);
      world.clock.advance(1_000);
    }

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(vendor.refusals()).toBe(0);
    // One is given up for another after 5 s.
    expect(mints(world) - 1).toBeLessThanOrEqual(Math.ceil((MANDATORY_MS - ADVISORY_MS) / 5_000));
    expect(world.clock.pending()).toBe(0);
  });
});

it('two accounts never share a renewal, though the vendor give both the same token', async () => {
  const { world } = await start();
  world.putSecret('second', secretFor(world.vendor.url));
  await world.call(SAMPLE);
  await world.call(SAMPLE, { account: 'second' });
  world.clock.advance(MANDATORY_MS);

  const responses = await Promise.all([world.call(SAMPLE), world.call(SAMPLE, { account: 'second' })]);

  expect(responses.map(({ status }) => status)).toEqual([200, 200]);
  expect(mints(world)).toBe(4);
});
