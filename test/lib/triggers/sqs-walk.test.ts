import { expect, test } from 'vitest';
import { findOnlineAgent } from '../../../functions/huawei-isdp/find-online-agent.ts';
import { huaweiIsdp } from '../../../local/simulators/huawei-isdp.ts';
import { isdpSecret } from '../../support/accounts.ts';
import { createTestClock } from '../../support/clock.ts';
import { resultsOn } from '../../support/messages.ts';
import { startQueueWorld, whileTurning } from '../../support/queue.ts';

const start = () =>
  startQueueWorld({
    lookup: findOnlineAgent,
    simulation: huaweiIsdp,
    secret: isdpSecret,
    clock: createTestClock({ skipWaitsMs: 0 }),
  });

test('a walk through all pages is begun only with most of the time that it needs', async () => {
  const world = await start();
  world.send({ all: true });

  await whileTurning(world.clock, world.poll({ remainingMs: 11_900 }));

  expect(world.vendor.requests).toEqual([]);
  expect(world.batches).toMatchObject([{ returned: 1, notBegun: 1 }]);

  await whileTurning(world.clock, world.drain({ remainingMs: 29_000 }));
  expect(resultsOn(world.bus)).toMatchObject([{ type: 'Lookup Succeeded', detail: { meta: { complete: true } } }]);
});
