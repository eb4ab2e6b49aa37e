import { describe, expect, it } from 'vitest';
import { createDynamoStore } from '../../../lib/credentials/shared/dynamodb.ts';
import { demoAgents } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startDynamo } from '../../support/dynamodb.ts';
import { codesOf } from '../../support/fleet.ts';
import { userInfo } from '../../support/lookups.ts';
import { PATIENT, startWorld, type World } from '../../support/world.ts';
import { busiest, queries, signIns, startGatewayFleet } from '../huawei-agent-gateway/fleets.ts';
import { startKeepers } from '../huawei-agent-gateway/keepers.ts';
import { TOKEN } from '../huawei-cec/support.ts';
import { eventually } from '../huawei-common/steering.ts';
import { around, requestsTo, silence } from '../huawei-common/support.ts';

/* The system's clock is set by an hour: every time that instances tell one another through the store. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  ['back', -HOUR],
  ['forward', HOUR],
] as const;
async function startTokens(simulation = userInfo.simulation): Promise<World> {
  const dynamo = await startDynamo();
  // No time-out of the store hangs on how busy the machine is.
  const store: NonNullable<Parameters<typeof startWorld>[0]['store']> = (transport) =>
    createDynamoStore({ table: dynamo.table, transport, clock: PATIENT });
  return startWorld({ ...userInfo, simulation, store });
}

const tokenRequests = (world: World) => requestsTo(world, TOKEN).length;
const call = (world: World) => world.call(userInfo.input);
const reasons = (world: World) => world.outcomes.at(-1)?.credentialReasons;

describe.each(STEPS)('a clock that is set %s by an hour', (direction, step) => {
  it('lets an instance take the lease of one that hangs over after its five seconds', async () => {
    let silent = 1;
    const world = await startTokens(
      around(userInfo.simulation, (request, answer) => (request.path === TOKEN && silent-- > 0 ? silence() : answer())),
    );
    const hanging = call(world);
    await eventually(() => expect(tokenRequests(world)).toBe(1));
    const other = world.coldStart();
    world.clock.step(step);
    const startedAt = world.clock.monotonic();

    const response = await call(other);

    expect(response.status).toBe(200);
    expect(reasons(other)?.slice(-2)).toEqual(['lease', 'minted']);
    expect(world.clock.monotonic() - startedAt).toBeLessThan(6_500);
    world.clock.advance(15 * SECOND);
    await hanging;
  });

  it('shares a token all the same', async () => {
    const world = await startTokens();
    await call(world);
    world.clock.step(step);

    const response = await call(world.coldStart());

    expect(response.status).toBe(200);
    // One that seems an hour old has ended.
    expect(tokenRequests(world)).toBe(direction === 'back' ? 1 : 2);
  });

  it.each([
    ['a failed token request', { status: 503, times: 3 }, '1', SECOND],
    ['a refused key', { status: 401, body: '{}', times: 1 }, '45', 45 * SECOND],
  ])('makes no instance leave the vendor alone for longer after %s', async (_, fault, retryAfter, pauseMs) => {
    const world = await startTokens();
    world.vendor.fail({ path: TOKEN, ...fault });
    await call(world);
    const other = world.coldStart();
    world.clock.step(step);

    const paused = [await call(world), await call(other)];
    world.clock.advance(pauseMs);
    const next = [await call(world), await call(other)];

    const told = paused.map(({ status, headers }) => [status, headers['retry-after']]);
    expect(told[0]).toEqual([502, retryAfter]);
    // By a clock that was set forward the pause of another instance has passed.
    expect(told[1]).toEqual(direction === 'back' ? [502, retryAfter] : [200, undefined]);
    expect(codesOf(next)).toEqual([200, 200]);
  });

  it('lets an instance ask with an agent again after two seconds', async () => {
    const { world, callAll, call: ask, turnUntil } = await startGatewayFleet(1);
    await turnUntil(Promise.all(Array.from({ length: 5 }, () => world.call({ workno: 20011 }))));
    const startedAt = world.clock.monotonic();
    world.clock.step(step);

    const response = await ask(world);

    expect(response.status).toBe(200);
    expect(world.clock.monotonic() - startedAt).toBeLessThan(3_000);
    expect(codesOf(await callAll())).toEqual([200]);
    expect(queries(world)).toHaveLength(7);
    expect(busiest(world)).toBe(5);
  });

  it('ends a run of the keeper in its time', async () => {
    const k = await startKeepers();
    k.startRun();
    await k.turn(10_000);
    k.clock.step(step);
    await k.turn(78_000);

    expect(k.keepings).toHaveLength(1);
    expect(k.keepings[0]).toMatchObject({ outcome: 'kept' });
    expect(k.keepings[0]?.milliseconds).toBeGreaterThan(60_000);
    expect(k.keepings[0]?.milliseconds).toBeLessThan(90_000);
  });

  it('lets a keeper follow one that died within half a minute', async () => {
    const k = await startKeepers();
    k.startRun();
    await k.turn(30_000);
    k.killRunning();
    k.clock.step(step);
    const before = k.polls().length;
    k.startRun();
    await k.turn(45_000);

    expect(k.polls().length).toBeGreaterThan(before);
    for (const { agentid } of demoAgents) expect(k.agent(agentid)?.signedInAt).toBeDefined();
  });
});

describe('a clock that is set back by an hour', () => {
  it('lets another instance ask with an agent again after the longest time for which a slot is held', async () => {
    const { world, call: ask, turnUntil } = await startGatewayFleet(1);
    await turnUntil(Promise.all(Array.from({ length: 5 }, () => world.call({ workno: 20011 }))));
    world.clock.step(-HOUR);
    const other = world.coldStart();

    const refused = await ask(other);
    world.clock.advance(Number(refused.headers['retry-after']) * SECOND);
    const next = await ask(other);

    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '8' } });
    expect(next.status).toBe(200);
    expect(busiest(world)).toBe(5);
  });

  it('leaves the session of a lookup to the keeper, which held an older one', async () => {
    const [agent] = demoAgents as [(typeof demoAgents)[number]];
    const k = await startKeepers({ agents: [agent] });
    const keeper = k.startRun();
    await k.turn(20_000);
    keeper.freeze();
    k.clock.step(-HOUR);
    k.world.vendor.setState({ forgetSessions: true });
    const answer = await k.turnUntil(k.lookUp());
    keeper.thaw();
    await k.turn(40_000);

    expect(answer.status).toBe(200);
    expect(k.agent(agent.agentid)).toMatchObject({ signedInAt: expect.any(Number), signIns: 2, evictions: 0 });
    expect(await k.turnUntil(k.lookUp())).toEqual({ status: 200, reasons: ['store-hit'] });
  });

  it('keeps the rate of an agent', async () => {
    const { world, call: ask, callAll } = await startGatewayFleet(6);
    await ask(world);
    world.clock.advance(2_500);
    world.clock.step(-HOUR);
    world.vendor.requests.length = 0;

    expect(codesOf(await callAll())).toEqual(Array(6).fill(200));
    expect(signIns(world)).toHaveLength(0);
    expect(busiest(world)).toBeLessThanOrEqual(5);
  });
});
