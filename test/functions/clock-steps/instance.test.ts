import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { json, type SimulatorClock } from '../../../local/simulators/server.ts';
import { volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';
import { participants, userInfo } from '../../support/lookups.ts';
import { cecWithChats, inputOf, startQueueWorld } from '../../support/queue.ts';
import { startWorld, type World } from '../../support/world.ts';
import { TOKEN, USER_INFO } from '../huawei-cec/support.ts';
import { eventually, secretReasons } from '../huawei-common/steering.ts';
import { around, requestsTo, silence } from '../huawei-common/support.ts';

/* The system's clock is set by an hour, as NTP does on a resumed machine: every time that one instance keeps. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  ['back', -HOUR],
  ['forward', HOUR],
] as const;

const tokenRequests = (world: World) => requestsTo(world, TOKEN).length;

describe.each(STEPS)('a clock that is set %s by an hour', (direction, step) => {
  it.each([1, 3, 10])('leaves a rate limit of %i a second as it is', async (share) => {
    vi.stubEnv('VENDOR_QPS_SHARE', String(share));
    onTestFinished(() => void vi.unstubAllEnvs());
    const clock = createTestClock({ skipWaitsMs: -1 });
    const departures: number[] = [];
    const simulation = around(volcengineIm, (_, answer) => {
      departures.push(clock.monotonic());
      return answer();
    });
    // The vendor's clock is set as well, so that it takes our signatures.
    const world = await startWorld({ ...participants, simulation: () => simulation(clock), clock });
    await Promise.all(Array.from({ length: share }, () => world.call(participants.input)));
    clock.step(step);

    const next = world.call(participants.input);
    await vi.waitFor(() => expect(clock.pending()).toBe(2));
    clock.advance(1_049);
    const early = departures.length;
    clock.advance(1);

    expect((await next).status).toBe(200);
    expect(early).toBe(share);
    expect(departures).toHaveLength(share + 1);
  });

  it('neither prolongs nor ends the pause after a failed token request', async () => {
    const world = await startWorld(userInfo);
    world.vendor.fail({ path: TOKEN, status: 503, times: 3 });
    await world.call(userInfo.input);
    world.clock.step(step);

    const paused = await world.call(userInfo.input);
    const before = tokenRequests(world);
    world.clock.advance(SECOND);
    const next = await world.call(userInfo.input);

    expect(paused).toMatchObject({ status: 502, headers: { 'retry-after': '1' } });
    expect(before).toBe(3);
    expect(next.status).toBe(200);
  });

  it('neither prolongs nor ends the pause after a refused key', async () => {
    const world = await startWorld(userInfo);
    world.vendor.fail({ path: TOKEN, status: 401, body: '{}', times: 1 });
    await world.call(userInfo.input);
    world.clock.step(step);

    const paused = await world.call(userInfo.input);
    const before = tokenRequests(world);
    world.clock.advance(MINUTE);
    const next = await world.call(userInfo.input);

    expect(paused).toMatchObject({
      status: 502,
      body: { code: 'vendor-auth-failed' },
      headers: { 'retry-after': '45' },
    });
    expect(before).toBe(1);
    expect(next.status).toBe(200);
  });

  it('makes no instance use a token for longer than it lives', async () => {
    const world = await startWorld(userInfo);
    await world.call(userInfo.input);
    world.clock.step(step);

    world.clock.advance(3_596 * SECOND);
    const response = await world.call(userInfo.input);

    expect(response.status).toBe(200);
    expect(tokenRequests(world)).toBe(2);
    expect(world.outcomes.at(-1)?.tokenAgeMs).toBe(0);
  });

  it('tells no age of a token that cannot be', async () => {
    const world = await startWorld(userInfo);
    await world.call(userInfo.input);
    world.clock.advance(10 * SECOND);
    world.clock.step(step);

    await world.call(userInfo.input);

    // Of a token that seems older than it can be there is another.
    expect(world.outcomes.at(-1)?.tokenAgeMs).toBe(direction === 'back' ? 10 * SECOND : 0);
  });

  it('lets a secret be read again in its own time, and serve no longer than an hour', async () => {
    const world = await startWorld(userInfo);
    await world.call(userInfo.input);
    world.clock.step(step);
    world.clock.advance(6 * MINUTE);
    await world.call(userInfo.input);
    await eventually(() => expect(world.secretsManager.requests).toHaveLength(2));
    await eventually(async () => {
      await world.call(userInfo.input);
      expect(secretReasons(world).at(-1)).toEqual(['held']);
    });
    world.secretsManager.fail({ status: 500, times: 999 });

    world.clock.advance(59 * MINUTE);
    const last = await world.call(userInfo.input);
    world.clock.advance(2 * MINUTE);
    const ended = await world.call(userInfo.input);

    expect(last.status).toBe(200);
    expect(ended).toMatchObject({ status: 503, body: { code: 'secret-unavailable' } });
  });

  it('neither prolongs nor ends the pause of a Secrets Manager that fails', async () => {
    const world = await startWorld(userInfo);
    await world.call(userInfo.input);
    world.secretsManager.fail({ status: 500, times: 2 });
    world.clock.advance(20 * MINUTE);
    await world.call(userInfo.input);
    const { length: failed } = world.secretsManager.requests;
    world.clock.step(step);

    if (direction === 'back') {
      await world.call(userInfo.input);
      expect(world.secretsManager.requests).toHaveLength(failed);
    }
    world.clock.advance(30 * SECOND);
    const next = await world.call(userInfo.input);

    expect(next.status).toBe(200);
    expect(world.secretsManager.requests).toHaveLength(failed + 1);
  });

  it('lets a refused token have the secret read again no sooner and no later', async () => {
    const world = await startWorld(userInfo);
    const refuse = () => world.vendor.fail({ path: TOKEN, status: 401, body: '{}' });
    refuse();
    await world.call(userInfo.input);
    world.clock.step(step);
    const { length: reads } = world.secretsManager.requests;

    world.clock.advance(46 * SECOND);
    refuse();
    await world.call(userInfo.input);

    // The secret that seems too old is read once more to begin with.
    expect(world.secretsManager.requests.length - reads).toBe(direction === 'back' ? 1 : 2);
  });

  it('in the middle of a call leaves the call its time', async () => {
    const simulation = around(userInfo.simulation, (request, answer, clock) => {
      if (request.path !== USER_INFO) return answer();
      (clock as TestClock).step(step);
      clock.advance(14_700);
      return silence();
    });
    const world = await startWorld({ ...userInfo, simulation });

    const response = await world.call(userInfo.input);

    expect(response).toMatchObject({ status: 504, body: { code: 'vendor-timeout' } });
    expect(world.outcomes.at(-1)?.milliseconds).toBe(14_700);
  });

  it('in the middle of a call leaves the retries their time', async () => {
    let failures = 0;
    const simulation = around(userInfo.simulation, (request, answer, clock) => {
      if (request.path !== USER_INFO || failures > 0) return answer();
      failures += 1;
      (clock as TestClock).step(step);
      return json(503, {});
    });
    const world = await startWorld({ ...userInfo, simulation });

    expect(await world.call(userInfo.input)).toMatchObject({ status: 200, body: { meta: { attempts: 2 } } });
  });

  it.each([
    ['begins every message while there is time', 0, { published: 12, notBegun: 0 }],
    ['begins none without time', 12_000, { published: 10, notBegun: 2 }],
  ])('in the middle of a batch %s', async (_, milliseconds, batch) => {
    let stepped = false;
    const simulation = around(cecWithChats, (request, answer, clock) => {
      if (request.path === USER_INFO && !stepped) {
        stepped = true;
        (clock as TestClock).step(step);
        clock.advance(milliseconds);
      }
      return answer();
    });
    const world = await startQueueWorld({ simulation });
    for (let index = 0; index < 12; index += 1) world.send({ input: inputOf(index) });

    await world.poll({ batchSize: 12 });

    expect(world.batches).toMatchObject([{ messages: 12, ...batch }]);
    if (batch.notBegun > 0) expect(world.batches[0]?.returnedAgeMs).toBeGreaterThanOrEqual(0);
  });

  it('is corrected by one refusal where the vendor signs by its own clock, and by none once that is known', async () => {
    const simulation = (clock: SimulatorClock) => volcengineIm({ ...clock, now: () => clock.now() + 3 * HOUR });
    const world = await startWorld({ ...participants, simulation });
    await world.call(participants.input);
    world.clock.step(step);
    world.clock.advance(MINUTE);

    const responses = [await world.call(participants.input), await world.call(participants.input)];

    const attempts = responses.map(({ body }) => body.meta.attempts);
    // A clock that is set forward looks like a freeze, in which the vendor's clock has gone on.
    expect(attempts).toEqual(direction === 'back' ? [1, 1] : [2, 1]);
  });
});

describe('a freeze, in which the monotonic clock stands still', () => {
  it('makes a token and a secret as old as they are', async () => {
    const world = await startWorld(userInfo);
    await world.call(userInfo.input);

    world.clock.step(61 * MINUTE);
    const response = await world.call(userInfo.input);

    expect(response.status).toBe(200);
    expect(tokenRequests(world)).toBe(2);
    expect(world.secretsManager.requests).toHaveLength(2);
  });
});
