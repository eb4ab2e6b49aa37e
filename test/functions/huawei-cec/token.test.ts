import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { around, bodyOf, expectProblem, requestsTo, withFields } from '../huawei-common/support.ts';
import { CHAT, secretFor, startCec, TOKEN, USER_INFO } from './support.ts';

const start = (more: object = {}) =>
  startCec(getUserInfoByCallId, { secret: (vendorUrl) => ({ ...secretFor(vendorUrl), ...more }) });

/** A vendor that changes fields of its token’s answer. */
const granting = (fields: object, more: object = {}) =>
  startCec(getUserInfoByCallId, {
    simulation: around(huaweiCec, async ({ path }, answer) =>
      path === TOKEN ? withFields(await answer(), fields) : answer(),
    ),
    secret: (vendorUrl) => ({ ...secretFor(vendorUrl), ...more }),
  });

/** A token serves until `heldMs` after it was asked for, and not a millisecond longer. */
async function expectHeld(world: Awaited<ReturnType<typeof start>>, heldMs: number) {
  await world.call(CHAT);
  world.clock.advance(heldMs - 1);
  expect((await world.call(CHAT)).status).toBe(200);
  expect(requestsTo(world, TOKEN)).toHaveLength(1);
  world.clock.advance(1);
  expect((await world.call(CHAT)).status).toBe(200);
  expect(requestsTo(world, TOKEN)).toHaveLength(2);
}

describe('the request for a token', () => {
  it('is the page’s, with the longest lifetime', async () => {
    const world = await start();

    await world.call(CHAT);

    const [request] = requestsTo(world, TOKEN);
    expect(request?.method).toBe('POST');
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json', 'x-token-expire': '3600' });
    expect(bodyOf(request)).toEqual({ app_key: 'demo-cec-app-key', app_secret: 'demo-cec-app-secret' });
  });

  it('asks for the lifetime of the account', async () => {
    const world = await start({ tokenTtlSeconds: 600 });

    await world.call(CHAT);

    expect(requestsTo(world, TOKEN)[0]?.headers['x-token-expire']).toBe('600');
  });

  it.each([
    ['an origin alone', ''],
    ['an origin and a slash', '/'],
    ['a whole address', TOKEN],
  ])('goes to tokenUrl where that is %s', async (_, path) => {
    const world = await startCec(getUserInfoByCallId, {
      secret: (vendorUrl) => ({
        ...secretFor(vendorUrl),
        tokenUrl: vendorUrl.replace('127.0.0.1', 'localhost') + path,
      }),
    });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(requestsTo(world, TOKEN)[0]?.headers['host']).toMatch(/^localhost:/);
    expect(requestsTo(world, USER_INFO)[0]?.headers['host']).toMatch(/^127\.0\.0\.1:/);
  });

  it('goes to another path where tokenUrl has one', async () => {
    const world = await startCec(getUserInfoByCallId, {
      secret: (vendorUrl) => ({ ...secretFor(vendorUrl), tokenUrl: `${vendorUrl}/site/token/` }),
    });
    world.vendor.fail({ path: '/site/token', body: '{"AccessToken":"token-of-the-site","Expires":"600"}' });

    await world.call(CHAT);

    expect(world.vendor.requests[0]?.path).toBe('/site/token');
    expect(requestsTo(world, USER_INFO)[0]?.headers['authorization']).toBe('Bearer token-of-the-site');
  });

  it('goes below the path of baseUrl as the lookup does', async () => {
    const world = await startCec(getUserInfoByCallId, {
      secret: (vendorUrl) => ({ ...secretFor(vendorUrl), baseUrl: `${vendorUrl}/cec` }),
      simulation: (clock) => {
        const simulation = huaweiCec(clock);
        return {
          ...simulation,
          answer: (request, vendorCase) =>
            simulation.answer({ ...request, path: request.path.replace(/^\/cec/, '') }, vendorCase),
        };
      },
    });

    const response = await world.call(CHAT);

    expect(world.vendor.requests.map(({ path }) => path)).toEqual([`/cec${TOKEN}`, `/cec${USER_INFO}`]);
    expect(response.status).toBe(200);
  });
});

describe('a token', () => {
  it('serves until a minute before its end', async () => {
    await expectHeld(await start(), 3_540_000);
  });

  it('serves nine tenths of a lifetime below ten minutes', async () => {
    await expectHeld(await start({ tokenTtlSeconds: 100 }), 90_000);
  });

  it('serves for its shorter lifetime where the vendor grants less than was asked for', async () => {
    await expectHeld(await granting({ Expires: '600' }), 540_000);
  });

  it('serves for the lifetime that was asked for where the vendor claims more', async () => {
    await expectHeld(await granting({ Expires: '7200' }, { tokenTtlSeconds: 600 }), 540_000);
  });

  it('may have its lifetime as a number', async () => {
    await expectHeld(await granting({ Expires: 600 }), 540_000);
  });

  it.each([
    ['absent', undefined],
    ['not a number', 'soon'],
    ['empty', ''],
    ['null', null],
  ])('serves for less than a minute where Expires is %s', async (_, value) => {
    await expectHeld(await granting({ Expires: value }), 54_000);
  });

  it.each(['expires-absent', 'expires-not-a-number'])(
    'serves for less than a minute in case %s',
    async (vendorCase) => {
      const world = await start();
      world.vendor.fail({ path: TOKEN, vendorCase });

      await expectHeld(world, 54_000);
    },
  );

  it('has its age in the log', async () => {
    const world = await start();
    await world.call(CHAT);
    world.clock.advance(5_000);

    await world.call(CHAT);

    expect(world.outcomes.map(({ tokenAgeMs, credentialAttempts }) => [tokenAgeMs, credentialAttempts])).toEqual([
      [0, 1],
      [5_000, 0],
    ]);
  });

  it('is minted once for a hundred first calls at the same time', async () => {
    const world = await start();

    const responses = await Promise.all(Array.from({ length: 100 }, () => world.call(CHAT)));

    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    expect(requestsTo(world, USER_INFO)).toHaveLength(100);
    expect(world.secretsManager.requests).toHaveLength(1);
  });

  it('is minted again after a mint that failed for all who waited', async () => {
    const world = await start();
    world.vendor.fail({ path: TOKEN, status: 400, body: '{}' });
    const failed = await Promise.all([world.call(CHAT), world.call(CHAT)]);

    const response = await world.call(CHAT);

    for (const each of failed) expectProblem(each, { code: 'vendor-auth-failed', status: 502 });
    expect(response.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('is not shared by two accounts, though their secrets be the same', async () => {
    const world = await start();
    world.putSecret('second', secretFor(world.vendor.url));

    await world.call(CHAT);
    await world.call(CHAT, { account: 'second' });

    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('of a secret that was changed is not used for the new one', async () => {
    const world = await start();
    await world.call(CHAT);
    world.putSecret('default', { ...secretFor(world.vendor.url), tokenTtlSeconds: 600 });
    world.clock.advance(300_000);

    await world.call(CHAT);

    expect(requestsTo(world, TOKEN).map(({ headers }) => headers['x-token-expire'])).toEqual(['3600', '600']);
  });
});
