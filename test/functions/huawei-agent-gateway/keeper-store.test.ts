import { expect, test } from 'vitest';
import { demoAgents } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startKeepers } from './keepers.ts';

const TWO_MINUTES = 120_000;
const AGENTIDS = demoAgents.map(({ agentid }) => agentid);
const [FIRST] = AGENTIDS as [string];
const FROM_THE_STORE = { status: 200, reasons: ['store-hit'] };

type Keepers = Awaited<ReturnType<typeof startKeepers>>;

const guidOf = (requests: readonly { headers: Readonly<Record<string, string>> }[]) => requests.at(-1)?.headers['guid'];

/** Turns until the gateway has been polled with another Guid than the last. */
async function untilRenewed(k: Keepers): Promise<void> {
  const before = guidOf(k.polls(FIRST));
  while (guidOf(k.polls(FIRST)) === before) await k.turn(1_000);
}

test('a store that is down for two minutes does not stop the polls, and gets the renewed Guid when it is back', async () => {
  const k = await startKeepers();
  k.startSchedule();
  await k.turn(40_000);
  const written = guidOf(k.polls(FIRST));
  k.dynamo.fail(500);
  await k.turn(TWO_MINUTES);
  const polled = k.polls(FIRST).length;
  k.dynamo.recover();
  await k.turn(20_000);
  const answer = await k.lookUp();
  await k.turn(60_000);

  expect(answer).toEqual(FROM_THE_STORE);
  // The Guid came with the last poll of a run, which could not write it. The same process went on with it.
  expect(k.polls(FIRST)[polled]?.headers['guid']).not.toBe(written);
  expect(guidOf(k.queries())).not.toBe(written);
  for (const agentid of AGENTIDS) {
    expect(k.agent(agentid)).toMatchObject({ signedInAt: expect.any(Number), signIns: 1 });
    expect(k.gaps(agentid).longest).toBeLessThan(TWO_MINUTES);
  }
  expect(k.keepings[0]).toMatchObject({ outcome: 'kept', agentsKept: 3, renewals: 3, lost: 0 });
  expect(k.sum('storeFailures')).toBeGreaterThan(0);
  expect(k.sum('lost')).toBe(0);
});

test('a Guid that the store did not take is written over what a lookup has taken away since', async () => {
  const k = await startKeepers({ agents: demoAgents.slice(0, 1) });
  k.startRun();
  await k.turn(75_000);
  // The Guid is renewed in the middle of this run.
  k.startRun();
  await k.turn(45_000);
  k.dynamo.fail(500);
  await untilRenewed(k);
  k.dynamo.recover();
  // It has the old Guid, which the gateway takes neither for the lookup nor for signing out.
  k.world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in' });
  k.world.vendor.fail({ path: 'logout', vendorCase: 'not-signed-in' });
  const refused = await k.lookUp();
  await k.turn(15_000);
  const answer = await k.lookUp();

  expect(refused.reasons).toContain('refused');
  expect(answer).toEqual(FROM_THE_STORE);
  expect(guidOf(k.queries())).toBe(guidOf(k.polls()));
  expect(k.agent(FIRST)).toMatchObject({ signIns: 1, evictions: 0 });
  expect(k.signOuts()).toHaveLength(1);
});

test('without a store for its lease a run fails, for the alarms, and polls nobody', async () => {
  const k = await startKeepers();
  k.dynamo.fail(500);
  const run = k.startProcess().run();
  const failure = run.catch((error: Error) => error.message);
  await k.turn(90_000);

  expect(await failure).toBe('No account could be kept (default: store-unavailable).');
  expect(k.keepings).toMatchObject([{ outcome: 'failed', problem: 'store-unavailable', agentsKept: 0 }]);
  expect(k.world.vendor.requests).toHaveLength(0);
});

test('a lease that the store could not give back ends by itself', async () => {
  const k = await startKeepers();
  k.startRun();
  await k.turn(50_000);
  k.dynamo.fail(500);
  await k.turn(40_000);
  k.dynamo.recover();
  k.startRun();
  await k.turn(30_000);

  expect(k.keepings).toMatchObject([{ outcome: 'kept' }]);
  for (const agentid of AGENTIDS) {
    expect(k.agent(agentid)).toMatchObject({ signIns: 1 });
    expect(k.gaps(agentid).longest).toBeLessThan(50_000);
  }
});
