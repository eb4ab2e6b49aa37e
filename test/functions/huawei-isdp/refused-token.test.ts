import { describe, expect, it } from 'vitest';
import { huaweiIsdp, ISDP_PASSWORD, ISDP_SAMPLE_AGENT } from '../../../local/simulators/huawei-isdp.ts';
import { expectProblem, requestsTo } from '../huawei-common/support.ts';
import { FIND, SAMPLE, secretFor, startIsdp, TOKEN } from './support.ts';

const XML = `<InvalidTokenException>
   <error>invalid_token</error>
   <error_description>check_token error</error_description>
</InvalidTokenException>`;

/** Each form in which a refusal of the token may come. */
const REFUSALS: [string, string, object][] = [
  ['XML with 401', 'invalid-token', { status: 401, headers: { 'content-type': 'application/xml' }, body: XML }],
  ['XML with 200', 'invalid-token', { vendorCase: 'invalid-token-200' }],
  ['XML with 403', 'invalid-token', { status: 403, body: XML }],
  ['XML with 500', 'invalid-token', { status: 500, body: XML }],
  ['JSON with 401', 'invalid-token', { vendorCase: 'invalid-token-json' }],
  ['JSON with 200', 'invalid-token', { status: 200, body: '{"error":"invalid_token"}' }],
  ['401 without a word', 'status-401', { status: 401, body: '' }],
  [
    'the message of a state code',
    'invalid-token',
    { status: 200, body: '{"stateCode":"1","errorMessage":"invalid_token: check_token error","result":null}' },
  ],
];

describe('a token that the vendor refuses', () => {
  it.each(REFUSALS)('is renewed once, and the call repeated: %s', async (_, reason, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, ...fault });

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(2);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(world.outcomes[0]?.renewals).toEqual([reason]);
  });

  it.each(REFUSALS)('is vendor-auth-failed at the second refusal, and no loop: %s', async (_, _reason, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, times: 9, ...fault });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-auth-failed', status: 502, retryable: false });
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(requestsTo(world, FIND)).toHaveLength(2);
  });

  it('is renewed where the vendor has forgotten it, without waiting for its end', async () => {
    const world = await startIsdp();
    await world.call(SAMPLE);
    world.vendor.setState({ forgetTokens: true });

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    const [first, refused, repeated] = requestsTo(world, FIND).map(({ headers }) => headers['authorization']);
    expect(refused).toBe(first);
    expect(repeated).not.toBe(first);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('is renewed once for all calls that meet the refusal together', async () => {
    const world = await startIsdp();
    await world.call(SAMPLE);
    world.vendor.setState({ forgetTokens: true });

    const responses = await Promise.all(Array.from({ length: 50 }, () => world.call(SAMPLE)));

    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('is not seen in a good answer that has the word in an agent’s name', async () => {
    const agents = [{ ...ISDP_SAMPLE_AGENT, agentName: 'invalid_token' }];
    const world = await startIsdp({ simulation: (clock) => huaweiIsdp(clock, { agents }) });

    const response = await world.call({});

    expect(response.body.data.data[0].agentName).toBe('invalid_token');
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
  });
});

describe('a call that the application may not make', () => {
  it('is vendor-auth-failed without a renewal, and names the subscription', async () => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, vendorCase: 'not-subscribed', times: 9 });

    const response = await world.call(SAMPLE);

    expectProblem(response, {
      code: 'vendor-auth-failed',
      status: 502,
      retryable: false,
      detail:
        'The vendor forbids the call (HTTP 403): the application must subscribe to it, which takes effect after 15 minutes.',
      vendor: { name: 'huawei-isdp', code: '403' },
    });
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    expect(requestsTo(world, FIND)).toHaveLength(1);
  });
});

describe('a vendor that gives no token', () => {
  it.each([
    ['400', { status: 400, body: '{"error":"invalid_request"}' }],
    ['401 in HTML', { status: 401, body: '<html>401 Unauthorized</html>' }],
    ['403 in JSON', { status: 403, body: '{}' }],
    ['an OAuth error under 200', { status: 200, body: '{"error":"invalid_grant"}' }],
    ['an OAuth error under 500', { status: 500, body: '{"error":"invalid_client"}' }],
    ['200 in XML', { status: 200, headers: { 'content-type': 'application/xml' }, body: XML }],
  ])('is vendor-auth-failed by %s, and is asked once', async (_, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: TOKEN, times: 9, ...fault });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-auth-failed', status: 502, retryable: false });
    expect(response.body.detail).toContain('`password`');
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
    expect(requestsTo(world, FIND)).toHaveLength(0);
  });

  it.each([
    ['200 with a maintenance page', { status: 200, body: '<html>Back soon</html>' }],
    ['200 without a body', { status: 200, body: '' }],
    ['200 without access_token', { status: 200, body: '{"token_type":"bearer","expires_in":359}' }],
    ['200 with an access_token that is no text', { status: 200, body: '{"access_token":7,"expires_in":359}' }],
    ['403 in HTML', { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>403 Forbidden</html>' }],
    ['404 in HTML', { status: 404, body: '<html>404 Not Found</html>' }],
    ['404 in JSON', { status: 404, body: '{}' }],
  ])('is vendor-unavailable by %s, which is no refusal of the key', async (_, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: TOKEN, ...fault });

    const response = await world.call(SAMPLE);
    world.clock.advance(1_000);
    const next = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.headers['retry-after']).toBe('1');
    expect(next.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it.each([
    ['HTTP 408', { status: 408, body: '' }],
    ['HTTP 425', { status: 425, body: '' }],
    ['an OAuth error that passes', { status: 400, body: '{"error":"temporarily_unavailable"}' }],
  ])('is asked again by %s', async (_, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: TOKEN, ...fault });

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('is vendor-auth-failed by a wrong application token, with no secret in answer or log', async () => {
    const world = await startIsdp();
    world.putSecret('wrong', { ...secretFor(world.vendor.url), password: 'canary-application-token' });

    const response = await world.call(SAMPLE, { account: 'wrong' });

    expectProblem(response, { code: 'vendor-auth-failed', status: 502, retryable: false });
    expect(response.text).not.toContain('canary');
    expect(JSON.stringify(world.outcomes)).not.toContain('canary');
    expect(requestsTo(world, TOKEN)).toHaveLength(1);
  });

  it('passes on what the vendor says of it in XML', async () => {
    const world = await startIsdp();
    const body =
      '<InvalidGrantException><error>invalid_grant</error><error_description>Bad &amp; old</error_description></InvalidGrantException>';
    world.vendor.fail({ path: TOKEN, status: 400, body });

    const response = await world.call(SAMPLE);

    expectProblem(response, {
      code: 'vendor-auth-failed',
      vendor: { name: 'huawei-isdp', code: 'invalid_grant', message: 'Bad & old' },
    });
  });

  it('passes on what the vendor says of it, without the secret', async () => {
    const world = await startIsdp();
    const body = JSON.stringify({ error: 'invalid_grant', error_description: `Bad credentials ${ISDP_PASSWORD}` });
    world.vendor.fail({ path: TOKEN, status: 401, body });

    const response = await world.call(SAMPLE);

    const vendor = { name: 'huawei-isdp', code: 'invalid_grant', message: 'Bad credentials [redacted]' };
    expect(response.body.vendor).toEqual(vendor);
  });
});
