import { createHash } from 'node:crypto';
import { ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { createDynamoStore } from '../../../lib/credentials/shared/dynamodb.ts';
import { systemClock } from '../../../lib/time/clock.ts';
import { CEC_APP_SECRET, huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { type Dynamo, startDynamo } from '../../support/dynamodb.ts';
import { createRunningClock } from '../../support/running-clock.ts';
import { startWorld, type World } from '../../support/world.ts';
import { expectProblem, requestsTo } from '../huawei-common/support.ts';
import { CHAT, secretFor, TOKEN, USER_INFO } from './support.ts';

/** Enough for a machine that is busy with other tests; what a dead store costs is in its own test. */
const STORE_TIMEOUT_MS = 5_000;

interface Fleet {
  readonly dynamo: Dynamo;
  /** Processes that have answered nothing yet. */
  readonly processes: readonly World[];
  /** The vendor, the secrets and the clock that they share. */
  readonly world: World;
}

async function startFleet(
  size: number,
  options: { storeTimeoutMs?: number; random?: () => number } = {},
): Promise<Fleet> {
  const { storeTimeoutMs: timeoutMs = STORE_TIMEOUT_MS, random } = options;
  const dynamo = await startDynamo();
  const world = await startWorld({
    lookup: getUserInfoByCallId,
    simulation: huaweiCec,
    secret: secretFor,
    clock: createRunningClock(),
    ...(random && { random }),
    store: (transport) =>
      createDynamoStore({ table: dynamo.table, transport, clock: systemClock, timeoutMs, firstTimeoutMs: timeoutMs }),
  });
  const processes = [world, ...Array.from({ length: size - 1 }, () => world.coldStart())];
  return { dynamo, world, processes };
}

const callAll = (processes: readonly World[]) => Promise.all(processes.map((process) => process.call(CHAT)));
const statuses = (responses: Awaited<ReturnType<typeof callAll>>) => new Set(responses.map(({ status }) => status));
const reasons = (process: World) => process.outcomes.at(-1)?.credentialReasons;
const tokens = (world: World) =>
  new Set(requestsTo(world, USER_INFO).map(({ headers }) => headers['authorization'] ?? ''));
const items = async ({ client, table }: Dynamo) =>
  (await client.send(new ScanCommand({ TableName: table }))).Items ?? [];

describe('a fleet with a store', () => {
  it('that starts cold at once mints one token', async () => {
    const { world, processes } = await startFleet(20);

    const responses = await callAll(processes);

    expect(statuses(responses)).toEqual(new Set([200]));
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    expect(tokens(world).size).toBe(1);
    expect(processes.map(reasons).filter((words) => words?.includes('lease'))).toEqual([['first', 'lease', 'minted']]);
    expect(processes.map(reasons).filter((words) => words?.includes('store-hit'))).toHaveLength(19);
  });

  it('renews once in the advisory window, and nobody waits', async () => {
    const { world, processes } = await startFleet(3);
    await callAll(processes);
    world.clock.advance(2_900_000);
    await processes[0]?.call(CHAT);
    await vi.waitFor(() => expect(requestsTo(world, TOKEN)).toHaveLength(2));

    for (const process of processes.slice(1)) {
      await process.call(CHAT);
      // The next call of the process has what this one has found in the background.
      await vi.waitFor(() => expect(reasons(process)).toContain('store-hit'));
      await process.call(CHAT);
    }

    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(processes.slice(1).map(reasons)).toEqual([['held'], ['held']]);
    expect(tokens(world).size).toBe(2);
  });

  it('stays awake for the renewal that it has the lease of, so that no freeze holds up the others', async () => {
    const { dynamo, world, processes } = await startFleet(1);
    await callAll(processes);
    const [before] = await items(dynamo);
    world.clock.advance(2_900_000);
    world.vendor.fail({ path: TOKEN, delayMs: 300 });

    await processes[0]?.call(CHAT);
    const [after] = await items(dynamo);

    expect([before?.['generation'], after?.['generation']]).toEqual([{ N: '1' }, { N: '2' }]);
    expect(after).not.toHaveProperty('leaseOwner');
  });

  it('stays no longer than a second for a renewal that hangs, which leaves the vendor alone for a while', async () => {
    const { dynamo, world, processes } = await startFleet(3);
    await callAll(processes);
    world.clock.advance(2_900_000);
    world.vendor.fail({ path: TOKEN, delayMs: 60_000 });
    const calledAt = world.clock.now();

    const response = await processes[0]?.call(CHAT);
    const stayedMs = world.clock.now() - calledAt;
    // The lease has ended without a word.
    world.clock.advance(6_000);
    const looks = dynamo.count('GetItem');
    const other = await processes[1]?.call(CHAT);
    await vi.waitFor(() => expect(dynamo.count('GetItem')).toBeGreaterThan(looks));
    const mintsMeanwhile = requestsTo(world, TOKEN).length;
    world.clock.advance(25_000);
    await processes[2]?.call(CHAT);

    expect([response?.status, other?.status]).toEqual([200, 200]);
    expect(stayedMs).toBeGreaterThanOrEqual(1_000);
    expect(stayedMs).toBeLessThan(5_000);
    expect(mintsMeanwhile).toBe(2);
    await vi.waitFor(() => expect(requestsTo(world, TOKEN)).toHaveLength(3));
  });

  it('renews a revoked token once, and a late refusal of it does not throw the new one away', async () => {
    const { world, processes } = await startFleet(10);
    await callAll(processes);
    world.vendor.setState({ forgetTokens: true });
    world.vendor.fail({ path: USER_INFO, delayMs: 400 });

    const responses = await callAll(processes);

    expect(statuses(responses)).toEqual(new Set([200]));
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('asks once with a key that is wrong, and tells the others when to come again', async () => {
    const { world, processes } = await startFleet(5);
    world.putSecret('default', { ...secretFor(world.vendor.url), appSecret: 'not-the-secret' });

    const first = await processes[0]?.call(CHAT);
    const others = await callAll(processes.slice(1));

    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    for (const response of [first, ...others]) {
      if (!response) throw new TypeError('a fleet of one');
      expectProblem(response, { code: 'vendor-auth-failed', status: 502 });
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(1);
    }
    expect(processes.slice(1).map(reasons)).toEqual(Array(4).fill(['first', 'store-backoff']));
  });

  it('shares nothing between a secret and its successor', async () => {
    const { dynamo, world, processes } = await startFleet(2);
    await processes[0]?.call(CHAT);
    world.putSecret('default', { ...secretFor(world.vendor.url), tokenTtlSeconds: 600 });

    await processes[1]?.call(CHAT);

    expect(requestsTo(world, TOKEN).map(({ headers }) => headers['x-token-expire'])).toEqual(['3600', '600']);
    expect(await items(dynamo)).toHaveLength(2);
  });

  it('shares nothing between two accounts, though their secrets be the same', async () => {
    const { world, processes } = await startFleet(2);
    world.putSecret('second', secretFor(world.vendor.url));

    await processes[0]?.call(CHAT);
    await processes[1]?.call(CHAT, { account: 'second' });

    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(tokens(world).size).toBe(2);
  });

  it('has nothing in its table that tells the token, the key or the hash of the secret', async () => {
    const { dynamo, world, processes } = await startFleet(1);
    await callAll(processes);

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
    const { dynamo, world, processes } = await startFleet(3);
    await processes[0]?.call(CHAT);
    const [item] = await items(dynamo);
    await dynamo.client.send(
      new UpdateItemCommand({
        TableName: dynamo.table,
        Key: { pk: item?.['pk'] ?? { S: '' }, sk: item?.['sk'] ?? { S: '' } },
        UpdateExpression: 'SET sealed = :garbage',
        ExpressionAttributeValues: { ':garbage': { B: new Uint8Array(64).fill(1) } },
      }),
    );

    await processes[1]?.call(CHAT);
    await processes[2]?.call(CHAT);

    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(processes.slice(1).map(reasons)).toEqual([
      ['first', 'lease', 'minted'],
      ['first', 'store-hit'],
    ]);
  });
});

describe('a holder of the lease', () => {
  it('that dies while minting is followed by one other, and nobody fails', async () => {
    const { dynamo, world, processes } = await startFleet(6);
    // The first mint hangs for longer than the lease.
    world.vendor.fail({ path: TOKEN, delayMs: 60_000 });
    void processes[0]?.call(CHAT).catch(() => undefined);
    await vi.waitFor(() => expect(requestsTo(world, TOKEN)).toHaveLength(1));

    const calls = callAll(processes.slice(1));
    await vi.waitFor(() => expect(dynamo.count('GetItem')).toBeGreaterThanOrEqual(6));
    world.clock.advance(5_001);
    const responses = await calls;

    expect(statuses(responses)).toEqual(new Set([200]));
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(processes.slice(1).flatMap(reasons)).toContain('store-wait');
  });

  it('that outlived it neither overwrites nor releases its successor’s', async () => {
    const { dynamo, world, processes } = await startFleet(3);
    const [stalled, successor, late] = processes;
    world.vendor.fail({ path: TOKEN, delayMs: 1_500 });
    const stalledCall = stalled?.call(CHAT);
    await vi.waitFor(() => expect(requestsTo(world, TOKEN)).toHaveLength(1));

    world.clock.advance(5_001);
    await successor?.call(CHAT);
    const [written] = await items(dynamo);
    const response = await stalledCall;
    await late?.call(CHAT);

    expect(response?.status).toBe(200);
    expect(stalled && reasons(stalled)).toEqual(['first', 'lease', 'minted', 'outlived']);
    expect(await items(dynamo)).toEqual([written]);
    expect(late && reasons(late)).toEqual(['first', 'store-hit']);
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
    const { dynamo, world, processes } = await startFleet(4, { storeTimeoutMs: 100 });
    breakStore(dynamo);

    const responses = await callAll(processes);

    expect(statuses(responses)).toEqual(new Set([200]));
    expect(requestsTo(world, TOKEN)).toHaveLength(4);
    for (const words of processes.map(reasons)) expect(words?.slice(-2)).toEqual(['store-down', 'minted']);
  });
});
