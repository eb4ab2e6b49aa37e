import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
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
import { requestsTo } from '../../functions/huawei-common/support.ts';
import { createTestClock } from '../../support/clock.ts';
import { cecWithChats, inputOf, startQueueWorld } from '../../support/queue.ts';
import { startRelay } from '../../support/relay.ts';
import { together } from './support.ts';

/** Shorter than a connection is kept. */
const TOKEN_SECONDS = 40;

const LOOKUPS = [
  { lookup: getUserInfoByCallId, input: CHAT, path: USER_INFO },
  { lookup: queryAgentLoginParams, input: LOGIN, path: LOGIN_PARAMS },
];

/** A function with so many kept connections to Huawei CEC. */
async function startWithConnections({ lookup, input, path }: (typeof LOOKUPS)[number], count: number) {
  const relay = await startRelay();
  let sideBySide = count;
  const world = await startCec(lookup, {
    simulation: together(huaweiCec, path, () => sideBySide),
    secret: (url) => ({ ...secretFor(relay.urlOf(url)), tokenTtlSeconds: TOKEN_SECONDS }),
  });
  await Promise.all(Array.from({ length: count }, () => world.call(input)));
  expect(relay.connections()).toBeGreaterThanOrEqual(count);
  sideBySide = 1;
  return { world, relay };
}

describe.each(LOOKUPS)('$lookup.name', (asked) => {
  it.each([2, 3, 5])(
    'is answered after %i kept connections died while idle, the renewal of the token too',
    async (count) => {
      const { world, relay } = await startWithConnections(asked, count);
      world.clock.advance(TOKEN_SECONDS * 1000 + 5_000);
      relay.kill('reset');

      const response = await world.call(asked.input);

      expect(response.status).toBe(200);
      expect(requestsTo(world, TOKEN)).toHaveLength(2);
      expect(requestsTo(world, asked.path)).toHaveLength(count + 1);
    },
  );

  it('is answered to each of several callers at once after all kept connections died', async () => {
    const { world, relay } = await startWithConnections(asked, 3);
    world.clock.advance(10_000);
    relay.kill('reset');

    const responses = await Promise.all([1, 2, 3, 4].map(() => world.call(asked.input)));

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(requestsTo(world, asked.path)).toHaveLength(3 + 4);
  });

  it('goes over a connection that another caller has just used, not over an older one that died', async () => {
    const { world, relay } = await startWithConnections(asked, 2);
    world.clock.advance(10_000);
    relay.kill('reset');
    await world.call(asked.input);
    const connections = relay.connections();

    const response = await world.call(asked.input);

    expect(response.body.meta.attempts).toBe(1);
    expect(relay.connections()).toBe(connections);
  });
});

describe('a lookup that must not be sent twice', () => {
  it.each([
    ['the wall clock stood still', 0, 30_000],
    ['the monotonic clock stood still', 30_000, 0],
  ])('avoids a connection that was idle in a freeze in which %s', async (_, wallMs, monotonicMs) => {
    const turned = createTestClock();
    let [wall, monotonic] = [0, 0];
    const clock = { ...turned, now: () => turned.now() + wall, monotonic: () => turned.monotonic() + monotonic };
    const relay = await startRelay();
    const world = await startCec(queryAgentLoginParams, { clock, secret: (url) => secretFor(relay.urlOf(url)) });
    await world.call(LOGIN);
    [wall, monotonic] = [wallMs, monotonicMs];
    relay.kill('silence');

    expect((await world.call(LOGIN)).status).toBe(200);
  });
});

describe('a batch of ten messages', () => {
  it('is answered as a whole after ten kept connections died while idle', async () => {
    const relay = await startRelay();
    let sideBySide = 10;
    const world = await startQueueWorld({
      simulation: together(cecWithChats, USER_INFO, () => sideBySide),
      secret: (url) => ({ ...secretFor(relay.urlOf(url)), tokenTtlSeconds: TOKEN_SECONDS }),
    });
    for (let index = 0; index < 10; index += 1) world.send({ input: inputOf(index) });
    await world.poll();
    world.clock.advance(TOKEN_SECONDS * 1000 + 5_000);
    relay.kill('reset');
    sideBySide = 1;
    const ids = Array.from({ length: 10 }, (_, index) => world.send({ input: inputOf(10 + index) }));

    const { deleted } = await world.poll();

    expect(new Set(deleted)).toEqual(new Set(ids));
    expect(world.outcomes.slice(10).map(({ outcome }) => outcome)).toEqual(Array(10).fill('succeeded'));
  });
});
