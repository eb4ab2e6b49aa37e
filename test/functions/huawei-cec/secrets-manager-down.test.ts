import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import type { World } from '../../support/world.ts';
import { credentialReasons, eventually, secretReasons, untilLanded } from '../huawei-common/steering.ts';
import { expectProblem } from '../huawei-common/support.ts';
import { CHAT, startCec } from './support.ts';

const MINUTE = 60_000;

const fifty = (world: World) => Promise.all(Array.from({ length: 50 }, () => world.call(CHAT)));
const takeDown = (world: World) => world.secretsManager.fail({ status: 500, times: Number.POSITIVE_INFINITY });

/** Calls until the read that was begun in the background has failed, as every call until then still says `held`. */
const untilReadFailed = (world: World) =>
  eventually(async () => {
    expect((await world.call(CHAT)).status).toBe(200);
    expect(secretReasons(world).at(-1)).toEqual(['backoff']);
  });

describe('a Secrets Manager that is down', () => {
  it('fails no call for 59 minutes, and each from the hour on', async () => {
    const world = await startCec(getUserInfoByCallId);
    await world.call(CHAT);
    takeDown(world);

    const statuses: number[] = [];
    for (let minute = 1; minute <= 59; minute += 1) {
      world.clock.advance(MINUTE);
      statuses.push((await world.call(CHAT)).status);
      if (secretReasons(world).at(-1)?.includes('advisory')) await untilReadFailed(world);
      if (credentialReasons(world).at(-1)?.includes('advisory')) await untilLanded(world, CHAT);
    }
    world.clock.advance(2 * MINUTE);
    const ended = await world.call(CHAT);

    expect(new Set(statuses)).toEqual(new Set([200]));
    expectProblem(ended, { code: 'secret-unavailable', status: 503, retryable: true });
    expect(secretReasons(world)).toContainEqual(['mandatory', 'kept']);
    expect(secretReasons(world).at(-1)).toEqual(['expired']);
  });

  it.each([
    ['10', 10],
    // What is no number of minutes is the default.
    ['soon', 60],
    ['0', 60],
  ])('is survived for as long as the stage says: SECRET_MAX_AGE_MINUTES=%s', async (setting, minutes) => {
    vi.stubEnv('SECRET_MAX_AGE_MINUTES', setting);
    onTestFinished(() => void vi.unstubAllEnvs());
    const world = await startCec(getUserInfoByCallId);
    await world.call(CHAT);
    takeDown(world);

    world.clock.advance(minutes * MINUTE - 1_000);
    const kept = await world.call(CHAT);
    world.clock.advance(MINUTE);
    const ended = await world.call(CHAT);

    expect(kept.status).toBe(200);
    expectProblem(ended, { code: 'secret-unavailable', status: 503, retryable: true });
  });

  it('is left alone for a while after each failure', async () => {
    const world = await startCec(getUserInfoByCallId);
    await world.call(CHAT);
    takeDown(world);
    world.clock.advance(5 * MINUTE);
    await world.call(CHAT);
    await untilReadFailed(world);
    const reads = world.secretsManager.requests.length;

    world.clock.advance(22_499);
    await fifty(world);
    expect(world.secretsManager.requests).toHaveLength(reads);
    world.clock.advance(1);
    await fifty(world);

    await eventually(() => expect(world.secretsManager.requests.length).toBeGreaterThan(reads));
    expect(secretReasons(world).filter((reasons) => reasons?.includes('advisory'))).toHaveLength(2);
  });

  it('takes the secret from nobody by a read that was cut off, as one is in a process that was frozen', async () => {
    const world = await startCec(getUserInfoByCallId);
    await world.call(CHAT);
    world.secretsManager.fail({ delayMs: 60_000 });
    world.clock.advance(5 * MINUTE);
    await world.call(CHAT);
    await eventually(() => expect(world.secretsManager.requests).toHaveLength(2));
    takeDown(world);

    // The process thaws: the read has gone on for longer than any does, and is given up for another.
    const statuses: number[] = [];
    for (let calls = 0; calls < 5; calls += 1) {
      world.clock.advance(MINUTE);
      statuses.push((await world.call(CHAT)).status);
    }
    await eventually(() => expect(world.secretsManager.requests.length).toBeGreaterThan(2));

    expect(statuses).toEqual(Array(5).fill(200));
  });

  it('leaves a refusal of the token to be renewed with the secret that is held', async () => {
    const world = await startCec(getUserInfoByCallId);
    await world.call(CHAT);
    takeDown(world);
    world.vendor.setState({ forgetTokens: true });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(world.secretsManager.requests).toHaveLength(1);
  });
});
