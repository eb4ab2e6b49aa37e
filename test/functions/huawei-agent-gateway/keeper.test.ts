import { describe, expect, test } from 'vitest';
import { demoAgents } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startKeepers } from './keepers.ts';

const TWO_MINUTES = 120_000;
const AGENTIDS = demoAgents.map(({ agentid }) => agentid);
const [FIRST] = AGENTIDS as [string];
const FROM_THE_STORE = { status: 200, reasons: ['store-hit'] };

type Keepers = Awaited<ReturnType<typeof startKeepers>>;

/** How often each of the agents was signed in. */
const signIns = (k: Keepers) => AGENTIDS.map((agentid) => k.agent(agentid)?.signIns);
const areSignedIn = (k: Keepers) => AGENTIDS.every((agentid) => k.agent(agentid)?.signedInAt !== undefined);
const total = (numbers: readonly (number | undefined)[]) => numbers.reduce<number>((sum, each = 0) => sum + each, 0);

/** Until every agent has polled with another Guid than now. */
async function untilRenewed(k: Keepers): Promise<void> {
  const lastGuids = () => AGENTIDS.map((agentid) => k.polls(agentid).at(-1)?.headers['guid']);
  const before = lastGuids();
  while (lastGuids().some((guid, index) => guid === before[index])) await k.turn(1_000);
}

describe('a keeper that is started every minute', () => {
  test.each([1, 2] as const)(
    'keeps every agent signed in for half an hour in AUTHMODE %i, and lookups of other processes never sign in',
    async (authMode) => {
      const k = await startKeepers({ authMode });
      k.startSchedule();
      const answers: unknown[] = [];
      await k.turnMinutes(30, async () => {
        answers.push(await k.lookUp());
      });

      expect(answers).toEqual(Array(30).fill(FROM_THE_STORE));
      expect(k.signIns()).toHaveLength(AGENTIDS.length);
      expect(signIns(k)).toEqual([1, 1, 1]);
      expect(areSignedIn(k)).toBe(true);
      expect(k.sum('renewals') > 0).toBe(authMode === 2);
      for (const agentid of AGENTIDS) {
        expect(k.gaps(agentid).longest).toBeLessThan(30_000);
        // One that is polled at a time, also while a run hands over.
        expect(k.gaps(agentid).shortest).toBeGreaterThanOrEqual(10_000);
      }
      expect(new Set(k.keepings.map(({ outcome }) => outcome))).toEqual(new Set(['kept']));
      expect([k.sum('lost'), k.sum('adopted'), k.sum('storeFailures')]).toEqual([0, 0, 0]);
    },
  );

  test('goes on where answers that renew a Guid are lost, and signs in again only where the old Guid has ended', async () => {
    const k = await startKeepers();
    const answers: Awaited<ReturnType<typeof k.lookUp>>[] = [];
    k.startSchedule();
    await k.turnMinutes(30, async (minute) => {
      const path = `/agentevent/${AGENTIDS[minute % AGENTIDS.length]}`;
      if (minute % 2 === 0) k.world.vendor.fail({ path, vendorCase: 'renew-lost', times: 3 });
      answers.push(await k.lookUp());
    });

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.flatMap(({ reasons }) => reasons)).not.toContain('minted');
    // No poll was cut off.
    expect(JSON.stringify(k.keepings)).not.toContain('vendor-timeout');
    expect(k.sum('lost')).toBeGreaterThan(0);
    expect(total(signIns(k))).toBe(AGENTIDS.length + k.sum('lost'));
    expect(areSignedIn(k)).toBe(true);
  });

  test('takes over from a run that was killed, with the sessions that it had written', async () => {
    const k = await startKeepers();
    k.startSchedule();
    const answers: Awaited<ReturnType<typeof k.lookUp>>[] = [];
    for (let killed = 0; killed < 6; killed += 1) {
      await untilRenewed(k);
      k.killRunning();
      await k.turnMinutes(4, async () => {
        answers.push(await k.lookUp());
      });
    }

    expect(answers).toEqual(Array(24).fill(FROM_THE_STORE));
    expect(signIns(k)).toEqual([1, 1, 1]);
    expect(areSignedIn(k)).toBe(true);
    expect(k.sum('lost')).toBe(0);
    for (const agentid of AGENTIDS) expect(k.gaps(agentid).longest).toBeLessThan(TWO_MINUTES);
  });

  test('gets over a run that was killed while renewed Guids were on their way to it', async () => {
    const k = await startKeepers();
    k.startSchedule();
    await untilRenewed(k);
    await k.turn(52_000);
    k.killRunning();
    // The old Guids end after two minutes. By then they were renewed, or the agents signed out and can be signed in.
    await k.turn(2 * TWO_MINUTES);
    const answers: unknown[] = [];
    await k.turnMinutes(5, async () => {
      answers.push(await k.lookUp());
    });

    expect(answers).toEqual(Array(5).fill(FROM_THE_STORE));
    expect(areSignedIn(k)).toBe(true);
    expect(total(signIns(k))).toBe(AGENTIDS.length + k.sum('lost'));
  });
});

test('the agents of a run do not poll in step, so that their Guids are not all renewed at one moment', async () => {
  const draws = [0.1, 0.5, 0.9];
  let drawn = 0;
  const k = await startKeepers({ keeperRandom: () => draws[drawn++ % 3] ?? 0 });
  const startedAt = k.clock.now();
  k.startRun();
  await k.turn(20_000);

  const firstAfterMs = AGENTIDS.map((agentid) => (k.polls(agentid)[0]?.at ?? 0) - startedAt).sort((a, b) => a - b);
  for (const [index, milliseconds] of [1_000, 5_000, 9_000].entries()) {
    expect(firstAfterMs[index]).toBeGreaterThanOrEqual(milliseconds);
    expect(firstAfterMs[index]).toBeLessThan(milliseconds + 2_000);
  }
});

describe('of two runs at once', () => {
  test('one polls, and the other waits', async () => {
    const k = await startKeepers();
    k.startRun();
    k.startRun();
    await k.turn(90_000);

    expect(k.keepings.map(({ outcome }) => outcome).sort()).toEqual(['kept', 'waited']);
    expect(signIns(k)).toEqual([1, 1, 1]);
    expect(k.gaps(FIRST).shortest).toBeGreaterThanOrEqual(10_000);
  });

  test('one that was frozen, and whose lease has passed on, cannot overwrite what the other has written', async () => {
    const k = await startKeepers({ agents: demoAgents.slice(0, 1), secret: { onConflict: 'force' } });
    const stalled = k.startRun();
    await k.turn(60_000);
    // The answer that it waits for renews the Guid. By the time that it gets it, the others have had to sign in again.
    stalled.freeze();
    k.startSchedule();
    await k.turn(90_000);
    const before = await k.lookUp();
    stalled.thaw();
    await k.turn(1_000);
    const after = await k.lookUp();

    expect(k.keepings.at(-1)).toMatchObject({ outcome: 'lease-lost', renewals: 1 });
    expect(signIns(k)).toEqual([2, undefined, undefined]);
    expect([before, after]).toEqual([FROM_THE_STORE, FROM_THE_STORE]);
    const [asked, askedAgain] = k.queries();
    expect(askedAgain?.headers['guid']).toBe(asked?.headers['guid']);
  });
});

describe('a session that has ended', () => {
  test('by an event that says so is replaced at once', async () => {
    const k = await startKeepers();
    k.startRun();
    await k.turn(10_000);
    k.world.vendor.setState({ event: { agentid: FIRST, eventType: 'AgentOther_ShutdownService' } });
    await k.turn(2_000);
    const answer = await k.lookUp();
    await k.turn(80_000);

    expect(answer).toEqual(FROM_THE_STORE);
    expect(signIns(k)).toEqual([2, 1, 1]);
    expect(areSignedIn(k)).toBe(true);
    expect(k.keepings[0]).toMatchObject({ outcome: 'kept', agentsKept: 3, signIns: 4, lost: 1 });
  });

  test('leaves a successor that outlives a refusal which passes', async () => {
    const k = await startKeepers({ agents: demoAgents.slice(0, 1), secret: { onConflict: 'force' } });
    k.startSchedule();
    await k.turn(20_000);
    k.world.vendor.setState({ event: { agentid: FIRST, eventType: 'AgentOther_ShutdownService' } });
    await k.turn(150_000);
    k.world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in' });
    const answer = await k.lookUp();

    expect(k.sum('renewals')).toBeGreaterThan(0);
    expect(answer).toMatchObject({ status: 200, reasons: ['store-hit', 'refused-alone'] });
    expect(signIns(k)[0]).toBe(2);
  });

  test('is taken over from a lookup that has signed the agent in meanwhile', async () => {
    const k = await startKeepers({ agents: demoAgents.slice(0, 1) });
    const process = k.startRun();
    await k.turn(10_000);
    process.freeze();
    k.world.vendor.setState({ forgetSessions: true });
    const answer = await k.lookUp();
    process.thaw();
    await k.turn(80_000);

    expect(answer.reasons).toContain('minted');
    expect(k.agent(FIRST)).toMatchObject({ signedInAt: expect.any(Number), signIns: 2 });
    expect(k.keepings[0]).toMatchObject({ signIns: 1, lost: 1, adopted: 1, agentsKept: 1 });
  });

  test('for a lookup alone, though it can be polled, is ended and replaced', async () => {
    const k = await startKeepers();
    k.startRun();
    await k.turn(10_000);
    k.world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in' });
    const answer = await k.lookUp();
    await k.turn(15_000);

    expect(answer).toMatchObject({ status: 200, reasons: ['store-hit', 'refused', 'lease', 'minted'] });
    // The poll that was under way found the session gone, and the keeper took the new one over.
    expect(k.keepings).toEqual([]);
    expect(k.signOuts()).toHaveLength(1);
    expect(total(signIns(k))).toBe(4);
    expect(areSignedIn(k)).toBe(true);
  });
});

describe('a poll that fails', () => {
  test('is tried again after a pause that grows, and keeps the session', async () => {
    const k = await startKeepers({ agents: demoAgents.slice(0, 1) });
    k.startRun();
    await k.turn(10_000);
    k.world.vendor.fail({ path: '/agentevent/', status: 503, times: 4 });
    await k.turn(60_000);

    const failed = k.polls().slice(1, 6);
    const pauses = failed.slice(1).map(({ at }, index) => at - (failed[index]?.at ?? 0));
    for (const [index, atMost] of [1_000, 2_000, 4_000, 5_000].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(atMost / 2);
      // The clock is turned by so much at a time.
      expect(pauses[index]).toBeLessThanOrEqual(atMost + 250);
    }
    expect(k.signIns()).toHaveLength(1);
    expect(k.agent(FIRST)?.signedInAt).toBeDefined();
  });

  test('of a gateway that hangs is given up, before the run has to end', async () => {
    const k = await startKeepers();
    k.startRun();
    await k.turn(30_000);
    k.world.vendor.setState({ pollWaitMs: TWO_MINUTES });
    await k.turn(60_000);

    expect(k.keepings[0]).toMatchObject({
      outcome: 'kept',
      failures: AGENTIDS.map(() => ({ problem: 'vendor-timeout' })),
    });
    expect(k.keepings[0]?.milliseconds).toBeLessThan(85_000);
  });
});
