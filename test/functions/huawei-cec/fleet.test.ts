import { createHash } from 'node:crypto';
import { ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { CEC_APP_SECRET, huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import type { Dynamo } from '../../support/dynamodb.ts';
import { codesOf, reasonsOf, startFleet } from '../../support/fleet.ts';
import type { World } from '../../support/world.ts';
import { expectProblem, requestsTo } from '../huawei-common/support.ts';
import { CHAT, secretFor, TOKEN, USER_INFO } from './support.ts';

const NEVER = new Promise<void>(() => {});

const startCecFleet = (size: number) =>
  startFleet(size, { lookup: getUserInfoByCallId, simulation: huaweiCec, secret: secretFor, input: CHAT });

const tokens = (world: World) =>
  new Set(requestsTo(world, USER_INFO).map(({ headers }) => headers['authorization'] ?? ''));
const items = async ({ client, table }: Dynamo) =>
  (await client.send(new ScanCommand({ TableName: table }))).Items ?? [];

describe('a fleet with a store', () => {
  it('that starts cold at once mints one token', async () => {
    const { world, instances, callAll } = await startCecFleet(20);

    const responses = await callAll();

    expect(codesOf(responses)).toEqual(Array(20).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    expect(tokens(world).size).toBe(1);
    const words = instances.map(reasonsOf);
    expect(words.filter((each) => each?.includes('minted'))).toHaveLength(1);
    expect(words.filter((each) => each?.includes('store-hit'))).toHaveLength(19);
  });

  it('renews once in the advisory window, and nobody waits', async () => {
    const { world, instances, call, callAll, settle } = await startCecFleet(3);
    await callAll();
    world.clock.advance(2_900_000);
    await call(world);
    await settle();
    expect(requestsTo(world, TOKEN)).toHaveLength(2);

    for (const instance of instances.slice(1)) {
      await call(instance);
      // The next call of the instance has what this one finds in the background.
      await settle();
      expect(reasonsOf(instance)).toContain('store-hit');
      await call(instance);
    }

    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(instances.slice(1).map(reasonsOf)).toEqual([['held'], ['held']]);
    expect(tokens(world).size).toBe(2);
  });

  it('stays awake for the renewal that it has the lease of, so that no freeze holds up the others', async () => {
    const { dynamo, world, call, settle, turnUntil } = await startCecFleet(1);
    await call(world);
    const [before] = await items(dynamo);
    world.clock.advance(2_900_000);
    const { promise: until, resolve: answer } = Promise.withResolvers<void>();
    world.vendor.fail({ path: TOKEN, until });

    const answered = world.call(CHAT);
    await settle();
    answer();
    await turnUntil(answered);
    const [after] = await items(dynamo);

    expect([before?.['generation'], after?.['generation']]).toEqual([{ N: '1' }, { N: '2' }]);
    expect(after).not.toHaveProperty('leaseOwner');
  });

  it('stays no longer than a second for a renewal that hangs, which leaves the vendor alone for a while', async () => {
    const { dynamo, world, instances, call, callAll, settle } = await startCecFleet(3);
    await callAll();
    world.clock.advance(2_900_000);
    world.vendor.fail({ path: TOKEN, until: NEVER });
    const calledAt = world.clock.now();

    const response = await call(instances[0]);
    const stayedMs = world.clock.now() - calledAt;
    // The lease has ended without a word.
    world.clock.advance(6_000);
    const looks = dynamo.count('GetItem');
    const other = await call(instances[1]);
    await settle();
    const looksMeanwhile = dynamo.count('GetItem') - looks;
    const mintsMeanwhile = requestsTo(world, TOKEN).length;
    world.clock.advance(25_000);
    await call(instances[2]);
    await settle();

    expect([response.status, other.status]).toEqual([200, 200]);
    expect(stayedMs).toBeGreaterThanOrEqual(1_000);
    expect(stayedMs).toBeLessThan(1_200);
    expect(looksMeanwhile).toBeGreaterThan(0);
    expect(mintsMeanwhile).toBe(2);
    expect(requestsTo(world, TOKEN)).toHaveLength(3);
  });

  it('renews a revoked token once, and a late refusal of it does not throw the new one away', async () => {
    const { world, instances, callAll, settle, turnUntil } = await startCecFleet(10);
    await callAll();
    world.vendor.setState({ forgetTokens: true });
    const { promise: until, resolve: refuse } = Promise.withResolvers<void>();
    world.vendor.fail({ path: USER_INFO, until });

    const late = world.call(CHAT);
    await settle();
    const prompt = await callAll(instances.slice(1));
    refuse();
    const responses = [await turnUntil(late), ...prompt];

    expect(codesOf(responses)).toEqual(Array(10).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('asks once with a key that is wrong, and tells the others when to come again', async () => {
    const { world, instances, call, callAll } = await startCecFleet(5);
    world.putSecret('default', { ...secretFor(world.vendor.url), appSecret: 'not-the-secret' });

    const first = await call(world);
    const others = await callAll(instances.slice(1));

    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    for (const response of [first, ...others]) {
      expectProblem(response, { code: 'vendor-auth-failed', status: 502 });
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(1);
    }
    expect(instances.slice(1).map(reasonsOf)).toEqual(Array(4).fill(['first', 'store-backoff']));
  });

  it('shares nothing between a secret and its successor', async () => {
    const { dynamo, world, instances, call } = await startCecFleet(2);
    await call(instances[0]);
    world.putSecret('default', { ...secretFor(world.vendor.url), tokenTtlSeconds: 600 });

    await call(instances[1]);

    expect(requestsTo(world, TOKEN).map(({ headers }) => headers['x-token-expire'])).toEqual(['3600', '600']);
    expect(await items(dynamo)).toHaveLength(2);
  });

  it('shares nothing between two accounts, though their secrets be the same', async () => {
    const { world, instances, call } = await startCecFleet(2);
    world.putSecret('second', secretFor(world.vendor.url));

    await call(instances[0]);
    await call(instances[1], {}, { account: 'second' });

    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(tokens(world).size).toBe(2);
  });

  it('has nothing in its table that tells the token, the key or the hash of the secret', async () => {
    const { dynamo, world, call } = await startCecFleet(1);
    await call(world);

    const table = JSON.stringify(await items(dynamo), (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );

    const [token] = [...tokens(world)];
    expect(token).toMatch(/^Bearer ./);
    const secretText = JSON.stringify(secretFor(world.vendor.url));
    const hash = (encoding: 'hex' | 'base64url') => createHash('sha256').update(secretText).digest(encoding);
    for (const text of [String(token).slice('Bearer '.length), CEC_APP_SECRET, hash('hex'), hash('base64url')]) {
      expect(table).not.toContain(text);
    }
  });

  it('takes an item that does not open for none, and writes another', async () => {
    const { dynamo, world, instances, call } = await startCecFleet(3);
    await call(instances[0]);
    const [item] = await items(dynamo);
    await dynamo.client.send(
      new UpdateItemCommand({
        TableName: dynamo.table,
        Key: { pk: item?.['pk'] ?? { S: '' }, sk: item?.['sk'] ?? { S: '' } },
        UpdateExpression: 'SET sealed = :garbage',
        ExpressionAttributeValues: { ':garbage': { B: new Uint8Array(64).fill(1) } },
      }),
    );

    await call(instances[1]);
    await call(instances[2]);

    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(instances.slice(1).map(reasonsOf)).toEqual([
      ['first', 'lease', 'minted'],
      ['first', 'store-hit'],
    ]);
  });
});

describe('a holder of the lease', () => {
  it('that dies while minting is followed by one other, and nobody fails', async () => {
    const { world, instances, callAll, settle } = await startCecFleet(6);
    // The first mint hangs for longer than the lease.
    world.vendor.fail({ path: TOKEN, until: NEVER });
    void world.call(CHAT).catch(() => undefined);
    await settle();

    const responses = await callAll(instances.slice(1));

    expect(codesOf(responses)).toEqual(Array(5).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(instances.slice(1).flatMap(reasonsOf)).toContain('store-wait');
  });

  it('that outlived it neither overwrites nor releases its successor’s', async () => {
    const { dynamo, world, instances, call, settle, turnUntil } = await startCecFleet(3);
    const [stalled, successor, late] = instances;
    const { promise: until, resolve: answer } = Promise.withResolvers<void>();
    world.vendor.fail({ path: TOKEN, until });
    const stalledCall = stalled.call(CHAT);
    await settle();

    world.clock.advance(5_001);
    await call(successor);
    const [written] = await items(dynamo);
    answer();
    const response = await turnUntil(stalledCall);
    await call(late);

    expect(response.status).toBe(200);
    expect(reasonsOf(stalled)).toEqual(['first', 'lease', 'minted', 'outlived']);
    expect(await items(dynamo)).toEqual([written]);
    expect(reasonsOf(late)).toEqual(['first', 'store-hit']);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });
});

describe('a store that does not answer', () => {
  it.each<[string, (dynamo: Dynamo) => void]>([
    ['hangs', (dynamo) => dynamo.hang()],
    ['denies access', (dynamo) => dynamo.fail(400, 'AccessDeniedException')],
    ['fails', (dynamo) => dynamo.fail(500)],
    ['throttles', (dynamo) => dynamo.fail(400, 'ThrottlingException')],
  ])('since it %s leaves each process to mint for itself', async (_, breakStore) => {
    const { dynamo, world, instances, callAll } = await startCecFleet(4);
    breakStore(dynamo);

    const responses = await callAll();

    expect(codesOf(responses)).toEqual(Array(4).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(4);
    for (const words of instances.map(reasonsOf)) expect(words?.slice(-2)).toEqual(['store-down', 'minted']);
  });
});
