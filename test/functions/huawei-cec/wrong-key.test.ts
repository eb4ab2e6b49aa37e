import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import type { World } from '../../support/world.ts';
import { credentialReasons, secretReasons } from '../huawei-common/steering.ts';
import { expectProblem, requestsTo } from '../huawei-common/support.ts';
import { CHAT, secretFor, startCec, TOKEN, USER_INFO } from './support.ts';

/** Three quarters of a minute: half of the jitter. */
const DENIED_PAUSE_MS = 45_000;
/** How often a secret is read again at most because the vendor refused what is in it. */
const REREAD_PAUSE_MS = 10_000;

const startWithWrongKey = () =>
  startCec(getUserInfoByCallId, { secret: (vendorUrl) => ({ ...secretFor(vendorUrl), appSecret: 'not-the-secret' }) });

const correctSecret = (world: World) => world.putSecret('default', secretFor(world.vendor.url));
const mints = (world: World) => requestsTo(world, TOKEN).length;

describe('a wrong key', () => {
  it('is tried once at the vendor, and not again until its pause has passed', async () => {
    const world = await startWithWrongKey();

    const first = await world.call(CHAT);
    world.clock.advance(DENIED_PAUSE_MS - 1);
    const within = await world.call(CHAT);
    const attemptsWithin = mints(world);
    world.clock.advance(1);
    const after = await world.call(CHAT);

    for (const response of [first, within, after]) {
      expectProblem(response, { code: 'vendor-auth-failed', status: 502, retryable: false });
    }
    expect([first, within, after].map(({ headers }) => headers['retry-after'])).toEqual(['45', '1', '45']);
    expect(attemptsWithin).toBe(1);
    expect(mints(world)).toBe(2);
    expect(credentialReasons(world)).toEqual([['first', 'minted'], ['backoff'], ['first', 'minted']]);
    expect(requestsTo(world, USER_INFO)).toHaveLength(0);
  });

  it('is tried once for a hundred calls at once and a hundred after them, and says when to come again', async () => {
    const world = await startWithWrongKey();
    const hundred = () => Promise.all(Array.from({ length: 100 }, () => world.call(CHAT)));

    const responses = [...(await hundred()), ...(await hundred())];

    for (const response of responses) {
      expectProblem(response, { code: 'vendor-auth-failed', status: 502 });
      expect(response.headers['retry-after']).toBe('45');
    }
    expect(mints(world)).toBe(1);
    expect(world.secretsManager.requests).toHaveLength(2);
  });

  it('has its secret read again every ten seconds at most, and the corrected one used without its pause', async () => {
    const world = await startWithWrongKey();
    await world.call(CHAT);
    correctSecret(world);
    world.clock.advance(REREAD_PAUSE_MS - 1);
    const early = await world.call(CHAT);
    const readsEarly = world.secretsManager.requests.length;
    world.clock.advance(1);

    const response = await world.call(CHAT);

    expectProblem(early, { code: 'vendor-auth-failed' });
    expect(readsEarly).toBe(2);
    expect(response.status).toBe(200);
    expect(world.secretsManager.requests).toHaveLength(3);
    expect(secretReasons(world)).toEqual([
      ['first', 'unchanged'],
      ['held', 'unchanged'],
      ['held', 'rotated'],
    ]);
    expect(credentialReasons(world).at(-1)).toEqual(['backoff', 'first', 'minted']);
    expect(mints(world)).toBe(2);
  });

  it('of one account does not hold up another account', async () => {
    const world = await startWithWrongKey();
    world.putSecret('second', secretFor(world.vendor.url));
    await world.call(CHAT);

    expect((await world.call(CHAT, { account: 'second' })).status).toBe(200);
  });

  it('has its secret read again every ten seconds at most while Secrets Manager does not answer, too', async () => {
    const world = await startWithWrongKey();
    await world.call(CHAT);
    const reads = world.secretsManager.requests.length;
    world.secretsManager.fail({ status: 400, type: 'AccessDeniedException', times: 99 });
    world.clock.advance(REREAD_PAUSE_MS);

    for (let calls = 0; calls < 5; calls += 1) {
      expectProblem(await world.call(CHAT), { code: 'vendor-auth-failed', status: 502 });
    }

    expect(world.secretsManager.requests).toHaveLength(reads + 1);
  });
});

describe('a token endpoint that is down from the start', () => {
  it('is asked again after a pause that doubles up to half a minute', async () => {
    const world = await startCec(getUserInfoByCallId);
    world.vendor.fail({ path: TOKEN, status: 503, body: '{}', times: 999 });

    /** Every second pause, as it is told to the caller, and as it is seen at the vendor. */
    const told: unknown[] = [];
    const seen: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const failed = await world.call(CHAT);
      expectProblem(failed, { code: 'vendor-unavailable', status: 502, retryable: true });
      told.push(failed.headers['retry-after']);
      const failedAt = world.clock.now();
      const asked = mints(world);
      while (mints(world) === asked) {
        world.clock.advance(250);
        if (world.clock.now() - failedAt > 60_000) throw new Error('nobody asks again');
        const at = world.clock.now();
        expectProblem(await world.call(CHAT), { code: 'vendor-unavailable', status: 502 });
        if (mints(world) !== asked) seen.push(at - failedAt);
      }
      // The call that has asked again has failed as well: its pause, the next longer one, goes by unseen.
      world.clock.advance(30_000);
    }

    expect(told).toEqual(['1', '3', '12', '23', '23', '23', '23', '23']);
    expect(seen).toEqual([750, 3_000, 12_000, 22_500, 22_500, 22_500, 22_500, 22_500]);
  });

  it('is asked with its first pause again after it has answered', async () => {
    const world = await startCec(getUserInfoByCallId, {
      secret: (vendorUrl) => ({ ...secretFor(vendorUrl), tokenTtlSeconds: 60 }),
    });
    const fail = () => world.vendor.fail({ path: TOKEN, status: 503, body: '{}', times: 3 });
    fail();
    await world.call(CHAT);
    world.clock.advance(1_000);
    await world.call(CHAT);
    world.clock.advance(60_000);
    fail();

    const failed = await world.call(CHAT);
    world.clock.advance(750);
    const response = await world.call(CHAT);

    expectProblem(failed, { code: 'vendor-unavailable' });
    expect(failed.headers['retry-after']).toBe('1');
    expect(response.status).toBe(200);
  });
});
