import { describe, expect, it, vi } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { expectProblem, requestsTo } from '../huawei-common/support.ts';
import { CHAT, secretFor, startCec, TOKEN } from './support.ts';

const start = () => startCec(getUserInfoByCallId);
/** At least as often as the SDK asks before it gives up, and less than twice as often. */
const ALL_TRIES = 3;
const MINUTE = 60_000;

describe('the account', () => {
  it('is the one that the header names', async () => {
    const world = await start();
    world.putSecret('site-2', { ...secretFor(world.vendor.url), tokenTtlSeconds: 600 });

    const response = await world.call(CHAT, { account: 'site-2' });

    expect(response.status).toBe(200);
    expect(requestsTo(world, TOKEN)[0]?.headers['x-token-expire']).toBe('600');
    expect(world.outcomes[0]?.account).toBe('site-2');
  });

  it('is unknown where there is no secret for it', async () => {
    const world = await start();

    const response = await world.call(CHAT, { account: 'nobody' });

    expectProblem(response, { code: 'unknown-account', status: 404, retryable: false });
    expect(world.vendor.requests).toHaveLength(0);
  });

  it('is known as soon as its secret is there', async () => {
    const world = await start();
    await world.call(CHAT, { account: 'nobody' });
    world.putSecret('nobody', secretFor(world.vendor.url));

    const response = await world.call(CHAT, { account: 'nobody' });

    expect(response.status).toBe(200);
  });

  it.each(['Upper', '-dash', 'a_b', 'a/b', '', 'a'.repeat(64)])('is refused by its name: %j', async (account) => {
    const world = await start();

    const response = await world.call(CHAT, { account });

    expectProblem(response, { code: 'invalid-input', status: 400, retryable: false });
    expect(world.secretsManager.requests).toHaveLength(0);
    expect(world.outcomes[0]).not.toHaveProperty('account');
  });
});

describe('a secret that breaks its schema', () => {
  it.each([
    ['/baseUrl', 'is required', { baseUrl: undefined }],
    ['/baseUrl', 'must be a URL', { baseUrl: 'canary' }],
    ['/baseUrl', 'must be a URL', { baseUrl: 7 }],
    ['/baseUrl', 'must hold no user or password', { baseUrl: 'https://canary:canary@vendor.example' }],
    ['/baseUrl', 'must end with its path', { baseUrl: 'https://vendor.example/?key=canary' }],
    ['/baseUrl', 'must be an https: URL', { baseUrl: 'ftp://canary.example' }],
    ['/baseUrl', 'must be an https: URL (http: is for loopback only)', { baseUrl: 'http://canary.example' }],
    ['/baseUrl', 'must be an https: URL (http: is for loopback only)', { baseUrl: 'http://localhost.canary.example' }],
    ['/baseUrl', 'must be an https: URL (http: is for loopback only)', { baseUrl: 'http://10.0.0.1' }],
    ['/tokenUrl', 'must be an https: URL (http: is for loopback only)', { tokenUrl: 'http://canary.example' }],
    ['/appKey', 'is required', { appKey: undefined }],
    ['/appKey', 'must have at least 1 character', { appKey: ' ' }],
    ['/appSecret', 'is required', { appSecret: undefined }],
    ['/appSecret', 'must have at least 1 character', { appSecret: '' }],
    ['/appSecret', 'must be a string', { appSecret: { canary: 'canary' } }],
    ['/tokenTtlSeconds', 'must be at least 1', { tokenTtlSeconds: 0 }],
    ['/tokenTtlSeconds', 'must be at most 3600', { tokenTtlSeconds: 3_601 }],
    ['/tokenTtlSeconds', 'must be a number', { tokenTtlSeconds: '600' }],
    ['/appsecret', 'is not a known field', { appsecret: 'canary' }],
  ])('is misconfigured: %s %s', async (pointer, rule, change) => {
    const world = await start();
    world.putSecret('broken', { ...secretFor(world.vendor.url), ...change });

    const response = await world.call(CHAT, { account: 'broken' });

    expectProblem(response, { code: 'misconfigured', status: 500, retryable: false });
    expect(response.body.detail).toBe(`The secret of this vendor account is not valid: ${pointer} ${rule}.`);
    expect(response.text).not.toContain('canary');
    expect(JSON.stringify(world.outcomes)).not.toContain('canary');
    expect(world.vendor.requests).toHaveLength(0);
  });

  it.each(['canary', '"canary"', '["canary"]', '{"appSecret":"canary"'])('is no JSON object: %s', async (text) => {
    const world = await start();
    world.putSecret('broken', text);

    const response = await world.call(CHAT, { account: 'broken' });

    expectProblem(response, { code: 'misconfigured', status: 500, retryable: false });
    expect(response.text).not.toContain('canary');
  });

  it('may have an http: address on loopback by any of its names', async () => {
    const world = await start();
    world.putSecret('local', secretFor(world.vendor.url.replace('127.0.0.1', 'localhost')));

    const response = await world.call(CHAT, { account: 'local' });

    expect(response.status).toBe(200);
  });
});

describe('a Secrets Manager that fails', () => {
  it.each([
    ['with an error of its own', { status: 500, times: ALL_TRIES }],
    ['by a reset', { reset: true, times: ALL_TRIES }],
    ['with a refusal', { status: 400, type: 'AccessDeniedException' }],
  ])('is secret-unavailable, and nothing of it is kept: %s', async (_, fault) => {
    const world = await start();
    world.secretsManager.fail(fault);

    const failed = await world.call(CHAT);
    const response = await world.call(CHAT);

    expectProblem(failed, { code: 'secret-unavailable', status: 503, retryable: true });
    expect(world.vendor.requests).toHaveLength(2);
    expect(response.status).toBe(200);
  });

  it('is secret-unavailable for all who waited, after one read', async () => {
    const world = await start();
    world.secretsManager.fail({ status: 400, type: 'AccessDeniedException' });

    const responses = await Promise.all([world.call(CHAT), world.call(CHAT), world.call(CHAT)]);

    for (const response of responses) expectProblem(response, { code: 'secret-unavailable', status: 503 });
    expect(world.secretsManager.requests).toHaveLength(1);
  });

  it('is not asked while a secret is fresh, and then by one call that does not wait', async () => {
    const world = await start();
    await world.call(CHAT);
    world.clock.advance(5 * MINUTE - 1);
    await world.call(CHAT);
    expect(world.secretsManager.requests).toHaveLength(1);
    world.secretsManager.fail({ delayMs: 60_000 });
    world.clock.advance(1);

    const responses = await Promise.all([world.call(CHAT), world.call(CHAT), world.call(CHAT)]);

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(world.outcomes.map(({ secretReasons }) => secretReasons)).toEqual(
      ['first', 'held', 'advisory', 'held', 'held'].map((reason) => [reason]),
    );
    await vi.waitFor(() => expect(world.secretsManager.requests).toHaveLength(2));
  });

  it('is waited for by all once a secret is a quarter of an hour old, and asked once', async () => {
    const world = await start();
    await world.call(CHAT);
    world.clock.advance(15 * MINUTE);

    await Promise.all([world.call(CHAT), world.call(CHAT), world.call(CHAT)]);

    expect(world.outcomes.map(({ secretReasons }) => secretReasons)).toEqual(
      ['first', 'mandatory', 'mandatory', 'mandatory'].map((reason) => [reason]),
    );
    expect(world.secretsManager.requests).toHaveLength(2);
  });

  it('leaves the last secret in use for an hour', async () => {
    const world = await start();
    await world.call(CHAT);
    world.clock.advance(60 * MINUTE - 1);
    world.secretsManager.fail({ status: 500, times: ALL_TRIES });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(world.secretsManager.requests.length).toBeGreaterThan(1);
    expect(world.outcomes[1]?.secretReasons).toEqual(['mandatory', 'kept']);
  });

  it('is secret-unavailable when the last secret is an hour old', async () => {
    const world = await start();
    await world.call(CHAT);
    world.clock.advance(60 * MINUTE);
    world.secretsManager.fail({ status: 500, times: ALL_TRIES });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'secret-unavailable', status: 503, retryable: true });
  });

  describe.each(['ResourceNotFoundException', 'InvalidRequestException'])(
    'says %s of a secret that is held, and',
    (type) => {
      it.each([5, 14, 20, 59])('once, after %i min: nobody notices, and the secret is read again', async (minutes) => {
        const world = await start();
        await world.call(CHAT);
        world.clock.advance(minutes * MINUTE);
        world.secretsManager.fail({ status: 400, type });

        const finding = await world.call(CHAT);
        // The read in the background has failed as soon as no other is begun.
        await vi.waitFor(async () => {
          expect((await world.call(CHAT)).status).toBe(200);
          expect(world.outcomes.at(-1)?.secretReasons).toEqual(['backoff']);
        });
        world.clock.advance(30_000);
        const next = await world.call(CHAT);
        await vi.waitFor(() => expect(world.secretsManager.requests).toHaveLength(3));

        expect([finding.status, next.status]).toEqual([200, 200]);
      });

      it('from now on: the secret serves to its end, and then there is none', async () => {
        const world = await start();
        await world.call(CHAT);
        world.secretsManager.fail({ status: 400, type, times: 999 });

        const statuses: number[] = [];
        for (let minute = 1; minute < 60; minute += 1) {
          world.clock.advance(MINUTE);
          statuses.push((await world.call(CHAT)).status);
        }
        world.clock.advance(MINUTE);
        const response = await world.call(CHAT);

        expect(new Set(statuses)).toEqual(new Set([200]));
        expectProblem(response, { code: 'unknown-account', status: 404, retryable: false });
      });

      it('where the vendor refuses the token: it is renewed with the secret that is held', async () => {
        const world = await start();
        await world.call(CHAT);
        world.secretsManager.fail({ status: 400, type, times: 999 });
        world.vendor.setState({ forgetTokens: true });

        expect((await world.call(CHAT)).status).toBe(200);
      });
    },
  );
});
