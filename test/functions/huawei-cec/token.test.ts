import { describe, expect, it, vi } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { around, bodyOf, expectProblem, requestsTo, withFields } from '../huawei-common/support.ts';
import { CHAT, secretFor, startCec, TOKEN, USER_INFO } from './support.ts';

const start = (more: object = {}) =>
  startCec(getUserInfoByCallId, { secret: (vendorUrl) => ({ ...secretFor(vendorUrl), ...more }) });

const MINUTE = 60_000;

/** A vendor that changes fields of its token’s answer. */
const granting = (fields: object, more: object = {}) =>
  startCec(getUserInfoByCallId, {
    simulation: around(huaweiCec, async ({ path }, answer) =>
      path === TOKEN ? withFields(await answer(), fields) : answer(),
    ),
    secret: (vendorUrl) => ({ ...secretFor(vendorUrl), ...more }),
  });

/** A token is held for four fifths of its lifetime, to the millisecond, and then renewed behind the back of one call. */
async function expectLifetime(world: Awaited<ReturnType<typeof start>>, seconds: number) {
  await world.call(CHAT);
  world.clock.advance(seconds * 800 - 1);
  expect((await world.call(CHAT)).status).toBe(200);
  expect(requestsTo(world, TOKEN)).toHaveLength(1);
  world.clock.advance(1);
  expect((await world.call(CHAT)).status).toBe(200);
  await vi.waitFor(() => expect(requestsTo(world, TOKEN)).toHaveLength(2));
  expect(world.outcomes.map(({ credentialReasons }) => credentialReasons)).toEqual([
    ['first', 'minted'],
    ['held'],
    ['advisory', 'minted'],
  ]);
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
  it('of an hour is held for four fifths of it', async () => {
    await expectLifetime(await start(), 3_600);
  });

  it('of a short lifetime is held for as great a part of it', async () => {
    await expectLifetime(await start({ tokenTtlSeconds: 100 }), 100);
  });

  it('has its shorter lifetime where the vendor grants less than was asked for', async () => {
    await expectLifetime(await granting({ Expires: '600' }), 600);
  });

  it('has the lifetime that was asked for where the vendor claims more', async () => {
    await expectLifetime(await granting({ Expires: '7200' }, { tokenTtlSeconds: 600 }), 600);
  });

  it('may have its lifetime as a number', async () => {
    await expectLifetime(await granting({ Expires: 600 }), 600);
  });

  it.each([
    ['absent', undefined],
    ['not a number', 'soon'],
    ['empty', ''],
    ['null', null],
  ])('is taken to live for a minute where Expires is %s', async (_, value) => {
    await expectLifetime(await granting({ Expires: value }), 60);
  });

  it.each(['expires-absent', 'expires-not-a-number'])(
    'is taken to live for a minute in case %s',
    async (vendorCase) => {
      const world = await start();
      world.vendor.fail({ path: TOKEN, vendorCase });

      await expectLifetime(world, 60);
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

  it('is minted again after a mint that failed for all who waited, once the pause has passed', async () => {
    const world = await start();
    world.vendor.fail({ path: TOKEN, status: 400, body: '{}' });

    const failed = await Promise.all([world.call(CHAT), world.call(CHAT)]);
    const within = await world.call(CHAT);
    world.clock.advance(60_000);
    const response = await world.call(CHAT);

    for (const each of [...failed, within]) {
      expectProblem(each, { code: 'vendor-auth-failed', status: 502, retryable: false });
      expect(each.headers).toMatchObject({ 'retry-after': '45' });
    }
    expect(world.outcomes[2]).toMatchObject({ credentialReasons: ['backoff'], credentialAttempts: 0 });
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
    world.clock.advance(15 * MINUTE);

    await world.call(CHAT);

    expect(requestsTo(world, TOKEN).map(({ headers }) => headers['x-token-expire'])).toEqual(['3600', '600']);
    expect(world.outcomes[1]).toMatchObject({ secretReasons: ['mandatory'], credentialReasons: ['first', 'minted'] });
  });

  it('of a secret that was changed serves the call that finds the secret five minutes old, and none after', async () => {
    const world = await start();
    await world.call(CHAT);
    world.putSecret('default', { ...secretFor(world.vendor.url), tokenTtlSeconds: 600 });
    world.clock.advance(5 * MINUTE);

    await world.call(CHAT);
    expect(world.outcomes[1]).toMatchObject({ secretReasons: ['advisory'], credentialReasons: ['held'] });
    expect(requestsTo(world, TOKEN)).toHaveLength(1);

    await vi.waitFor(async () => {
      await world.call(CHAT);
      expect(requestsTo(world, TOKEN)).toHaveLength(2);
    });
    expect(world.outcomes.at(-1)).toMatchObject({ secretReasons: ['held'], credentialReasons: ['first', 'minted'] });
    expect(requestsTo(world, TOKEN)[1]?.headers['x-token-expire']).toBe('600');
    expect(world.secretsManager.requests).toHaveLength(2);
  });
});
