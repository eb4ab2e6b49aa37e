import { describe, expect, it } from 'vitest';
import { credentialReasons, eventually, holdUp, untilLanded } from '../huawei-common/steering.ts';
import { gaps, requestsTo, silence } from '../huawei-common/support.ts';
import { mints, startWithLifetime, tokens, windowsOf } from './lifetimes.ts';
import { CHAT, secretFor, TOKEN } from './support.ts';

/** Half of a call's 15 s, less what is kept for the answer: so long it waits for a renewal that does not come. */
const PATIENCE_MS = 7_350;
/** A renewal that takes longer than this is waited for by nobody who comes later. */
const SLOW_MS = 3_000;
const HUNDRED = Array.from({ length: 100 });

describe.each([359, 600, 3_600])('a token of %i s', (seconds) => {
  const { advisory, mandatory, end } = windowsOf(seconds);

  it('is renewed in its advisory window by one call, which answers while the token endpoint is silent', async () => {
    const { world, vendor } = await startWithLifetime(seconds);
    const { respond, release } = holdUp();
    await world.call(CHAT);
    world.clock.advance(advisory - 1);
    await world.call(CHAT);
    vendor.steer(TOKEN, respond);
    world.clock.advance(1);

    const responses = [await world.call(CHAT), await world.call(CHAT)];

    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(credentialReasons(world)).toEqual([['first', 'minted'], ['held'], ['advisory', 'minted'], ['held']]);
    expect(new Set(tokens(world)).size).toBe(1);
    expect(world.clock.pending()).toBe(0);
    release();
    await untilLanded(world, CHAT);
    expect(mints(world)).toBe(2);
    expect(new Set(tokens(world)).size).toBe(2);
    expect(world.clock.pending()).toBe(0);
  });

  it('costs one mint for a hundred calls in its advisory window, and none of them waits', async () => {
    const { world, vendor } = await startWithLifetime(seconds);
    await world.call(CHAT);
    vendor.steer(TOKEN, silence);
    world.clock.advance(advisory);

    const responses = await Promise.all(HUNDRED.map(() => world.call(CHAT)));

    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(mints(world)).toBe(2);
    expect(credentialReasons(world).slice(1).map(String).sort()).toEqual([
      'advisory,minted',
      ...Array(99).fill('held'),
    ]);
  });

  it('is waited for by a hundred calls in its mandatory window, and minted once', async () => {
    const { world, vendor } = await startWithLifetime(seconds);
    const { respond, release } = holdUp();
    await world.call(CHAT);
    vendor.steer(TOKEN, respond);
    world.clock.advance(mandatory);

    const calls = HUNDRED.map(() => world.call(CHAT));
    await eventually(() => expect([mints(world), world.clock.pending()]).toEqual([2, 200]));
    expect(tokens(world)).toHaveLength(1);
    release();
    const responses = await Promise.all(calls);

    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(mints(world)).toBe(2);
    expect(new Set(tokens(world).slice(1)).size).toBe(1);
    expect(tokens(world)[1]).not.toBe(tokens(world)[0]);
    expect(credentialReasons(world).slice(1).map(String).sort()).toEqual([
      ...Array(99).fill('mandatory'),
      'mandatory,minted',
    ]);
  });

  it('is renewed for who waits on when another stops waiting, and who comes late does not wait', async () => {
    const { world, vendor } = await startWithLifetime(seconds);
    const { respond, release } = holdUp();
    await world.call(CHAT);
    vendor.steer(TOKEN, respond);
    world.clock.advance(mandatory);

    const first = world.call(CHAT);
    await eventually(() => expect([mints(world), world.clock.pending()]).toEqual([2, 2]));
    world.clock.advance(SLOW_MS - 1);
    const second = world.call(CHAT);
    await eventually(() => expect(world.clock.pending()).toBe(4));
    world.clock.advance(1);
    const late = await world.call(CHAT);
    world.clock.advance(PATIENCE_MS - SLOW_MS);
    const stopped = await first;
    release();
    const served = await second;

    expect([stopped, served, late].map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(credentialReasons(world)).toEqual([
      ['first', 'minted'],
      ['kept'],
      ['mandatory', 'minted', 'kept'],
      ['mandatory'],
    ]);
    expect(tokens(world).map((token) => token === tokens(world)[0])).toEqual([true, true, true, false]);
    expect(mints(world)).toBe(2);
  });

  it('is renewed as its age says, whenever calls come, and never sent after its end', async () => {
    const { world, vendor } = await startWithLifetime(seconds);
    const chance = pseudoRandom();
    const lifeMs = seconds * 1000;
    await world.call(CHAT);

    for (let step = 0; step < 60; step += 1) {
      world.clock.advance(Math.round(chance() * 0.25 * lifeMs));
      const ageMs = world.clock.now() - (requestsTo(world, TOKEN).at(-1)?.at ?? 0);
      const statuses = (await Promise.all([1, 2, 3].map(() => world.call(CHAT)))).map(({ status }) => status);
      const reasons = credentialReasons(world).slice(-3).map(String).sort();

      expect(statuses).toEqual([200, 200, 200]);
      if (ageMs < advisory) expect(reasons).toEqual(['held', 'held', 'held']);
      else if (ageMs < mandatory) expect(reasons).toEqual(['advisory,minted', 'held', 'held']);
      else if (ageMs < end) expect(reasons).toEqual(['mandatory', 'mandatory', 'mandatory,minted']);
      else expect(reasons).toEqual(['expired', 'expired', 'expired,minted']);
      if (reasons.includes('advisory,minted')) await untilLanded(world, CHAT);
    }

    expect(vendor.refusals()).toBe(0);
    expect(mints(world)).toBeGreaterThan(5);
    for (const gap of gaps(requestsTo(world, TOKEN))) expect(gap).toBeGreaterThanOrEqual(advisory);
  });
});

it.each([
  [0, 0.75, 0.92],
  [0.999_999, 0.85, 0.96],
])('a process renews at its own time: at chance %f from %f and %f of the lifetime on', async (chance, from, last) => {
  const lifetimeMs = 1_000_000;
  const { world, vendor } = await startWithLifetime(lifetimeMs / 1000, () => chance);
  const { respond, release } = holdUp();
  await world.call(CHAT);
  vendor.steer(TOKEN, respond);

  world.clock.advance(from * lifetimeMs - 100);
  await world.call(CHAT);
  world.clock.advance((last - from) * lifetimeMs);
  await world.call(CHAT);
  world.clock.advance(100);
  const waiting = world.call(CHAT);
  await eventually(() => expect(world.clock.pending()).toBe(2));
  release();
  await waiting;

  expect(credentialReasons(world)).toEqual([['first', 'minted'], ['held'], ['advisory', 'minted'], ['mandatory']]);
});

it('two accounts never share a renewal', async () => {
  const { world, vendor } = await startWithLifetime(600);
  world.putSecret('second', { ...secretFor(world.vendor.url), tokenTtlSeconds: 600 });
  await world.call(CHAT);
  await world.call(CHAT, { account: 'second' });
  world.clock.advance(windowsOf(600).mandatory);

  await Promise.all([world.call(CHAT), world.call(CHAT, { account: 'second' })]);

  expect(mints(world)).toBe(4);
  expect(new Set(tokens(world)).size).toBe(4);
  expect(credentialReasons(world).slice(2)).toEqual([
    ['mandatory', 'minted'],
    ['mandatory', 'minted'],
  ]);
  expect(vendor.refusals()).toBe(0);
});

/** The same numbers in every run, 0 (included) to 1 (excluded): mulberry32. */
function pseudoRandom(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
