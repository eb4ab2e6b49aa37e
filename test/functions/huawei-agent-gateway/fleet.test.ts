import { describe, expect, test, vi } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { createDynamoStore } from '../../../lib/credentials/shared/dynamodb.ts';
import { systemClock } from '../../../lib/time/clock.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { type Dynamo, startDynamo } from '../../support/dynamodb.ts';
import { createRunningClock } from '../../support/running-clock.ts';
import { startWorld, type World } from '../../support/world.ts';

const INPUT = { workno: 20011 };
/** Enough for a machine that is busy with other tests. */
const STORE_TIMEOUT_MS = 5_000;

interface Options {
  readonly agents?: number;
  readonly secret?: object;
  readonly storeTimeoutMs?: number;
}

async function startFleet(size: number, { agents = 1, secret = {}, storeTimeoutMs = STORE_TIMEOUT_MS }: Options = {}) {
  const dynamo = await startDynamo();
  const world = await startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: demoAgents.slice(0, agents), ...secret }),
    clock: createRunningClock({ speed: 2 }),
    random: Math.random,
    store: (transport) =>
      createDynamoStore({
        table: dynamo.table,
        transport,
        clock: systemClock,
        timeoutMs: storeTimeoutMs,
        firstTimeoutMs: storeTimeoutMs,
      }),
  });
  const processes = [world, ...Array.from({ length: size - 1 }, () => world.coldStart())];
  return { dynamo, world, processes };
}

const callAll = (processes: readonly World[]) => Promise.all(processes.map((process) => process.call(INPUT)));
const codes = (responses: Awaited<ReturnType<typeof callAll>>) =>
  responses.map(({ status, body }) => body.code ?? status);
const signIns = ({ vendor }: World) => vendor.requests.filter(({ method }) => method === 'PUT');
const queries = ({ vendor }: World) => vendor.requests.filter(({ path }) => path.includes('agentbyworkno'));
const agentOf = ({ path }: { path: string }) => path.split('/')[4] ?? '';
const reasons = (process: World | undefined) => process?.outcomes.at(-1)?.credentialReasons;

/** The most requests that one agent sent in any two seconds, by the vendor's clock. */
function busiest(world: World): number {
  const sent = queries(world);
  const inWindow = (from: { at: number; path: string }) =>
    sent.filter((each) => agentOf(each) === agentOf(from) && each.at >= from.at && each.at < from.at + 2_000).length;
  return Math.max(...sent.map(inWindow));
}

describe('processes of a fleet with a store', () => {
  test('share one session of an agent, within the agent’s rate', async () => {
    const { world, processes } = await startFleet(8);

    const responses = await callAll(processes);

    expect(codes(responses)).toEqual(Array(8).fill(200));
    expect(signIns(world)).toHaveLength(1);
    expect(queries(world)).toHaveLength(8);
    expect(busiest(world)).toBe(5);
  });

  test('spread over the agents of the account', async () => {
    const { world, processes } = await startFleet(15, { agents: 3 });
    // Each of the three is asked for by name once, so that each has a session.
    await Promise.all(
      demoAgents.map(({ agentid }, index) => processes[index]?.call({ ...INPUT, agentid: Number(agentid) })),
    );
    world.clock.advance(2_500);
    world.vendor.requests.length = 0;

    const responses = await callAll(processes);

    expect(codes(responses)).toEqual(Array(15).fill(200));
    expect(signIns(world)).toHaveLength(0);
    expect(Object.values(Object.groupBy(queries(world), agentOf)).map((asked) => asked?.length)).toEqual([5, 5, 5]);
  });

  test('are told to come again where every agent is busy, and the vendor sees no request too many', async () => {
    const { world, processes } = await startFleet(30);

    const responses = await callAll(processes);

    const refused = responses.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({ code: 'vendor-rate-limited', retryable: true });
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(queries(world)).toHaveLength(30 - refused.length);
    expect(busiest(world)).toBe(5);
  });

  test('take a Guid that another process has written, without signing in', async () => {
    const { world, processes } = await startFleet(2);
    await processes[0]?.call(INPUT);

    await processes[1]?.call(INPUT);

    expect(signIns(world)).toHaveLength(1);
    expect(reasons(processes[1])).toEqual(['store-hit']);
    const [first, second] = queries(world);
    expect(second?.headers['guid']).toBe(first?.headers['guid']);
    expect(second?.headers['cookie']).toBe(first?.headers['cookie']);
  });

  test('sign an agent in once more where its session is lost, whoever finds that', async () => {
    const { world, processes } = await startFleet(4);
    await processes[0]?.call(INPUT);
    world.clock.advance(2_500);
    world.vendor.setState({ forgetSessions: true });

    const responses = await callAll(processes);

    expect(codes(responses)).toEqual(Array(4).fill(200));
    expect(signIns(world)).toHaveLength(2);
  });

  test('do not sign in again for an agent whose new session is refused as well', async () => {
    const { world, processes } = await startFleet(3, { secret: { onConflict: 'force' } });
    await processes[0]?.call(INPUT);
    world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in', times: 20 });

    const first = await processes[1]?.call(INPUT);
    const second = await processes[2]?.call(INPUT);

    expect([first?.body.code, second?.body.code]).toEqual(['vendor-auth-failed', 'vendor-auth-failed']);
    // One that meets the old session, and one by force.
    expect(signIns(world)).toHaveLength(3);
    expect(reasons(processes[2])).toContain('refused-again');
  });

  test('try a wrong password once, in all', async () => {
    const { world, processes } = await startFleet(5, {
      secret: { agents: [{ ...demoAgents[0], password: 'wrong' }] },
    });

    const first = await processes[0]?.call(INPUT);
    const others = await callAll(processes.slice(1));
    world.clock.advance(24 * 3_600_000);
    const nextDay = await world.coldStart().call(INPUT);

    expect(signIns(world)).toHaveLength(1);
    for (const response of [first, ...others, nextDay]) {
      expect(response?.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: '100-004' } });
    }
  });

  test('do not distrust a session for ever that took the place of a refused one, once an answer has renewed it', async () => {
    const { world, processes } = await startFleet(2, { secret: { onConflict: 'force' } });
    await processes[0]?.call(INPUT);
    world.vendor.setState({ forgetSessions: true });
    world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in' });
    world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'renew-guid' });
    await processes[0]?.call(INPUT);
    await vi.waitFor(async () => {
      await processes[1]?.call(INPUT);
      expect(queries(world).at(-1)?.headers['guid']).not.toBe(queries(world).at(-2)?.headers['guid']);
    });
    world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in' });

    const response = await processes[1]?.call(INPUT);

    expect(response?.status).toBe(200);
    expect(reasons(processes[1])).toEqual(['store-hit', 'refused', 'lease', 'minted']);
  });

  test('pass over an agent that is signed in elsewhere', async () => {
    const { world, processes } = await startFleet(4, { agents: 2 });
    world.vendor.setState({ signIn: '20001' });

    const responses = await callAll(processes);

    expect(codes(responses)).toEqual(Array(4).fill(200));
    expect(new Set(queries(world).map(agentOf))).toEqual(new Set(['20002']));
    expect(signIns(world).filter((each) => agentOf(each) === '20001').length).toBeLessThanOrEqual(1);
  });

  test('take their places for every attempt, also for a second one', async () => {
    const { world, processes } = await startFleet(3);
    await processes[0]?.call(INPUT);
    world.vendor.fail({ path: 'agentbyworkno', status: 503, body: '', times: 2 });

    const responses = await callAll(processes);

    expect(codes(responses)).toEqual([200, 200, 200]);
    expect(queries(world)).toHaveLength(6);
    expect(busiest(world)).toBeLessThanOrEqual(5);
  });
});

describe('a store that does not answer', () => {
  test('leaves the sessions that were seen last in use', async () => {
    const { dynamo, world, processes } = await startFleet(2, { storeTimeoutMs: 200 });
    await processes[0]?.call(INPUT);
    await processes[1]?.call(INPUT);
    dynamo.hang();

    const response = await processes[1]?.call(INPUT);

    expect(response?.status).toBe(200);
    expect(signIns(world)).toHaveLength(1);
    expect(reasons(processes[1])).toEqual(['store-down', 'held']);
  });

  test('from the start leaves each process to sign in by itself', async () => {
    const { dynamo, world, processes } = await startFleet(1, { storeTimeoutMs: 200 });
    dynamo.fail(500);

    const response = await processes[0]?.call(INPUT);

    expect(response?.status).toBe(200);
    expect(signIns(world)).toHaveLength(1);
    expect(reasons(processes[0])).toContain('store-down');
  });

  test.each([
    ['fails', (dynamo: Dynamo) => dynamo.fail(500)],
    ['hangs', (dynamo: Dynamo) => dynamo.hang()],
    ['does not write', (dynamo: Dynamo) => dynamo.fail(500, 'InternalServerError', 'UpdateItem')],
  ])(
    'and %s when a wrong password has been tried does not have it tried again by the process',
    async (_how, outage) => {
      const { dynamo, world, processes } = await startFleet(1, {
        storeTimeoutMs: 500,
        secret: { agents: [{ ...demoAgents[0], password: 'wrong' }] },
      });
      world.vendor.setState({ signInWaitMs: 1_000 });
      const first = processes[0]?.call(INPUT);
      await vi.waitFor(() => expect(signIns(world)).toHaveLength(1));
      outage(dynamo);
      await first;

      // The lease has ended, and with it all that the store knows of the failure.
      world.clock.advance(60_000);
      const duringIt = await processes[0]?.call(INPUT);
      dynamo.recover();
      const afterIt = await processes[0]?.call(INPUT);

      expect(codes([duringIt, afterIt] as Awaited<ReturnType<typeof callAll>>)).toEqual(
        Array(2).fill('vendor-auth-failed'),
      );
      expect(signIns(world)).toHaveLength(1);
    },
  );

  test('while a session is lost does not keep the lookup from an answer', async () => {
    const { dynamo, world, processes } = await startFleet(1, { storeTimeoutMs: 200 });
    await processes[0]?.call(INPUT);
    world.vendor.setState({ forgetSessions: true });
    dynamo.hang();

    const response = await processes[0]?.call(INPUT);

    expect(response?.status).toBe(200);
    await vi.waitFor(() => expect(signIns(world)).toHaveLength(2));
  });
});
