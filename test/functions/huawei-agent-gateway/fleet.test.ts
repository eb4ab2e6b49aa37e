import { describe, expect, test, vi } from 'vitest';
import { demoAgents } from '../../../local/simulators/huawei-agent-gateway.ts';
import type { Dynamo } from '../../support/dynamodb.ts';
import { codesOf, reasonsOf } from '../../support/fleet.ts';
import { agentOf, busiest, queries, signIns, signOuts, startGatewayFleet } from './fleets.ts';

describe('instances with a store', () => {
  test('share one session of an agent, within the agent’s rate', async () => {
    const { world, callAll } = await startGatewayFleet(8);

    expect(codesOf(await callAll())).toEqual(Array(8).fill(200));
    expect(signIns(world)).toHaveLength(1);
    expect(queries(world)).toHaveLength(8);
    expect(busiest(world)).toBe(5);
  });

  test('spread over the agents of the account', async () => {
    const { world, instances, call, callAll } = await startGatewayFleet(15, { agents: 3 });
    // Each of the three is asked for by name once, so that each has a session.
    for (const [index, { agentid }] of demoAgents.entries()) await call(instances[index], { agentid: Number(agentid) });
    world.clock.advance(2_500);
    world.vendor.requests.length = 0;

    expect(codesOf(await callAll())).toEqual(Array(15).fill(200));
    expect(signIns(world)).toHaveLength(0);
    expect(Object.values(Object.groupBy(queries(world), agentOf)).map((asked) => asked?.length)).toEqual([5, 5, 5]);
  });

  test('are told to retry where every agent is busy, and the vendor gets no request too many', async () => {
    const { world, callAll } = await startGatewayFleet(30);

    const responses = await callAll();

    const refused = responses.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({ code: 'vendor-rate-limited', retryable: true });
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(queries(world)).toHaveLength(30 - refused.length);
    expect(busiest(world)).toBe(5);
  });

  test('take a Guid that another instance has written, without signing in', async () => {
    const { world, instances, call } = await startGatewayFleet(2);
    await call(instances[0]);

    await call(instances[1]);

    expect(signIns(world)).toHaveLength(1);
    expect(reasonsOf(instances[1])).toEqual(['store-hit']);
    const [first, second] = queries(world);
    expect(second?.headers['guid']).toBe(first?.headers['guid']);
    expect(second?.headers['cookie']).toBe(first?.headers['cookie']);
  });

  test('sign an agent in once more where its session is lost, in all', async () => {
    const { world, call, callAll } = await startGatewayFleet(4);
    await call(world);
    world.clock.advance(2_500);
    world.vendor.setState({ forgetSessions: true });

    expect(codesOf(await callAll())).toEqual(Array(4).fill(200));
    expect(signIns(world)).toHaveLength(2);
    expect(signOuts(world)).toHaveLength(1);
  });

  test('sign an agent out once where the instance finds its session lost that has signed it in', async () => {
    const { world, call } = await startGatewayFleet(1);
    await call(world);
    world.vendor.setState({ forgetSessions: true });

    expect((await call(world)).status).toBe(200);
    expect(signOuts(world)).toHaveLength(1);
  });

  test('do not sign in again for an agent whose new session is refused as well', async () => {
    const { world, instances, call } = await startGatewayFleet(3);
    await call(instances[0]);
    world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in', times: 20 });

    const responses = [await call(instances[1]), await call(instances[2])];

    for (const { body } of responses) {
      expect(body).toMatchObject({ code: 'vendor-rejected', retryable: true, vendor: { code: '100-006' } });
    }
    expect(signIns(world)).toHaveLength(2);
    expect(reasonsOf(instances[2])).toEqual(['store-hit', 'refused-again']);
  });

  test('try a wrong password once, in all', async () => {
    const { world, instances, call, callAll } = await startGatewayFleet(5, {
      secret: { agents: [{ ...demoAgents[0], password: 'wrong' }] },
    });

    const first = await call(instances[0]);
    const others = await callAll(instances.slice(1));
    world.clock.advance(24 * 3_600_000);
    const nextDay = await call(world.coldStart());

    expect(signIns(world)).toHaveLength(1);
    for (const response of [first, ...others, nextDay]) {
      expect(response.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: '100-004' } });
    }
  });

  test('keep a session that took the place of a refused one, where a refusal passes', async () => {
    const { world, instances, call } = await startGatewayFleet(2);
    await call(instances[0]);
    world.vendor.setState({ forgetSessions: true });
    await call(instances[0]);
    world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'not-signed-in' });

    const response = await call(instances[1]);

    expect(response.status).toBe(200);
    expect(reasonsOf(instances[1])).toEqual(['store-hit', 'refused-alone']);
    expect(signIns(world)).toHaveLength(2);
  });

  test('share a Guid that the answer of a lookup renews', async () => {
    const { world, instances, call } = await startGatewayFleet(2);
    world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'renew-guid' });
    await call(instances[0]);

    const response = await call(instances[1]);

    expect(response.status).toBe(200);
    expect(reasonsOf(instances[1])).toEqual(['store-hit']);
    expect(queries(world)[1]?.headers['guid']).not.toBe(queries(world)[0]?.headers['guid']);
  });

  test('pass over an agent that is signed in elsewhere', async () => {
    const { world, callAll } = await startGatewayFleet(4, { agents: 2 });
    world.vendor.setState({ signIn: '20001' });

    expect(codesOf(await callAll())).toEqual(Array(4).fill(200));
    expect(new Set(queries(world).map(agentOf))).toEqual(new Set(['20002']));
    expect(signIns(world).filter((each) => agentOf(each) === '20001').length).toBeLessThanOrEqual(1);
  });

  test('take their places for every attempt, also for a second one', async () => {
    const { world, call, callAll } = await startGatewayFleet(3);
    await call(world);
    world.vendor.fail({ path: 'agentbyworkno', status: 503, body: '', times: 2 });

    expect(codesOf(await callAll())).toEqual([200, 200, 200]);
    expect(queries(world)).toHaveLength(6);
    expect(busiest(world)).toBeLessThanOrEqual(5);
  });
});

describe('an agent that the gateway refuses to tell about', () => {
  const REFUSED = { workno: 20012 };
  const REFUSED_TOO = { workno: 20013 };
  const targetRetcodes = { 20012: '100-006', 20013: '100-006' };
  const REFUSAL = { status: 422, body: { code: 'vendor-rejected', retryable: false, vendor: { code: '100-006' } } };

  test('takes no agent from the instances, and costs one sign-in in all', async () => {
    const { world, instances, call, callAll } = await startGatewayFleet(4, { agents: 2 });
    world.vendor.setState({ targetRetcodes });
    await call(instances[0], { agentid: 20001 });

    const refused = [
      await call(instances[1], { ...REFUSED, agentid: 20001 }),
      await call(instances[2], { ...REFUSED_TOO, agentid: 20001 }),
      await call(instances[3], { ...REFUSED, agentid: 20001 }),
    ];
    world.clock.advance(2_500);
    const known = await callAll();

    for (const response of refused) expect(response).toMatchObject(REFUSAL);
    expect(codesOf(known)).toEqual(Array(4).fill(200));
    expect(signIns(world)).toHaveLength(2);
    expect(signOuts(world)).toHaveLength(1);
    expect(reasonsOf(instances[3])).not.toContain('minted');
  });

  test('costs one sign-in, also where all instances meet it at once', async () => {
    const { world, call, callAll } = await startGatewayFleet(4);
    world.vendor.setState({ targetRetcodes });
    await call(world);
    world.clock.advance(2_500);

    const refused = await callAll(undefined, REFUSED);
    world.clock.advance(2_500);

    for (const response of refused) expect(response).toMatchObject(REFUSAL);
    expect(signIns(world)).toHaveLength(2);
    expect(codesOf(await callAll())).toEqual(Array(4).fill(200));
    expect(busiest(world)).toBeLessThanOrEqual(5);
  });

  test('does not leave the store a session that could not be replaced', async () => {
    const { world, instances, call } = await startGatewayFleet(2, { agents: 2 });
    world.vendor.setState({ targetRetcodes });
    await call(instances[0], { agentid: 20001 });
    world.vendor.fail({ path: 'onlineagent/20001', vendorCase: 'retcode:100-014', times: 2 });

    const refused = await call(instances[1], { ...REFUSED, agentid: 20001 });
    const known = await call(instances[0]);

    expect(refused.body).toMatchObject({ code: 'vendor-rejected', vendor: { code: '100-006' } });
    expect(refused.body.detail).toContain('(100-014)');
    expect(known.status).toBe(200);
    expect(agentOf(queries(world).at(-1) ?? { path: '' })).toBe('20002');
  });
});

describe('a store that does not answer', () => {
  test('leaves the sessions that were seen last in use', async () => {
    const { dynamo, world, instances, call } = await startGatewayFleet(2);
    await call(instances[0]);
    await call(instances[1]);
    dynamo.hang();

    const response = await call(instances[1]);

    expect(response.status).toBe(200);
    expect(signIns(world)).toHaveLength(1);
    expect(reasonsOf(instances[1])).toEqual(['store-down', 'held']);
  });

  test('from the start leaves each instance to sign in by itself', async () => {
    const { dynamo, world, call } = await startGatewayFleet(1);
    dynamo.fail(500);

    const response = await call(world);

    expect(response.status).toBe(200);
    expect(signIns(world)).toHaveLength(1);
    expect(reasonsOf(world)).toContain('store-down');
  });

  test.each([
    ['fails', (dynamo: Dynamo) => dynamo.fail(500)],
    ['hangs', (dynamo: Dynamo) => dynamo.hang()],
    ['does not write', (dynamo: Dynamo) => dynamo.fail(500, 'InternalServerError', 'UpdateItem')],
  ])(
    'and %s when a wrong password has been tried does not have it tried again by the instance',
    async (_how, outage) => {
      const { dynamo, world, call, turnUntil } = await startGatewayFleet(1, {
        secret: { agents: [{ ...demoAgents[0], password: 'wrong' }] },
      });
      world.vendor.setState({ signInWaitMs: 1_000 });
      const first = world.call({ workno: 20011 });
      await vi.waitFor(() => expect(signIns(world)).toHaveLength(1), { interval: 1 });
      outage(dynamo);
      await turnUntil(first);

      // The lease has ended, and with it all that the store knows of the failure.
      world.clock.advance(60_000);
      const duringIt = await call(world);
      dynamo.recover();
      const afterIt = await call(world);

      expect(codesOf([duringIt, afterIt])).toEqual(Array(2).fill('vendor-auth-failed'));
      expect(signIns(world)).toHaveLength(1);
    },
  );

  test('leaves a lookup that finds the only agent with another instance to retry', async () => {
    const { dynamo, world, instances, call } = await startGatewayFleet(2);
    await call(instances[0]);
    dynamo.fail(500);

    const response = await call(instances[1]);

    expect(response.body).toMatchObject({ code: 'vendor-rejected', retryable: true, vendor: { code: '100-002' } });
    expect(signIns(world)).toHaveLength(2);
  });

  test('while a session is lost does not keep the lookup from an answer', async () => {
    const { dynamo, world, call } = await startGatewayFleet(1);
    await call(world);
    world.vendor.setState({ forgetSessions: true });
    dynamo.hang();

    expect((await call(world)).status).toBe(200);
    expect(signIns(world)).toHaveLength(2);
  });

  test('and is back, finds the session of the outage, and does not leave the agent signed in beside it', async () => {
    const { dynamo, world, instances, call } = await startGatewayFleet(2);
    await call(world);
    world.vendor.setState({ forgetSessions: true });
    dynamo.fail(500);
    const duringIt = [await call(world), await call(world)];
    world.clock.advance(2_500);
    dynamo.recover();

    const afterIt = await call(world);
    const other = await call(instances[1]);

    expect(codesOf([...duringIt, afterIt, other])).toEqual([200, 200, 200, 200]);
    expect(signIns(world).length).toBeLessThanOrEqual(3);
  });
});
