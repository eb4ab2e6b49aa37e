import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { demoAgents } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startKeepers } from './keepers.ts';

const [first, second, third] = demoAgents as [Agent, Agent, Agent];
const SIGNED_OUT = { signedInAt: undefined, signIns: 1 };
const SIGNED_IN = { signedInAt: expect.any(Number), signIns: 1, evictions: 0 };

type Agent = (typeof demoAgents)[number];
type Keepers = Awaited<ReturnType<typeof startKeepers>>;

const states = (k: Keepers) => demoAgents.map(({ agentid }) => k.agent(agentid));
const remove = (k: Keepers) => k.world.secretsManager.remove('contact-lookups/test/huawei-agent-gateway/default');
const put = (k: Keepers, changes: object = {}) =>
  k.world.putSecret('default', { baseUrl: k.world.vendor.url, session: 'managed', agents: demoAgents, ...changes });

describe('agents are signed out', () => {
  test.each([
    ['says keep: false', (k: Keepers) => put(k, { keep: false })],
    ['leaves sessions to callers', (k: Keepers) => put(k, { session: 'caller', agents: undefined })],
  ])('when the secret %s, in the middle of a run', async (_what, change) => {
    const k = await startKeepers();
    k.startRun();
    await k.turn(30_000);
    change(k);
    // The secret is looked at every 4 s, and polls that are under way are answered first.
    await k.turn(15_000);

    expect(states(k)).toMatchObject([SIGNED_OUT, SIGNED_OUT, SIGNED_OUT]);
    expect(k.signOuts()).toHaveLength(3);
    expect(k.keepings).toMatchObject([{ outcome: 'nothing-to-keep', signedOut: 3, polls: 9, agents: 0 }]);
  });

  test('when the secret is gone for as long as it may serve, and not before', async () => {
    vi.stubEnv('SECRET_MAX_AGE_MINUTES', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    const k = await startKeepers();
    k.startSchedule();
    await k.turn(30_000);
    remove(k);
    await k.turn(50_000);
    const meanwhile = states(k);
    // The next run in this process, which knows the agents, begins at 120 s.
    await k.turn(60_000);

    expect(meanwhile).toMatchObject([SIGNED_IN, SIGNED_IN, SIGNED_IN]);
    expect(states(k)).toMatchObject([SIGNED_OUT, SIGNED_OUT, SIGNED_OUT]);
    expect(k.sum('signedOut')).toBe(3);
  });

  test('never where the secret is gone for a moment', async () => {
    const k = await startKeepers();
    k.startSchedule();
    await k.turn(30_000);
    k.world.secretsManager.fail({ status: 400, type: 'ResourceNotFoundException', times: 3 });
    await k.turn(120_000);

    expect(states(k)).toMatchObject([SIGNED_IN, SIGNED_IN, SIGNED_IN]);
    expect(k.signOuts()).toHaveLength(0);
    expect(k.sum('lost')).toBe(0);
  });

  test('when a run begins whose secret is gone since, with the Guids that another process has had meanwhile', async () => {
    vi.stubEnv('SECRET_MAX_AGE_MINUTES', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    const k = await startKeepers();
    k.startRun();
    await k.turn(60_000);
    const other = k.startRun();
    await k.turn(40_000);
    // From now on the process of the first run is the only one.
    other.freeze();
    const guids = demoAgents.map(({ agentid }) => k.polls(agentid).at(-1)?.headers['guid']);
    remove(k);
    await k.turn(30_000);
    k.startRun();
    await k.turn(30_000);

    expect(states(k)).toMatchObject([SIGNED_OUT, SIGNED_OUT, SIGNED_OUT]);
    expect(
      k
        .signOuts()
        .map(({ headers }) => headers['guid'])
        .sort(),
    ).toEqual(guids.sort());
    expect(guids).not.toContain(k.polls()[0]?.headers['guid']);
  });

  test('and are not signed in by the keeper again, nor is the absence of a secret a failure', async () => {
    const k = await startKeepers({ secret: { keep: false } });
    k.startSchedule();
    await k.turn(120_000);
    remove(k);
    await k.turn(120_000);

    expect(k.world.vendor.requests).toHaveLength(0);
    expect(new Set(k.keepings.map(({ outcome }) => outcome))).toEqual(new Set(['nothing-to-keep']));
  });

  test('is not hindered by a gateway that refuses the sign-out', async () => {
    const k = await startKeepers();
    k.startRun();
    await k.turn(30_000);
    put(k, { keep: false });
    k.world.vendor.fail({ path: `${first.agentid}/logout`, vendorCase: 'retcode:100-010' });
    await k.turn(60_000);

    expect(states(k)).toMatchObject([SIGNED_IN, SIGNED_OUT, SIGNED_OUT]);
    expect(k.keepings[0]).toMatchObject({
      outcome: 'nothing-to-keep',
      signedOut: 2,
      failures: [{ agentid: first.agentid, problem: 'vendor-rejected', vendorCode: '100-010' }],
    });
  });
});

describe('an account without managed sessions', () => {
  test.each([
    ['there is no secret', remove],
    ['callers bring their sessions', (k: Keepers) => put(k, { session: 'caller', agents: undefined })],
    ['it says keep: false', (k: Keepers) => put(k, { keep: false })],
  ])('costs a read of the secret every five minutes, and nothing else, where %s', async (_why, change) => {
    const k = await startKeepers();
    change(k);
    k.world.secretsManager.requests.length = 0;
    k.startSchedule();
    await k.turn(30 * 60_000);

    // At minutes 0, 1, 2, 4, 7, 11, 16, 21 and 26.
    expect(k.world.secretsManager.requests).toHaveLength(9);
    expect(['GetItem', 'Query', 'UpdateItem'].map(k.dynamo.count)).toEqual([0, 0, 0]);
    expect(k.world.vendor.requests).toEqual([]);
    expect(k.keepings.map(({ outcome }) => outcome)).toEqual(Array(9).fill('nothing-to-keep'));
  });

  test('has its agents signed in within five minutes of having some', async () => {
    const k = await startKeepers({ secret: { keep: false } });
    k.startSchedule();
    await k.turn(30 * 60_000);
    put(k, {});
    await k.turn(5 * 60_000 + 15_000);

    expect(states(k)).toMatchObject([SIGNED_IN, SIGNED_IN, SIGNED_IN]);
    expect(k.sum('signIns')).toBe(3);
  });
});

describe('a changed secret', () => {
  test('takes over the sessions of agents that stay, and signs out those that do not', async () => {
    const k = await startKeepers({ agents: [first, second] });
    k.startSchedule();
    await k.turn(30_000);
    put(k, { agents: [first, third], onConflict: 'force' });
    await k.turn(60_000);
    const answer = await k.lookUp();
    await k.turn(240_000);

    expect(states(k)).toMatchObject([SIGNED_IN, SIGNED_OUT, SIGNED_IN]);
    expect(k.gaps(first.agentid).longest).toBeLessThan(30_000);
    expect(answer).toEqual({ status: 200, reasons: ['store-hit'] });
    expect(k.sum('signedOut')).toBe(1);
    expect(k.keepings.at(-1)).toMatchObject({ outcome: 'kept', agents: 2, agentsKept: 2, lost: 0 });
  });

  test.each([
    ['onConflict', (round: number) => ({ onConflict: round % 2 === 0 ? 'force' : 'fail' })],
    ['the list of agents', (round: number) => ({ agents: round % 2 === 0 ? [first, second, third] : [second, first] })],
  ])('in %s, at any moment, costs lookups of new processes no more than a short wait', async (_what, changes) => {
    const k = await startKeepers({ agents: [first, second] });
    k.startSchedule();
    await k.turn(30_000);
    const answers: Awaited<ReturnType<typeof k.lookUp>>[] = [];
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      // Each content is another, also where it says the same.
      const secret = { baseUrl: k.world.vendor.url, session: 'managed', agents: [first, second], ...changes(round) };
      k.world.putSecret('default', JSON.stringify(secret, null, round));
      const beganAt = k.clock.now();
      answers.push(...(await k.turnUntil(Promise.all(Array.from({ length: 4 }, () => k.lookUp())))));
      waits.push(k.clock.now() - beganAt);
      // 13 s more each time: the next change meets a run in another state.
      await k.turn(47_000);
    }

    for (const answer of answers) expect(answer).toEqual({ status: 200, reasons: ['store-wait', 'store-hit'] });
    expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
    expect([k.agent(first.agentid), k.agent(second.agentid)]).toMatchObject([SIGNED_IN, SIGNED_IN]);
    for (const { agentid } of [first, second]) expect(k.gaps(agentid).longest).toBeLessThan(35_000);
    expect([k.sum('lost'), k.sum('storeFailures')]).toEqual([0, 0]);
  });

  test('and then changed back does not bring the old Guids back', async () => {
    const k = await startKeepers({ agents: [first] });
    k.startSchedule();
    await k.turn(30_000);
    put(k, { agents: [first], onConflict: 'force' });
    await k.turn(150_000);
    const guid = () => k.polls(first.agentid).at(-1)?.headers['guid'];
    const before = guid();
    put(k, { agents: [first] });
    await k.turn(20_000);

    expect(before).not.toBe(k.polls(first.agentid)[0]?.headers['guid']);
    expect(guid()).toBe(before);
    expect(k.agent(first.agentid)).toMatchObject(SIGNED_IN);
  });

  test('takes the Guid along that a poll brings which was under way meanwhile', async () => {
    const k = await startKeepers({ agents: [first] });
    k.startSchedule();
    const polls = () => k.polls(first.agentid);
    const guids = () => new Set(polls().map(({ headers }) => headers['guid']));
    await k.turn(30_000);
    // The poll that was just sent is the one whose answer renews the Guid.
    while ((polls().at(-1)?.at ?? 0) - (k.signIns()[0]?.at ?? 0) < 52_000) await k.turn(250);
    put(k, { agents: [first], onConflict: 'force' });
    await k.turn(5_000);
    const early = await k.lookUp();
    const guidsBefore = guids().size;
    await k.turn(20_000);
    const late = await k.lookUp();

    expect([early, late]).toEqual(Array(2).fill({ status: 200, reasons: ['store-hit'] }));
    expect([guidsBefore, guids().size]).toEqual([1, 2]);
    expect(k.queries()[0]?.headers['guid']).not.toBe(k.queries()[1]?.headers['guid']);
    expect(k.agent(first.agentid)).toMatchObject(SIGNED_IN);
  });

  test('is found by a process whose last run was long ago, and does not bring the old Guids back', async () => {
    const k = await startKeepers({ agents: [first] });
    const [late, second, third] = [k.startProcess(), k.startProcess(), k.startProcess()];
    for (const process of [late, second, third, late]) {
      process.run().catch(() => undefined);
      await k.turn(30_000);
      if (process === second) put(k, { agents: [first], onConflict: 'force' });
      await k.turn(30_000);
    }
    await k.turn(30_000);

    const guids = k.polls(first.agentid).map(({ headers }) => headers['guid']);
    const changes = guids.filter((guid, index) => guid !== guids[index - 1]);
    expect(changes.length).toBeGreaterThan(3);
    expect(new Set(changes).size).toBe(changes.length);
    expect(k.agent(first.agentid)).toMatchObject(SIGNED_IN);
  });

  test('that changes how an agent is signed in has it signed out and in again', async () => {
    const k = await startKeepers({ agents: [first, second] });
    k.startSchedule();
    await k.turn(30_000);
    put(k, { agents: [first, { ...second, phonenum: '70099' }] });
    await k.turn(120_000);

    expect(k.agent(first.agentid)).toMatchObject(SIGNED_IN);
    expect(k.agent(second.agentid)).toMatchObject({ signedInAt: expect.any(Number), signIns: 2, evictions: 0 });
    const bodies = k.signIns().map(({ body }) => JSON.parse(body.toString()).phonenum);
    expect(bodies.sort()).toEqual([first.phonenum, second.phonenum, '70099']);
  });

  test('with another address has the agents signed out at the old one, and in at the new one', async () => {
    const k = await startKeepers();
    k.startSchedule();
    await k.turn(30_000);
    put(k, { baseUrl: k.world.vendor.url.replace('127.0.0.1', 'localhost') });
    await k.turn(120_000);

    expect(k.signOuts().map(({ headers }) => headers['host'])).toEqual(
      Array(3).fill(expect.stringMatching('127.0.0.1')),
    );
    expect(
      k
        .signIns()
        .slice(3)
        .map(({ headers }) => headers['host']),
    ).toEqual(Array(3).fill(expect.stringMatching('localhost')));
    expect(states(k).map((state) => state?.evictions)).toEqual([0, 0, 0]);
  });

  test('that breaks the schema leaves the last good one in use', async () => {
    const k = await startKeepers();
    k.startSchedule();
    await k.turn(90_000);
    k.world.putSecret('default', { session: 'managed' });
    await k.turn(180_000);

    expect(states(k)).toMatchObject([SIGNED_IN, SIGNED_IN, SIGNED_IN]);
    expect(k.keepings.at(-1)).toMatchObject({ outcome: 'kept', agentsKept: 3, problem: 'misconfigured' });
  });
});

describe('a Secrets Manager that does not answer', () => {
  test('does not stop a process that has read the secret before', async () => {
    const k = await startKeepers();
    k.startSchedule();
    await k.turn(90_000);
    k.world.secretsManager.fail({ times: 1_000 });
    await k.turn(180_000);

    expect(states(k)).toMatchObject([SIGNED_IN, SIGNED_IN, SIGNED_IN]);
    expect(k.keepings.at(-1)).toMatchObject({ outcome: 'kept', agentsKept: 3, problem: 'secret-unavailable' });
  });

  test('fails the run of one that has not, for the alarms', async () => {
    const k = await startKeepers();
    k.world.secretsManager.fail({ times: 1_000 });

    await expect(k.startProcess().run()).rejects.toThrow('No account could be kept (default: secret-unavailable).');
    expect(k.keepings).toMatchObject([{ outcome: 'failed', problem: 'secret-unavailable' }]);
  });
});

describe('of several accounts', () => {
  test('each is kept by its own secret, and one that fails does not fail the run', async () => {
    const k = await startKeepers({ agents: [first], accounts: ['default', 'broken', 'other'] });
    k.world.putSecret('other', { baseUrl: k.world.vendor.url, session: 'managed', agents: [second] });
    k.world.putSecret('broken', '[]');
    const run = k.startProcess().run();
    await k.turn(80_000);
    await run;

    expect(k.keepings.toSorted((one, other) => one.account.localeCompare(other.account))).toMatchObject([
      { account: 'broken', outcome: 'failed', problem: 'misconfigured' },
      { account: 'default', outcome: 'kept', agentsKept: 1 },
      { account: 'other', outcome: 'kept', agentsKept: 1 },
    ]);
  });
});

describe('an agent whose password is wrong', () => {
  test('is tried once in half an hour, and the others are kept', async () => {
    const k = await startKeepers({ agents: [{ ...first, password: 'wrong' }, second] });
    k.startSchedule();
    await k.turn(30 * 60_000);

    const attempts = k.signIns().filter(({ path }) => path.endsWith(first.agentid));
    expect(attempts).toHaveLength(1);
    expect(k.agent(second.agentid)).toMatchObject(SIGNED_IN);
    for (const keeping of k.keepings) {
      expect(keeping).toMatchObject({
        outcome: 'kept',
        agents: 2,
        agentsKept: 1,
        failures: [{ agentid: first.agentid, problem: 'vendor-auth-failed', vendorCode: '100-004' }],
      });
    }
  });

  test('is tried once by a process, also where the store does not take the failure', async () => {
    const k = await startKeepers({ agents: [{ ...first, password: 'wrong' }] });
    k.world.vendor.setState({ signInWaitMs: 2_000 });
    k.startRun();
    await k.turn(6_000);
    k.dynamo.fail(500);
    await k.turn(6_000);
    k.dynamo.recover();
    await k.turn(90_000);
    k.startRun();
    await k.turn(30_000);

    expect(k.signIns()).toHaveLength(1);
  });

  test('is tried again when the secret has another', async () => {
    const k = await startKeepers({ agents: [{ ...first, password: 'wrong' }] });
    k.startSchedule();
    await k.turn(30_000);
    put(k, { agents: [first] });
    await k.turn(90_000);

    expect(k.agent(first.agentid)).toMatchObject(SIGNED_IN);
  });
});

describe('an agent that is signed in elsewhere', () => {
  test('is left there, and signed in when it is free', async () => {
    const k = await startKeepers();
    k.world.vendor.setState({ signIn: first.agentid });
    k.startSchedule();
    await k.turn(90_000);
    const taken = k.agent(first.agentid);
    await k.turn(150_000);

    expect(taken).toMatchObject(SIGNED_IN);
    expect(k.keepings[0]).toMatchObject({
      agentsKept: 2,
      failures: [{ agentid: first.agentid, problem: 'vendor-rejected', vendorCode: '100-002' }],
    });
    // Nobody polled for two minutes.
    expect(k.agent(first.agentid)).toMatchObject({ signIns: 2, evictions: 0 });
    expect(k.keepings.at(-1)).toMatchObject({ agentsKept: 3 });
  });
});
