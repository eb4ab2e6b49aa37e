import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import type { Lookup } from '../../../lib/lookup.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import {
  CHAT,
  LOGIN,
  LOGIN_PARAMS,
  secretFor,
  startCec,
  TOKEN,
  USER_INFO,
} from '../../functions/huawei-cec/support.ts';
import { eventually } from '../../functions/huawei-common/steering.ts';
import { around, expectProblem, requestsTo, type Simulate } from '../../functions/huawei-common/support.ts';
import { startRelay } from '../../support/relay.ts';
import { createManualTimers, together } from './support.ts';

const TOKEN_SECONDS = 40;

async function start({
  lookup = getUserInfoByCallId,
  simulation = huaweiCec,
}: {
  readonly lookup?: Lookup;
  readonly simulation?: Simulate;
} = {}) {
  const relay = await startRelay();
  const timers = createManualTimers();
  const world = await startCec(lookup, {
    timers,
    simulation,
    secret: (url) => ({ ...secretFor(relay.urlOf(url)), tokenTtlSeconds: TOKEN_SECONDS }),
  });
  return { world, relay, timers };
}

describe('a kept connection that died without a word', () => {
  it('is given up after a short wait, and the lookup is sent again on a new one', async () => {
    const { world, relay, timers } = await start();
    await world.call(CHAT);
    world.clock.advance(10_000);
    relay.kill('silence');

    const call = world.call(CHAT);

    expect(await timers.ring()).toEqual([1_500]);
    expect(await call).toMatchObject({ status: 200, body: { meta: { attempts: 2 } } });
    expect(timers.pending()).toBe(0);
  });

  it('costs one wait, however many connections died with it', async () => {
    let sideBySide = 3;
    const { world, relay, timers } = await start({ simulation: together(huaweiCec, USER_INFO, () => sideBySide) });
    await Promise.all([1, 2, 3].map(() => world.call(CHAT)));
    sideBySide = 1;
    world.clock.advance(10_000);
    relay.kill('silence');

    const call = world.call(CHAT);
    await timers.ring();

    expect((await call).status).toBe(200);
    expect((await world.call(CHAT)).body.meta.attempts).toBe(1);
    expect(timers.pending()).toBe(0);
  });

  it('is given up by the request for a token, and then no lookup meets another', async () => {
    let sideBySide = 2;
    const { world, relay, timers } = await start({ simulation: together(huaweiCec, USER_INFO, () => sideBySide) });
    await Promise.all([1, 2].map(() => world.call(CHAT)));
    sideBySide = 1;
    world.clock.advance(TOKEN_SECONDS * 1000 + 5_000);
    relay.kill('silence');

    const call = world.call(CHAT);
    await timers.ring();

    expect((await call).status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('is never met by a password, which goes over a new one at once', async () => {
    const { world, relay, timers } = await start({ lookup: queryAgentLoginParams });
    await world.call(LOGIN);
    world.clock.advance(10_000);
    relay.kill('silence');

    expect((await world.call(LOGIN)).status).toBe(200);

    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(2);
    expect(timers.pending()).toBe(0);
  });
});

describe('a vendor that is slow is not asked twice', () => {
  it('if its answer begins before the wait has ended', async () => {
    const { world, timers } = await start();
    await world.call(CHAT);
    world.clock.advance(10_000);

    expect((await world.call(CHAT)).body.meta.attempts).toBe(1);

    expect(timers.pending()).toBe(0);
  });

  it('if it has been slow of late: the wait is twice as long as its slowest answer', async () => {
    let slow = true;
    const simulation = around(huaweiCec, ({ path }, answer, clock) => {
      if (path === USER_INFO && slow) clock.advance(3_000);
      return answer();
    });
    const { world, relay, timers } = await start({ simulation });
    await world.call(CHAT);
    slow = false;
    world.clock.advance(10_000);
    relay.kill('silence');

    const call = world.call(CHAT);

    expect(await timers.ring()).toEqual([6_000]);
    expect((await call).status).toBe(200);
  });

  it('on a connection that was just used', async () => {
    const { world, relay, timers } = await start();
    await world.call(CHAT);
    relay.kill('silence');

    const call = world.call(CHAT);
    await eventually(() => expect(world.clock.pending()).toBe(1));
    expect(timers.pending()).toBe(0);
    world.clock.advance(14_700);

    expectProblem(await call, { code: 'vendor-timeout', status: 504, retryable: true });
  });

  it('with little time left', async () => {
    const { world, relay, timers } = await start();
    await world.call(CHAT);
    world.clock.advance(10_000);
    relay.kill('silence');

    const call = world.call(CHAT, { remainingMs: 3_000 });

    expectProblem(await call, { code: 'vendor-timeout', status: 504, retryable: true });
    expect(timers.pending()).toBe(0);
  });

  it('more than once: the new connection has all the time that is left', async () => {
    let silent = false;
    const simulation = around(huaweiCec, ({ path }, answer) =>
      silent && path === USER_INFO ? new Promise(() => undefined) : answer(),
    );
    const { world, timers } = await start({ simulation });
    await world.call(CHAT);
    world.clock.advance(10_000);
    silent = true;

    const call = world.call(CHAT);
    await timers.ring();
    await eventually(() => expect(requestsTo(world, USER_INFO)).toHaveLength(3));
    expect(timers.pending()).toBe(0);
    world.clock.advance(14_700);

    expectProblem(await call, { code: 'vendor-timeout', status: 504, retryable: true });
    expect(requestsTo(world, USER_INFO)).toHaveLength(3);
  });

  it('beyond the budget of its retries', async () => {
    let silent = false;
    const simulation = around(huaweiCec, ({ path }, answer) =>
      silent && path === USER_INFO ? new Promise(() => undefined) : answer(),
    );
    const { world, timers } = await start({ simulation });
    for (let round = 0; round < 25; round += 1) {
      silent = false;
      await world.call(CHAT);
      world.clock.advance(2_000);
      silent = true;
      const received = requestsTo(world, USER_INFO).length;
      const call = world.call(CHAT);
      await timers.ring();
      await Promise.race([call, eventually(() => expect(requestsTo(world, USER_INFO)).toHaveLength(received + 2))]);
      world.clock.advance(14_700);
      await call;
    }

    const failures = world.outcomes
      .filter(({ problem }) => problem)
      .map(({ attempts, problem }) => [attempts, problem]);
    expect(failures.at(0)).toEqual([2, 'vendor-timeout']);
    expect(failures).toContainEqual([1, 'vendor-unavailable']);
  });
});
