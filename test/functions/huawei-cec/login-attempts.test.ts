import { describe, expect, it } from 'vitest';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { startSimulator } from '../../../local/simulators/server.ts';
import { around, expectProblem, gaps, requestsTo, silence } from '../huawei-common/support.ts';
import { LOGIN, LOGIN_PARAMS, secretFor, startCec, TOKEN } from './support.ts';

const start = () => startCec(queryAgentLoginParams);

describe('a password that the vendor may have checked is not sent again', () => {
  it.each([
    ['HTTP 500', { status: 500, body: '{}' }],
    ['HTTP 502 in HTML', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' }],
    ['HTTP 503', { status: 503, body: '{}' }],
    ['HTTP 503 with Retry-After', { status: 503, headers: { 'retry-after': '1' }, body: '{}' }],
    ['a reset', { reset: true }],
    ['a reset in the middle of the answer', { truncate: true }],
    ['an answer that is no JSON', { status: 200, body: '{"returnCode":"0","results":{' }],
    ['HTML under HTTP 200', { status: 200, body: '<html>Welcome</html>' }],
    ['an answer over 5 MiB', { status: 200, body: `"${'a'.repeat(5 * 1024 * 1024)}"` }],
  ])('after %s', async (_, fault) => {
    const world = await start();
    world.vendor.fail({ path: LOGIN_PARAMS, times: 9, ...fault });

    const response = await world.call(LOGIN);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(1);
  });

  it('after a time-out', async () => {
    const simulation = around(huaweiCec, ({ path }, answer, clock) => {
      if (path !== LOGIN_PARAMS) return answer();
      clock.advance(14_700);
      return silence();
    });
    const world = await startCec(queryAgentLoginParams, { simulation });

    const response = await world.call(LOGIN);

    expectProblem(response, { code: 'vendor-timeout', status: 504, retryable: false });
    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(1);
  });

  it('after a reset of a connection that was kept for a while', async () => {
    const world = await start();
    await world.call(LOGIN);
    world.clock.advance(30_000);
    world.vendor.fail({ path: LOGIN_PARAMS, reset: true });

    const response = await world.call(LOGIN);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(2);
  });
});

describe('a password that the vendor has not checked is sent again', () => {
  it.each(['expired-401', 'expired-403'])('with a new token after %s', async (vendorCase) => {
    const world = await start();
    world.vendor.fail({ path: LOGIN_PARAMS, vendorCase });

    const response = await world.call(LOGIN);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(2);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('after 429, when the vendor said', async () => {
    const world = await start();
    world.vendor.fail({ path: LOGIN_PARAMS, status: 429, headers: { 'retry-after': '2' }, body: '{}' });

    const response = await world.call(LOGIN);

    expect(response.status).toBe(200);
    expect(gaps(requestsTo(world, LOGIN_PARAMS))).toEqual([2_050]);
  });

  it('where the connection was refused', async () => {
    const nobody = await startSimulator(huaweiCec);
    await nobody.close();
    const world = await startCec(queryAgentLoginParams, {
      secret: (vendorUrl) => ({ ...secretFor(nobody.url), tokenUrl: vendorUrl }),
    });

    const response = await world.call(LOGIN);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.body.detail).toContain('ECONNREFUSED');
    expect(world.outcomes[0]).toMatchObject({ attempts: 3, credentialAttempts: 1 });
  });

  it('where the call for the token failed', async () => {
    const world = await start();
    world.vendor.fail({ path: TOKEN, status: 503, body: '{}', times: 2 });

    const response = await world.call(LOGIN);

    expect(response.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(3);
    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(1);
  });
});
