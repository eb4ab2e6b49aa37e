import { describe, expect, test } from 'vitest';
import { demoAgents } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startKeepers } from './keepers.ts';

const FROM_THE_STORE = { status: 200, reasons: ['store-hit'] };
const [FIRST] = demoAgents.map(({ agentid }) => agentid) as [string];

describe('with sessions kept alive, an agent that the gateway refuses to tell about', () => {
  test.each(['100-006', '100-008', '000-003'])(
    'costs one sign-in of the only agent at most, and no other lookup its answer: %s',
    async (code) => {
      const k = await startKeepers({ agents: demoAgents.slice(0, 1) });
      const targets = [20_101, 20_102, 20_103];
      k.world.vendor.setState({ targetRetcodes: Object.fromEntries(targets.map((workno) => [workno, code])) });
      k.startSchedule();
      await k.turn(20_000);
      const refused: Awaited<ReturnType<typeof k.lookUp>>[] = [];
      const known: typeof refused = [];
      for (const workno of [...targets, ...targets]) {
        refused.push(await k.turnUntil(k.lookUp(undefined, workno)));
        await k.turn(20_000);
        known.push(await k.lookUp());
        await k.turn(30_000);
      }

      for (const { status, code: problem } of refused) expect([status, problem]).toEqual([422, 'vendor-rejected']);
      expect(known).toEqual(Array(6).fill(FROM_THE_STORE));
      expect(k.agent(FIRST)).toMatchObject({ signedInAt: expect.any(Number), signIns: 2, evictions: 0 });
      expect(k.signOuts().length).toBeLessThanOrEqual(2);
      // The keeper took the new session over, and goes on with it.
      expect(k.keepings.at(-1)).toMatchObject({ outcome: 'kept', agentsKept: 1 });
      expect(k.sum('adopted')).toBe(1);
    },
  );
});

test('a session that a poll finds refused is signed out before the agent is signed in again', async () => {
  const k = await startKeepers({ agents: demoAgents.slice(0, 1) });
  k.startRun();
  await k.turn(20_000);
  // The gateway refuses the poll alone: the agent is signed in all the while.
  k.world.vendor.fail({ path: '/agentevent/', vendorCase: 'retcode:000-003' });
  await k.turn(20_000);

  expect(k.signOuts()).toHaveLength(1);
  expect(k.agent(FIRST)).toMatchObject({ signedInAt: expect.any(Number), signIns: 2, evictions: 0 });
  expect(await k.lookUp()).toEqual(FROM_THE_STORE);
});
