import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { CEC_APP_SECRET } from '../../../local/simulators/huawei-cec.ts';
import { expectProblem, requestsTo } from '../huawei-common/support.ts';
import { CHAT, EXPIRED_TEXT, secretFor, startCec, TOKEN, USER_INFO } from './support.ts';

/** How often a secret is read again at most because the vendor refused what is in it. */
const REREAD_PAUSE_MS = 10_000;

const start = () => startCec(getUserInfoByCallId);

describe('a token that the vendor refuses', () => {
  it.each([
    ['expired-401', 'status-401'],
    ['expired-403', 'expired-token-403'],
  ])('is renewed once, and the call repeated: %s', async (vendorCase, reason) => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, vendorCase });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(2);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    const [first, second] = requestsTo(world, USER_INFO);
    expect(second?.headers['authorization']).not.toBe(first?.headers['authorization']);
    expect(world.outcomes[0]).toMatchObject({ renewals: [reason], attempts: 2, credentialAttempts: 2 });
  });

  it('is renewed where the vendor has forgotten it, without waiting for its end', async () => {
    const world = await start();
    await world.call(CHAT);
    world.vendor.setState({ forgetTokens: true });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(requestsTo(world, USER_INFO)).toHaveLength(3);
  });

  it('is renewed once for all calls that meet the refusal together', async () => {
    const world = await start();
    await world.call(CHAT);
    world.vendor.setState({ forgetTokens: true });

    const responses = await Promise.all(Array.from({ length: 50 }, () => world.call(CHAT)));

    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it.each([
    ['expired-401', { name: 'huawei-cec', code: '401' }],
    ['expired-403', { name: 'huawei-cec', code: '403', message: EXPIRED_TEXT }],
  ])('is vendor-auth-failed at the second refusal, and no loop: %s', async (vendorCase, vendor) => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, vendorCase, times: 9 });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-auth-failed', status: 502, retryable: false });
    expect(response.body.vendor).toEqual(vendor);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(requestsTo(world, USER_INFO)).toHaveLength(2);
  });

  it('is vendor-auth-failed where the two refusals have the two forms', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, vendorCase: 'expired-403' });
    world.vendor.fail({ path: USER_INFO, vendorCase: 'expired-401', times: 9 });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-auth-failed', status: 502 });
    expect(requestsTo(world, USER_INFO)).toHaveLength(2);
  });

  it('is told by what stopped the renewal, where that fails', async () => {
    const world = await start();
    await world.call(CHAT);
    world.vendor.setState({ forgetTokens: true });
    world.vendor.fail({ path: TOKEN, status: 503, body: '{}', times: 9 });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(requestsTo(world, USER_INFO)).toHaveLength(2);
  });
});

describe('a 403 that does not tell of the token', () => {
  it.each([
    ['without a word', { vendorCase: 'plain-403' }, { name: 'huawei-cec', code: '403' }],
    [
      'with another text',
      { status: 403, body: '{"errorCode":"0","exceptionInfo":"address not allowed"}' },
      { name: 'huawei-cec', code: '403', message: 'address not allowed' },
    ],
    [
      'in HTML',
      { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>403 Forbidden</html>' },
      { name: 'huawei-cec', code: '403' },
    ],
  ])('is vendor-auth-failed without a renewal: %s', async (_, fault, vendor) => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, times: 9, ...fault });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-auth-failed', status: 502, retryable: false });
    expect(response.body.vendor).toEqual(vendor);
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    expect(requestsTo(world, USER_INFO)).toHaveLength(1);
  });
});

describe('a vendor that gives no token', () => {
  it.each([
    ['400 in JSON', { status: 400, body: '{}' }],
    ['401 in JSON', { status: 401, body: '{}' }],
    ['401 without a body', { status: 401, body: '' }],
    ['403 in JSON', { vendorCase: 'plain-403' }],
    ['200 with a failure of its own', { status: 200, body: '{"returnCode":"1","message":"unknown app"}' }],
  ])('is vendor-auth-failed by %s, naming both likely causes, and is asked once', async (_, fault) => {
    const world = await start();
    world.vendor.fail({ path: TOKEN, times: 9, ...fault });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-auth-failed', status: 502, retryable: false });
    expect(response.body.detail).toMatch(
      /^The vendor gave no token \(HTTP \d+\): the app key or secret is wrong, or our address is not on its allow-list\.$/,
    );
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    expect(requestsTo(world, USER_INFO)).toHaveLength(0);
  });

  it.each([
    ['200 with a maintenance page', { vendorCase: 'token-maintenance' }, 'tokenUrl'],
    ['200 without a body', { status: 200, body: '' }, 'tokenUrl'],
    ['200 without AccessToken', { status: 200, body: '{"ApplyType":"Bearer","Expires":"600"}' }, 'tokenUrl'],
    ['200 with an empty AccessToken', { status: 200, body: '{"AccessToken":"","Expires":"600"}' }, 'tokenUrl'],
    ['200 with another envelope', { status: 200, body: '{"data":{"AccessToken":"t"},"expiresIn":600}' }, 'tokenUrl'],
    ['403 in HTML', { vendorCase: 'token-403-html' }, 'app key'],
    ['403 without a body', { status: 403, body: '' }, 'app key'],
    ['404 in HTML', { status: 404, body: '<html>Not Found</html>' }, 'baseUrl'],
    ['404 in JSON', { status: 404, body: '{"error_code":"APIG.0101","error_msg":"no such API"}' }, 'baseUrl'],
  ])('is vendor-unavailable by %s, which is no refusal of the key', async (_, fault, cause) => {
    const world = await start();
    world.vendor.fail({ path: TOKEN, ...fault });

    const response = await world.call(CHAT);
    world.clock.advance(1_000);
    const next = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.body.detail).toContain(cause);
    expect(response.headers['retry-after']).toBe('1');
    expect(next.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(world.secretsManager.requests).toHaveLength(1);
  });

  it.each([408, 425, 429, 500, 503])('is asked again by HTTP %i, which is no refusal of the key', async (status) => {
    const world = await start();
    world.vendor.fail({ path: TOKEN, status, body: '<html>try later</html>' });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it.each([405, 410, 415, 418])('is a wrong address by HTTP %i, which no retry ends', async (status) => {
    const world = await start();
    world.vendor.fail({ path: TOKEN, status, body: '{}' });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(response.body.detail).toContain('`baseUrl`');
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
  });

  it('is vendor-auth-failed by a wrong key, with no secret in answer or log', async () => {
    const world = await start();
    world.putSecret('wrong', { ...secretFor(world.vendor.url), appSecret: 'canary-app-secret' });
    world.vendor.fail({ path: TOKEN, status: 403, body: '{"exceptionInfo":"canary-app-secret is wrong"}' });

    const responses = [await world.call(CHAT, { account: 'wrong' }), await world.call(CHAT, { account: 'wrong' })];

    for (const response of responses) {
      expectProblem(response, { code: 'vendor-auth-failed', status: 502 });
      expect(response.text).not.toContain('canary');
    }
    expect(JSON.stringify(world.outcomes)).not.toContain('canary');
  });

  it('passes on what the vendor says of it, without the secret', async () => {
    const world = await start();
    const body = JSON.stringify({ errorCode: '0', exceptionInfo: `no application ${CEC_APP_SECRET}` });
    world.vendor.fail({ path: TOKEN, status: 403, body });

    const response = await world.call(CHAT);

    expect(response.body.vendor).toEqual({ name: 'huawei-cec', code: '403', message: 'no application [redacted]' });
  });

  it('is asked with the corrected secret long before the pause has passed, since the old one was refused', async () => {
    const world = await startCec(getUserInfoByCallId, {
      secret: (vendorUrl) => ({ ...secretFor(vendorUrl), appSecret: 'app-secret-before-its-reset' }),
    });
    const refused = await world.call(CHAT);
    world.putSecret('default', secretFor(world.vendor.url));
    world.clock.advance(REREAD_PAUSE_MS);

    const response = await world.call(CHAT);

    expectProblem(refused, { code: 'vendor-auth-failed' });
    expect(Number(refused.headers['retry-after']) * 1000).toBeGreaterThan(REREAD_PAUSE_MS);
    expect(response.status).toBe(200);
    expect(world.outcomes[1]).toMatchObject({
      secretReasons: ['held', 'rotated'],
      credentialReasons: ['backoff', 'first', 'minted'],
    });
  });
});
