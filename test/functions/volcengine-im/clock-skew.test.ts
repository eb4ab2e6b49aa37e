import { describe, expect, test } from 'vitest';
import { batchGetConversationParticipant as lookup } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import type { SimulatorClock } from '../../../local/simulators/server.ts';
import { demoAccount, volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { startWorld, type World } from '../../support/world.ts';

const INPUT = { ConversationShortId: 1, ParticipantUserIds: [10001] };
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A vendor whose clock is ahead of ours by `offsetMs`, which can be changed. */
async function start(offsetMs = 0) {
  const vendorClock = { offsetMs };
  const w = await startWorld({
    lookup,
    simulation: (clock: SimulatorClock) =>
      volcengineIm({ now: () => clock.now() + vendorClock.offsetMs, advance: clock.advance }),
    secret: (baseUrl) => ({
      baseUrl,
      region: demoAccount.region,
      accessKeyId: demoAccount.accessKeyId,
      secretAccessKey: demoAccount.secretAccessKey,
      appId: 1,
    }),
  });
  return { ...w, vendorClock };
}

/** By how much each request's signing time is ahead of our clock; it has whole seconds. */
const signedAhead = (w: World) =>
  w.vendor.requests.map(({ headers, at }) => {
    const date = headers['x-date'] ?? '';
    const text = date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
    // Adding nothing makes a 0 of -0.
    return Math.round((Date.parse(text) - at) / MINUTE_MS) * MINUTE_MS + 0;
  });

describe('a clock that differs from the vendor’s', () => {
  test.each([
    ['3 hours behind', 3 * HOUR_MS],
    ['16 minutes behind', 16 * MINUTE_MS],
    ['16 minutes ahead', -16 * MINUTE_MS],
    ['3 hours ahead', -3 * HOUR_MS],
    ['400 days ahead', -400 * 24 * HOUR_MS],
  ])(
    'by being %s is corrected from the answer’s Date, once, and for the calls that follow',
    async (_what, offsetMs) => {
      const w = await start(offsetMs);

      const responses = [await w.call(INPUT), await w.call(INPUT)];

      expect(responses.map(({ status }) => status)).toEqual([200, 200]);
      expect(responses.map(({ body }) => body.meta.attempts)).toEqual([2, 1]);
      expect(signedAhead(w)).toEqual([0, offsetMs, offsetMs]);
      expect(w.outcomes.map(({ renewals }) => renewals)).toEqual([['clock-skew'], undefined]);
      expect(w.secretsManager.requests).toHaveLength(1);
      expect(w.clock.pending()).toBe(0);
    },
  );

  test('by less than the vendor minds is left alone', async () => {
    const w = await start(14 * MINUTE_MS);

    const response = await w.call(INPUT);

    expect(response.body.meta.attempts).toBe(1);
    expect(signedAhead(w)).toEqual([0]);
  });

  test('is corrected anew when the difference changes', async () => {
    const w = await start(3 * HOUR_MS);
    await w.call(INPUT);
    w.vendorClock.offsetMs = 0;

    const responses = [await w.call(INPUT), await w.call(INPUT)];

    expect(responses.map(({ body }) => body.meta.attempts)).toEqual([2, 1]);
    expect(signedAhead(w)).toEqual([0, 3 * HOUR_MS, 3 * HOUR_MS, 0, 0]);
  });

  test('is corrected by each of many calls at once', async () => {
    const w = await start(-3 * HOUR_MS);

    const responses = await Promise.all(Array.from({ length: 4 }, () => w.call(INPUT)));

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(w.vendor.requests).toHaveLength(8);
  });

  test('is not corrected for another process', async () => {
    const w = await start(3 * HOUR_MS);
    await w.call(INPUT);

    const response = await w.coldStart().call(INPUT);

    expect(response.body.meta.attempts).toBe(2);
  });
});

describe('InvalidTimestamp', () => {
  test('a second time fails, and what was learned is right for the next call', async () => {
    const w = await start();
    w.vendor.fail({ vendorCase: 'invalid-timestamp', times: 2 });

    const responses = [await w.call(INPUT), await w.call(INPUT)];

    expect(responses[0]?.status).toBe(502);
    expect(responses[0]?.body).toMatchObject({
      code: 'vendor-auth-failed',
      retryable: false,
      vendor: { name: 'volcengine-im', code: 'InvalidTimestamp' },
    });
    expect(responses[1]?.status).toBe(200);
    expect(w.vendor.requests).toHaveLength(3);
    expect(w.secretsManager.requests).toHaveLength(1);
    expect(w.clock.pending()).toBe(0);
  });

  test('is told by its number too', async () => {
    const w = await start();
    w.vendor.fail({ vendorCase: 'error:Renamed:100006:400' });

    expect((await w.call(INPUT)).status).toBe(200);
    expect(w.vendor.requests).toHaveLength(2);
  });

  test.each([
    'Tue, 01 Jan +275760 00:00:00 GMT',
    '+275760-09-13T00:00:00.000Z',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Mon, 01 Jan 0001 00:00:00 GMT',
    '2.5',
    '2026',
  ])('with a Date that no clock shows fails at once, and does not touch the calls that follow: %s', async (date) => {
    const w = await start();
    const body = '{"ResponseMetadata":{"Error":{"CodeN":100006,"Code":"InvalidTimestamp","Message":"expired"}}}';
    w.vendor.fail({ status: 400, headers: { date }, body });

    const responses = [await w.call(INPUT), await w.call(INPUT)];

    expect(responses.map(({ status }) => status)).toEqual([502, 200]);
    expect(responses[0]?.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: 'InvalidTimestamp' } });
    expect(signedAhead(w)).toEqual([0, 0]);
  });

  test('from a vendor that gives no time of its own fails at once', async () => {
    const w = await start();
    w.vendor.fail({
      status: 400,
      headers: { date: 'today' },
      body: '{"ResponseMetadata":{"Error":{"CodeN":100006,"Code":"InvalidTimestamp","Message":"expired"}}}',
    });

    const response = await w.call(INPUT);

    expect(response.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: 'InvalidTimestamp' } });
    expect(w.vendor.requests).toHaveLength(1);
  });
});
