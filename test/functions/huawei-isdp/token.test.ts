import { describe, expect, it, vi } from 'vitest';
import { huaweiIsdp } from '../../../local/simulators/huawei-isdp.ts';
import type { World } from '../../support/world.ts';
import { around, bodyOf, requestsTo, withFields } from '../huawei-common/support.ts';
import { FIND, SAMPLE, secretFor, startIsdp, TOKEN } from './support.ts';

/** A vendor that changes fields of its token’s answer. */
const granting = (fields: object) =>
  startIsdp({
    simulation: around(huaweiIsdp, async ({ path }, answer) =>
      path === TOKEN ? withFields(await answer(), fields) : answer(),
    ),
  });

/** A token is held for four fifths of its lifetime, to the millisecond, and then renewed behind the back of one call. */
async function expectLifetime(world: World, seconds: number) {
  await world.call(SAMPLE);
  world.clock.advance(seconds * 800 - 1);
  expect((await world.call(SAMPLE)).status).toBe(200);
  expect(requestsTo(world, TOKEN)).toHaveLength(1);
  world.clock.advance(1);
  expect((await world.call(SAMPLE)).status).toBe(200);
  await vi.waitFor(() => expect(requestsTo(world, TOKEN)).toHaveLength(2));
  expect(world.outcomes.map(({ credentialReasons }) => credentialReasons)).toEqual([
    ['first', 'minted'],
    ['held'],
    ['advisory', 'minted'],
  ]);
}

describe('the request for a token', () => {
  it('is the page’s password grant in JSON, the client id as its own secret', async () => {
    const world = await startIsdp();

    await world.call(SAMPLE);

    const [request] = requestsTo(world, TOKEN);
    expect(request?.method).toBe('POST');
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
    expect(request?.headers).not.toHaveProperty('authorization');
    expect(bodyOf(request)).toEqual({
      client_id: 'isdp-demo-openapi',
      client_secret: 'isdp-demo-openapi',
      grant_type: 'password',
      username: 'demo-application-id',
      password: 'demo-application-token',
    });
  });

  it('has the client secret of the account where it has one', async () => {
    const world = await startIsdp({
      secret: (vendorUrl) => ({ ...secretFor(vendorUrl), clientSecret: 'another-client-secret' }),
    });

    await world.call(SAMPLE);

    expect(bodyOf(requestsTo(world, TOKEN)[0])).toMatchObject({
      client_id: 'isdp-demo-openapi',
      client_secret: 'another-client-secret',
    });
  });

  it('goes below the path of baseUrl as the lookup does', async () => {
    const world = await startIsdp({
      secret: (vendorUrl) => ({ ...secretFor(vendorUrl), baseUrl: `${vendorUrl}/isdp/` }),
    });

    await world.call(SAMPLE);

    expect(world.vendor.requests.map(({ path }) => path)).toEqual([`/isdp${TOKEN}`]);
  });
});

describe('a token', () => {
  it('is sent after `bearer` in lower case and one space', async () => {
    const world = await granting({ access_token: 'token-of-the-vendor' });

    await world.call(SAMPLE);

    expect(requestsTo(world, FIND)[0]?.headers['authorization']).toBe('bearer token-of-the-vendor');
  });

  it('of 359 s is held for four fifths of them', async () => {
    await expectLifetime(await startIsdp(), 359);
  });

  it.each([
    ['expires-string', 359],
    ['expires-1799', 1_799],
    ['expires-absent', 60],
  ])('has the lifetime that the vendor says: %s', async (vendorCase, seconds) => {
    const world = await startIsdp();
    world.vendor.fail({ path: TOKEN, vendorCase });

    await expectLifetime(world, seconds);
  });

  it.each(['soon', '', null, {}])('is taken to live for a minute where expires_in is %j', async (value) => {
    await expectLifetime(await granting({ expires_in: value }), 60);
  });

  it('is held for four fifths of what is left of its life where the vendor gives it out again', async () => {
    const world = await startIsdp();
    await world.call(SAMPLE);
    world.clock.advance(200_000);
    const other = world.coldStart();

    await other.call(SAMPLE);
    world.clock.advance(159 * 800 - 1);
    await other.call(SAMPLE);
    world.clock.advance(1);
    await other.call(SAMPLE);

    const [first, second] = requestsTo(world, FIND).map(({ headers }) => headers['authorization']);
    expect(second).toBe(first);
    expect(other.outcomes.map(({ credentialReasons }) => credentialReasons)).toEqual([
      ['first', 'minted'],
      ['held'],
      ['advisory', 'minted'],
    ]);
  });

  it('serves one call where nothing is left of its life', async () => {
    const world = await granting({ expires_in: 0 });
    await world.call(SAMPLE);

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('is minted once for a hundred first calls at the same time', async () => {
    const world = await startIsdp();

    const responses = await Promise.all(Array.from({ length: 100 }, () => world.call(SAMPLE)));

    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    expect(requestsTo(world, FIND)).toHaveLength(100);
    expect(world.secretsManager.requests).toHaveLength(1);
  });

  it('is not shared by two accounts', async () => {
    const world = await startIsdp();
    world.putSecret('second', secretFor(world.vendor.url));

    await world.call(SAMPLE);
    await world.call(SAMPLE, { account: 'second' });

    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });
});
