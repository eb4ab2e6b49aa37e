import { describe, expect, it } from 'vitest';
import { huaweiIsdp, ISDP_CLIENT_ID, ISDP_PASSWORD, ISDP_USERNAME } from '../../../local/simulators/huawei-isdp.ts';
import { around, expectProblem, gaps, requestsTo, silence } from '../huawei-common/support.ts';
import { FIND, SAMPLE, secretFor, startIsdp, TOKEN } from './support.ts';

describe('a fault that may pass', () => {
  const FAULTS: [string, object][] = [
    ['HTTP 502 in HTML', { vendorCase: 'html-502' }],
    ['HTTP 500', { status: 500, body: '{}' }],
    ['HTTP 503', { status: 503, body: '{}' }],
    ['a reset', { reset: true }],
    ['a reset in the middle of the answer', { truncate: true }],
  ];

  it.each(FAULTS)('is retried with a growing wait: %s', async (_, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, times: 2, ...fault });

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(3);
    expect(gaps(requestsTo(world, FIND))).toEqual([50, 100]);
  });

  it.each(FAULTS)('is vendor-unavailable after three attempts: %s', async (_, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, times: 9, ...fault });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(requestsTo(world, FIND)).toHaveLength(3);
  });

  it.each(FAULTS)('is retried in the call for a token: %s', async (_, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: TOKEN, times: 2, ...fault });

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    expect(gaps(requestsTo(world, TOKEN))).toEqual([50, 100]);
  });
});

describe('a rate limit', () => {
  it.each([429, 503])('is waited for as long as Retry-After says, where that is short: %i', async (status) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, status, headers: { 'retry-after': '3' }, body: '{}' });

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    expect(gaps(requestsTo(world, FIND))).toEqual([3_050]);
  });

  it.each([
    [429, 'vendor-rate-limited', 429],
    [503, 'vendor-unavailable', 502],
  ] as const)('is passed on with its Retry-After, where that is long: %i', async (told, code, status) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, status: told, headers: { 'retry-after': '120' }, body: '{}' });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code, status, retryable: true });
    expect(response.headers['retry-after']).toBe('120');
    expect(requestsTo(world, FIND)).toHaveLength(1);
  });

  it('is passed on at once where the function has no time to wait', async () => {
    const simulation = around(huaweiIsdp, ({ path }, answer, clock) => {
      if (path === TOKEN) clock.advance(12_000);
      return answer();
    });
    const world = await startIsdp({ simulation });
    world.vendor.fail({ path: FIND, status: 429, headers: { 'retry-after': '3' }, body: '{}' });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-rate-limited', status: 429, retryable: true });
    expect(response.headers['retry-after']).toBe('3');
  });
});

describe('an answer that is no answer', () => {
  it.each([
    ['broken JSON', { status: 200, body: '{"stateCode":"0","result":{"data":[canary' }],
    ['the trailing commas of the page’s own sample', { status: 200, body: '{"stateCode":"0","result":{"data":[],},}' }],
    ['HTML under HTTP 200', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>canary</html>' }],
    ['nothing', { status: 200, body: '' }],
  ])('is vendor-unavailable and not asked for again: %s', async (_, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, times: 9, ...fault });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502 });
    expect(response.text).not.toContain('canary');
    expect(requestsTo(world, FIND)).toHaveLength(1);
  });

  it.each([400, 404])('is vendor-rejected with HTTP %i', async (status) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, status, body: '{}', times: 9 });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-rejected', status: 422, retryable: false });
    expect(requestsTo(world, FIND)).toHaveLength(1);
  });

  it.each([FIND, TOKEN])('is a redirect, which is not followed: %s', async (path) => {
    const world = await startIsdp();
    const headers = { location: `${world.vendor.url}/elsewhere` };
    world.vendor.fail({ path, status: 302, headers, body: '', times: 9 });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(world.vendor.requests.filter((request) => request.path === '/elsewhere')).toHaveLength(0);
    expect(requestsTo(world, path)).toHaveLength(1);
  });

  it('is one over 5 MiB, which is not asked for again', async () => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, status: 200, body: `"${'a'.repeat(5 * 1024 * 1024)}"`, times: 9 });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(requestsTo(world, FIND)).toHaveLength(1);
  });
});

describe('a vendor that is silent', () => {
  it.each([FIND, TOKEN])('is vendor-timeout before the function’s time ends: %s', async (silent) => {
    const simulation = around(huaweiIsdp, ({ path }, answer, clock) => {
      if (path !== silent) return answer();
      clock.advance(14_700);
      return silence();
    });
    const world = await startIsdp({ simulation });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-timeout', status: 504, retryable: true });
    expect(world.outcomes[0]?.milliseconds).toBe(14_700);
  });
});

describe('the account', () => {
  it('is unknown where there is no secret for it', async () => {
    const world = await startIsdp();

    const response = await world.call(SAMPLE, { account: 'nobody' });

    expectProblem(response, { code: 'unknown-account', status: 404, retryable: false });
  });

  it.each([
    ['/baseUrl', 'must be an https: URL (http: is for loopback only)', { baseUrl: 'http://canary.example' }],
    ['/clientId', 'is required', { clientId: undefined }],
    ['/clientSecret', 'must have at least 1 character', { clientSecret: '' }],
    ['/username', 'must be a string', { username: 7 }],
    ['/password', 'must be a string', { password: ['canary'] }],
    ['/tokenUrl', 'is not a known field', { tokenUrl: 'https://canary.example' }],
  ])('is misconfigured: %s %s', async (pointer, rule, change) => {
    const world = await startIsdp();
    world.putSecret('broken', { ...secretFor(world.vendor.url), ...change });

    const response = await world.call(SAMPLE, { account: 'broken' });

    expectProblem(response, { code: 'misconfigured', status: 500, retryable: false });
    expect(response.body.detail).toBe(`The secret of this vendor account is not valid: ${pointer} ${rule}.`);
    expect(response.text).not.toContain('canary');
  });

  it('shows no secret where the vendor repeats all of them', async () => {
    const world = await startIsdp();
    const errorMessage = [ISDP_CLIENT_ID, ISDP_USERNAME, ISDP_PASSWORD, 'bad'].join(' ');
    world.vendor.fail({ path: FIND, status: 200, body: JSON.stringify({ stateCode: '9', errorMessage }) });

    const response = await world.call(SAMPLE);

    expect(response.body.vendor).toEqual({
      name: 'huawei-isdp',
      code: '9',
      message: '[redacted] [redacted] [redacted] bad',
    });
    expect(JSON.stringify(world.outcomes)).not.toMatch(/demo-/);
  });
});
