import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { withBreaker } from '../../../lib/credentials/shared/breaker.ts';
import { createDynamoStore } from '../../../lib/credentials/shared/dynamodb.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';
import { startDynamo } from '../../support/dynamodb.ts';
import { startWorld, type World } from '../../support/world.ts';
import { around, requestsTo } from '../huawei-common/support.ts';
import { CHAT, secretFor, TOKEN } from './support.ts';

/** Time-out of an instance's first operation on the store, and of the others. */
const FIRST_MS = 400;
const NEXT_MS = 100;

/** Instances with a store whose answers, and a vendor whose tokens, come by command; time passes by command as well. */
async function startFleet(size: number) {
  const dynamo = await startDynamo();
  const clock = createTestClock({ skipWaitsMs: 0 });
  let token = Promise.resolve();
  const world = await startWorld({
    lookup: getUserInfoByCallId,
    simulation: around(huaweiCec, async ({ path }, answer) => {
      if (path === TOKEN) await token;
      return answer();
    }),
    secret: secretFor,
    clock,
    store: (transport) => withBreaker(createDynamoStore({ table: dynamo.table, transport, clock }), clock, () => 0.5),
  });
  const instances = [world, ...Array.from({ length: size - 1 }, () => world.coldStart())] as [World, ...World[]];
  return {
    dynamo,
    clock,
    world,
    instances,
    /** The vendor answers requests for tokens from when this is called on. */
    holdTokens: () => {
      const held = Promise.withResolvers<void>();
      token = held.promise;
      return held.resolve;
    },
    isSent: (operation: string, count: number) => vi.waitFor(() => expect(dynamo.count(operation)).toBe(count)),
  };
}

const reasons = ({ outcomes }: World) => outcomes.at(-1)?.credentialReasons;

/** Lets time pass, slowly beside the work on the sockets, until the calls have their answers. */
async function passTime(calls: Promise<unknown>, clock: TestClock): Promise<void> {
  let ended = false;
  void calls.finally(() => {
    ended = true;
  });
  while (!ended) {
    for (let turn = 0; turn < 50; turn += 1) await setImmediate();
    clock.advance(5);
  }
}

describe('one slow operation on the store', () => {
  test('leaves an instance that waits for a token waiting', async () => {
    const { dynamo, clock, world, instances, holdTokens, isSent } = await startFleet(2);
    const [holder, waiter] = instances;
    const giveToken = holdTokens();
    const held = holder.call(CHAT);
    await vi.waitFor(() => expect(requestsTo(world, TOKEN)).toHaveLength(1));
    dynamo.hang();
    const waiting = waiter?.call(CHAT);
    await isSent('GetItem', 2);
    dynamo.recover();
    giveToken();
    await held;
    clock.advance(FIRST_MS);

    expect((await waiting)?.status).toBe(200);
    expect(waiter && reasons(waiter)).toEqual(['first', 'store-hit']);
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
  });

  test('leaves an instance waiting that has waited for a while', async () => {
    const { dynamo, clock, world, instances, holdTokens, isSent } = await startFleet(2);
    const [holder, waiter] = instances;
    const giveToken = holdTokens();
    const held = holder.call(CHAT);
    await vi.waitFor(() => expect(requestsTo(world, TOKEN)).toHaveLength(1));
    const waiting = waiter?.call(CHAT);
    await isSent('GetItem', 2);
    dynamo.hang();
    await vi.waitFor(() => {
      clock.advance(5);
      expect(dynamo.count('GetItem')).toBe(3);
    });
    dynamo.recover();
    giveToken();
    await held;
    clock.advance(NEXT_MS);

    expect((await waiting)?.status).toBe(200);
    expect(waiter && reasons(waiter)).toEqual(['first', 'store-wait', 'store-hit']);
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
  });

  test('that takes the lease leaves one token for all', async () => {
    const { dynamo, clock, world, instances, isSent } = await startFleet(2);
    const [first, second] = instances;
    dynamo.swallow('UpdateItem');
    const call = first.call(CHAT);
    await isSent('UpdateItem', 1);
    clock.advance(NEXT_MS);

    expect((await call).status).toBe(200);
    expect(reasons(first)).toEqual(['first', 'lease', 'minted']);
    expect((await second?.call(CHAT))?.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
  });

  test('that writes the token leaves one token for all', async () => {
    const { dynamo, clock, world, instances, holdTokens, isSent } = await startFleet(2);
    const [first, second] = instances;
    const giveToken = holdTokens();
    const call = first.call(CHAT);
    await vi.waitFor(() => expect(requestsTo(world, TOKEN)).toHaveLength(1));
    dynamo.hang();
    giveToken();
    await isSent('UpdateItem', 2);
    dynamo.recover();
    clock.advance(NEXT_MS);

    expect((await call).status).toBe(200);
    expect((await second?.call(CHAT))?.status).toBe(200);
    expect(second && reasons(second)).toEqual(['first', 'store-hit']);
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
  });

  test('of every one of twenty instances that start at once leaves one token for all', async () => {
    const { dynamo, clock, world, instances, isSent } = await startFleet(20);
    dynamo.hang();
    const calls = Promise.all(instances.map((instance) => instance.call(CHAT)));
    await isSent('GetItem', 20);
    dynamo.recover();
    clock.advance(FIRST_MS);
    await passTime(calls, clock);

    expect((await calls).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    expect(instances.flatMap((instance) => reasons(instance) ?? [])).not.toContain('store-down');
  });
});
