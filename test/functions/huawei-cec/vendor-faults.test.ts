import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { around, expectProblem, gaps, requestsTo, silence } from '../huawei-common/support.ts';
import { CHAT, startCec, TOKEN, USER_INFO } from './support.ts';

const start = () => startCec(getUserInfoByCallId);
const MEBIBYTE = 1024 * 1024;

describe('a fault that may pass', () => {
  const FAULTS: [string, object][] = [
    ['HTTP 502 in HTML', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' }],
    ['HTTP 503', { status: 503, body: '{}' }],
    ['HTTP 504', { status: 504, body: '' }],
    ['a reset', { reset: true }],
    ['a reset in the middle of the answer', { truncate: true }],
  ];

  it.each(FAULTS)('is retried with a growing wait: %s', async (_, fault) => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, times: 2, ...fault });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(3);
    expect(gaps(requestsTo(world, USER_INFO))).toEqual([50, 100]);
  });

  it.each(FAULTS)('is vendor-unavailable after three attempts: %s', async (_, fault) => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, times: 9, ...fault });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(requestsTo(world, USER_INFO)).toHaveLength(3);
  });

  it.each(FAULTS)('is retried in the call for a token: %s', async (_, fault) => {
    const world = await start();
    world.vendor.fail({ path: TOKEN, times: 2, ...fault });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(gaps(requestsTo(world, TOKEN))).toEqual([50, 100]);
    expect(requestsTo(world, USER_INFO)).toHaveLength(1);
  });

  it('costs nothing where a connection was closed while it was idle', async () => {
    const world = await start();
    await world.call(CHAT);
    world.clock.advance(30_000);
    world.vendor.fail({ path: USER_INFO, reset: true });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(gaps(requestsTo(world, USER_INFO))).toEqual([30_000, 0]);
  });
});

describe('a rate limit', () => {
  it('is waited for as long as Retry-After says, where that is short', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, status: 429, headers: { 'retry-after': '2' }, body: '{}' });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(gaps(requestsTo(world, USER_INFO))).toEqual([2_050]);
  });

  it('may be told with a date', async () => {
    const world = await start();
    world.clock.advance(1_000 - (world.clock.now() % 1_000));
    const date = new Date(world.clock.now() + 3_000).toUTCString();
    world.vendor.fail({ path: USER_INFO, status: 429, headers: { 'retry-after': date }, body: '{}' });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(gaps(requestsTo(world, USER_INFO))).toEqual([3_050]);
  });

  it('is passed on with its Retry-After, where that is long', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, status: 429, headers: { 'retry-after': '30' }, body: '{}' });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-rate-limited', status: 429, retryable: true });
    expect(response.headers['retry-after']).toBe('30');
    expect(response.body.vendor).toEqual({ name: 'huawei-cec', code: '429' });
    expect(requestsTo(world, USER_INFO)).toHaveLength(1);
  });

  it('is passed on with a Retry-After of ours after three attempts, where the vendor names none', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, status: 429, body: '{}', times: 9 });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-rate-limited', status: 429, retryable: true });
    expect(response.headers['retry-after']).toBe('1');
    expect(requestsTo(world, USER_INFO)).toHaveLength(3);
  });

  it('of the call for a token is passed on too', async () => {
    const world = await start();
    world.vendor.fail({ path: TOKEN, status: 429, headers: { 'retry-after': '60' }, body: '{}' });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-rate-limited', status: 429, retryable: true });
    expect(response.headers['retry-after']).toBe('60');
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
  });
});

describe('an answer that is no answer', () => {
  it.each([
    ['broken JSON', { status: 200, body: '{"userId":"canary' }],
    ['HTML under HTTP 200', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>canary</html>' }],
    ['HTTP 418 of a firewall', { status: 418, headers: { 'content-type': 'text/html' }, body: '<html>canary</html>' }],
  ])('is vendor-unavailable and not asked for again: %s', async (_, fault) => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, times: 9, ...fault });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502 });
    expect(response.text).not.toContain('canary');
    expect(requestsTo(world, USER_INFO)).toHaveLength(1);
  });

  it.each([USER_INFO, TOKEN])('is a redirect, which is not followed: %s', async (path) => {
    const world = await start();
    const headers = { location: `${world.vendor.url}/elsewhere` };
    world.vendor.fail({ path, status: 307, headers, body: '', times: 9 });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(requestsTo(world, path)).toHaveLength(1);
    expect(requestsTo(world, '/elsewhere')).toHaveLength(0);
  });

  it('is one over 5 MiB, which is not asked for again', async () => {
    const world = await start();
    const body = JSON.stringify({ userId: '1', more: 'a'.repeat(5 * MEBIBYTE) });
    world.vendor.fail({ path: USER_INFO, status: 200, body, times: 9 });

    const response = await world.call(CHAT);

    expectProblem(response, {
      code: 'vendor-unavailable',
      status: 502,
      retryable: false,
      detail: 'The answer of the vendor is over 5 MiB.',
    });
    expect(requestsTo(world, USER_INFO)).toHaveLength(1);
  });

  it('is not yet one of 5 MiB', async () => {
    const world = await start();
    const envelope = '{"userId":"1","more":""}';
    const body = envelope.replace('""', `"${'a'.repeat(5 * MEBIBYTE - envelope.length)}"`);
    world.vendor.fail({ path: USER_INFO, status: 200, body });

    const response = await world.call(CHAT);

    expect(Buffer.byteLength(body)).toBe(5 * MEBIBYTE);
    expect(response.body.data).toEqual({ userId: '1' });
  });
});

describe('a vendor that is silent', () => {
  it.each([USER_INFO, TOKEN])('is vendor-timeout before the function’s time ends: %s', async (silent) => {
    const simulation = around(huaweiCec, ({ path }, answer, clock) => {
      if (path !== silent) return answer();
      clock.advance(14_700);
      return silence();
    });
    const world = await startCec(getUserInfoByCallId, { simulation });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-timeout', status: 504, retryable: true });
    expect(world.outcomes[0]?.milliseconds).toBe(14_700);
    expect(requestsTo(world, silent)).toHaveLength(1);
  });

  it('is given all the time of the function but what the answer needs', async () => {
    const simulation = around(huaweiCec, ({ path }, answer, clock) => {
      if (path === USER_INFO) clock.advance(14_699);
      return answer();
    });
    const world = await startCec(getUserInfoByCallId, { simulation });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(response.body.meta.vendorMs).toBe(14_699);
  });

  it('does not make the next call fail', async () => {
    let silent = true;
    const simulation = around(huaweiCec, ({ path }, answer, clock) => {
      if (path !== TOKEN || !silent) return answer();
      silent = false;
      clock.advance(14_700);
      return silence();
    });
    const world = await startCec(getUserInfoByCallId, { simulation });
    await world.call(CHAT);

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
  });
});
