import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { batchGetConversationParticipant as lookup } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { demoAccount, volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { createTestClock } from '../../support/clock.ts';
import { type Response, startWorld, type World } from '../../support/world.ts';

const INPUT = { ConversationShortId: 1, ParticipantUserIds: [10001] };
const SECOND_MS = 1_000;
/** What we keep between two windows: requests may arrive closer together than they leave. */
const OUR_WINDOW_MS = 1_050;
const DEFAULT_SHARE = 10;

/** A process with this share of the vendor's rate, whose clock moves only where a test turns it. */
function start(share: string | undefined): Promise<World> {
  vi.stubEnv('VENDOR_QPS_SHARE', share);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return startWorld({
    lookup,
    simulation: volcengineIm,
    clock: createTestClock({ skipWaitsMs: -1 }),
    secret: secretOf,
  });
}

const secretOf = (baseUrl: string) => ({
  baseUrl,
  region: demoAccount.region,
  accessKeyId: demoAccount.accessKeyId,
  secretAccessKey: demoAccount.secretAccessKey,
  appId: 1,
});

const times = (count: number, call: (index: number) => Promise<Response>) =>
  Promise.all(Array.from({ length: count }, (_each, index) => call(index)));

const arrived = (w: World, count: number) =>
  vi.waitFor(() => expect(w.vendor.requests.length).toBe(count), { interval: 1 });

async function passWindows(w: World, share: number, requests: number): Promise<void> {
  for (let count = share; count < requests; count += share) {
    await arrived(w, count);
    w.clock.advance(OUR_WINDOW_MS);
  }
  await arrived(w, requests);
}

/** The most requests that the simulator saw in any second, by its clock. */
function mostInASecond(w: World): number {
  const at = w.vendor.requests.map((request) => request.at);
  return Math.max(...at.map((from) => at.filter((each) => each >= from && each - from < SECOND_MS).length));
}

describe('a process never sends more than its share in any second', () => {
  test.each([
    ['1', 1, 5],
    ['3', 3, 20],
    ['20', 20, 150],
    ['100', 100, 250],
  ])('of %s', async (setting, share, calls) => {
    const w = await start(setting);

    const responding = times(calls, () => w.call(INPUT));
    await passWindows(w, share, calls);
    const responses = await responding;

    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: calls }, () => 200));
    expect(mostInASecond(w)).toBe(share);
    expect(w.clock.pending()).toBe(0);
  });

  test.each([undefined, '', '0', '-5', '2.5', 'ten', 'Infinity'])(
    'which is 10 where the setting is no whole number: %j',
    async (setting) => {
      const w = await start(setting);

      const responding = times(25, () => w.call(INPUT));
      await passWindows(w, DEFAULT_SHARE, 25);
      await responding;

      expect(mostInASecond(w)).toBe(DEFAULT_SHARE);
    },
  );

  test('over all accounts that have the same access key', async () => {
    const w = await start('4');
    w.putSecret('second', { ...secretOf(w.vendor.url), region: 'cn-north-1', appId: 1 });

    const responding = times(12, (index) => w.call(INPUT, index % 2 ? { account: 'second' } : {}));
    await passWindows(w, 4, 12);
    await responding;

    expect(mostInASecond(w)).toBe(4);
    expect(w.clock.pending()).toBe(0);
  });

  test('with the attempts that are sent again among them', async () => {
    const w = await start('2');
    w.vendor.fail({ vendorCase: 'invalid-timestamp', times: 3 });

    const responding = times(3, () => w.call(INPUT));
    await passWindows(w, 2, 6);
    const responses = await responding;

    expect(responses.map(({ body }) => body.meta?.attempts)).toEqual([2, 2, 2]);
    expect(mostInASecond(w)).toBe(2);
    expect(w.clock.pending()).toBe(0);
  });
});

test('who would wait beyond the time that is left is told when to come back', async () => {
  const w = await start('2');

  const responding = times(7, () => w.call(INPUT, { remainingMs: 2_950 }));
  await passWindows(w, 2, 6);
  const responses = await responding;

  const refused = responses.filter(({ status }) => status !== 200);
  expect(refused).toHaveLength(1);
  expect(refused[0]?.status).toBe(429);
  expect(refused[0]?.headers['retry-after']).toBe('4');
  expect(refused[0]?.body).toMatchObject({ code: 'vendor-rate-limited', retryable: true });
  expect(w.vendor.requests).toHaveLength(6);
  expect(w.clock.pending()).toBe(0);
});

test('another access key has a share of its own', async () => {
  const w = await start('2');
  w.putSecret('second', { ...secretOf(w.vendor.url), accessKeyId: 'another-access-key-id' });
  await times(2, () => w.call(INPUT));

  const response = await w.call(INPUT, { account: 'second' });

  expect(response.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: 'InvalidAccessKey' } });
});
