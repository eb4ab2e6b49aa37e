import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { json } from '../../../local/simulators/server.ts';
import type { World } from '../../support/world.ts';
import {
  credentialReasons,
  eventually,
  holdUp,
  type Respond,
  steered,
  untilLanded,
} from '../huawei-common/steering.ts';
import { around, expectProblem, requestsTo } from '../huawei-common/support.ts';
import { CHAT, secretFor, startCec, TOKEN, USER_INFO } from './support.ts';

/** The question that the vendor answers with 401, whatever the token. */
const FORBIDDEN = { ...CHAT, callId: 'forbidden-call' };

const start = () =>
  startCec(getUserInfoByCallId, {
    simulation: around(huaweiCec, (request, answer) =>
      request.body.includes(FORBIDDEN.callId) ? json(401, {}) : answer(),
    ),
  });

const times = (count: number, call: () => ReturnType<World['call']>) =>
  Promise.all(Array.from({ length: count }, () => call()));
const mints = (world: World) => requestsTo(world, TOKEN).length;
const tokens = (world: World) => requestsTo(world, USER_INFO).map(({ headers }) => headers['authorization']);

describe('refusals that are meant', () => {
  it('cost one renewal for a thousand, and others are answered meanwhile', async () => {
    const world = await start();
    await world.call(CHAT);

    for (let batch = 0; batch < 10; batch += 1) {
      const [refused, others] = await Promise.all([
        times(100, () => world.call(FORBIDDEN)),
        times(10, () => world.call(CHAT)),
      ]);
      for (const response of refused) expectProblem(response, { code: 'vendor-auth-failed', status: 502 });
      expect(others.map(({ status }) => status)).toEqual(Array(10).fill(200));
    }

    expect(mints(world)).toBe(2);
    expect(world.secretsManager.requests).toHaveLength(2);
    expect(new Set(tokens(world)).size).toBe(2);
    expect(credentialReasons(world).filter((reasons) => reasons?.includes('minted'))).toHaveLength(2);
    expect(credentialReasons(world).filter((reasons) => reasons?.includes('refused-again'))).toHaveLength(1_000);
    expect(world.clock.pending()).toBe(0);
  });

  it('that come one after the other cost one renewal a minute', async () => {
    const world = await start();

    for (let second = 0; second < 180; second += 1) {
      expectProblem(await world.call(FORBIDDEN), { code: 'vendor-auth-failed', status: 502 });
      expect((await world.call(CHAT)).status).toBe(200);
      world.clock.advance(1_000);
    }

    expect(requestsTo(world, TOKEN).map(({ at }, _, all) => at - (all[0]?.at ?? 0))).toEqual([0, 0, 60_000, 120_000]);
    // The first read, and one in ten seconds at most.
    expect(world.secretsManager.requests.length).toBeLessThanOrEqual(1 + 18);
  });

  it('say why in the log: the first is renewed, the next is not', async () => {
    const world = await start();

    await world.call(FORBIDDEN);
    await world.call(FORBIDDEN);
    await world.call(CHAT);

    expect(credentialReasons(world)).toEqual([
      ['first', 'minted', 'refused', 'minted', 'refused-again'],
      ['held', 'refused-again'],
      ['held'],
    ]);
    expect(world.outcomes.map(({ renewals }) => renewals)).toEqual([['status-401'], undefined, undefined]);
    expect(requestsTo(world, USER_INFO)).toHaveLength(4);
  });

  it('of one account renew nothing of another account', async () => {
    const world = await start();
    world.putSecret('second', secretFor(world.vendor.url));
    await world.call(CHAT, { account: 'second' });
    const token = tokens(world)[0];

    await times(20, () => world.call(FORBIDDEN));
    await world.call(CHAT, { account: 'second' });

    expect(tokens(world).at(-1)).toBe(token);
    expect(mints(world)).toBe(3);
  });

  it.each([
    ['in the middle of its life', 60_000],
    ['in its advisory window', 2_880_000],
  ])('take the token from nobody where it cannot be renewed, %s', async (_, ageMs) => {
    const world = await start();
    await world.call(CHAT);
    world.vendor.fail({ path: TOKEN, status: 503, body: '{}', times: 99 });
    world.clock.advance(ageMs);
    await world.call(CHAT);
    if (credentialReasons(world).at(-1)?.includes('advisory')) await untilLanded(world, CHAT);

    const refused = await world.call(FORBIDDEN);
    const others = await times(10, () => world.call(CHAT));

    expect(refused.status).toBe(502);
    expect(others.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(tokens(world)).size).toBe(1);
  });
});

describe('a token that was revoked', () => {
  const startSteered = async (respond: Respond) => {
    const vendor = steered(huaweiCec);
    const world = await startCec(getUserInfoByCallId, { simulation: vendor.simulation });
    await world.call(CHAT);
    vendor.steer(USER_INFO, respond);
    return { world, vendor };
  };

  it('under a hundred calls on their way is renewed once, and all are answered', async () => {
    const { respond, release } = holdUp();
    const { world } = await startSteered(respond);
    const calls = times(100, () => world.call(CHAT));
    await eventually(() => expect(requestsTo(world, USER_INFO)).toHaveLength(101));

    world.vendor.setState({ forgetTokens: true });
    release();
    const responses = await calls;

    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(mints(world)).toBe(2);
    expect(credentialReasons(world).filter((reasons) => reasons?.includes('minted'))).toHaveLength(2);
  });

  it('and is refused late does not throw the new one away', async () => {
    const { respond, release } = holdUp();
    const { world, vendor } = await startSteered(respond);
    const late = times(10, () => world.call(CHAT));
    await eventually(() => expect(requestsTo(world, USER_INFO)).toHaveLength(11));
    vendor.steer(USER_INFO);
    world.vendor.setState({ forgetTokens: true });
    const prompt = await world.call(CHAT);
    const renewed = tokens(world).at(-1);

    release();
    const responses = await late;
    const after = await world.call(CHAT);

    expect([prompt, ...responses, after].map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(mints(world)).toBe(2);
    expect(tokens(world).slice(-11)).toEqual(Array(11).fill(renewed));
    expect(credentialReasons(world).slice(1)).toEqual([
      ['held', 'refused', 'minted'],
      ...Array(10).fill(['held', 'replaced']),
      ['held'],
    ]);
  });

  it('while it is renewed in the background is renewed once', async () => {
    const { respond, release } = holdUp();
    const { world, vendor } = await startSteered((answer) => answer());
    vendor.steer(TOKEN, respond);
    world.clock.advance(2_880_000);
    await world.call(CHAT);
    world.vendor.setState({ forgetTokens: true });

    const calls = times(20, () => world.call(CHAT));
    // The first used the token of the start, in time: the twenty are refused.
    await eventually(() => expect(requestsTo(world, USER_INFO)).toHaveLength(22));
    release();
    const responses = await calls;

    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(mints(world)).toBe(2);
  });
});
