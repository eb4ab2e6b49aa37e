import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { queryAgentLoginParams } from '../../functions/huawei-cec/query-agent-login-params.ts';
import { CHAT, LOGIN, LOGIN_PARAMS, startCec, TOKEN, USER_INFO } from './huawei-cec/support.ts';
import { requestsTo } from './huawei-common/support.ts';
import { FIND, SAMPLE, startIsdp } from './huawei-isdp/support.ts';

/** The envelopes of CEC's interfaces: see lib/vendors/huawei-cec/envelope.ts. */
const ENVELOPES: [string, object, { code: string; message: string }][] = [
  ['returnCode and message', { returnCode: '17', message: 'no chat' }, { code: '17', message: 'no chat' }],
  ['returnCode and description', { returnCode: 17, description: 'no chat' }, { code: '17', message: 'no chat' }],
  ['resultCode and resultDesc', { resultCode: '17', resultDesc: 'no chat' }, { code: '17', message: 'no chat' }],
  ['resultCode and resultMessage', { resultCode: '17', resultMessage: 'no chat' }, { code: '17', message: 'no chat' }],
  ['retCode and retMsg', { retCode: '17', retMsg: 'no chat' }, { code: '17', message: 'no chat' }],
  ['error_code and error_msg', { error_code: 'A.17', error_msg: 'no chat' }, { code: 'A.17', message: 'no chat' }],
  ['errorCode and exceptionInfo', { errorCode: '17', exceptionInfo: 'no chat' }, { code: '17', message: 'no chat' }],
];

describe('getUserInfoByCallId', () => {
  it.each(ENVELOPES)('answers vendor-rejected with %s of a failure under HTTP 200', async (_, body, words) => {
    const world = await startCec(getUserInfoByCallId);
    world.vendor.fail({ path: USER_INFO, status: 200, body: JSON.stringify({ userId: '', ...body }), times: 9 });

    const response = await world.call(CHAT);

    expect(response.body).toMatchObject({ code: 'vendor-rejected', status: 422, retryable: false });
    expect(response.body.vendor).toEqual({ name: 'huawei-cec', ...words });
    expect(requestsTo(world, USER_INFO)).toHaveLength(1);
  });

  it.each([400, 403, 404, 405, 418, 500, 502, 503])(
    'passes on the words of each envelope under HTTP %i',
    async (status) => {
      const world = await startCec(getUserInfoByCallId);
      for (const [, body, words] of ENVELOPES) {
        world.vendor.fail({ path: USER_INFO, status, body: JSON.stringify(body), times: 3 });

        const response = await world.call(CHAT);

        expect(response.body.vendor).toEqual({ name: 'huawei-cec', ...words });
        world.vendor.reset();
      }
    },
  );

  it('answers vendor-rejected with the words of another envelope as the simulator has it', async () => {
    const world = await startCec(getUserInfoByCallId);
    world.vendor.fail({ path: USER_INFO, vendorCase: 'other-envelope' });

    const response = await world.call(CHAT);

    expect(response.body.code).toBe('vendor-rejected');
    expect(response.body.vendor).toEqual({ name: 'huawei-cec', code: '1', message: 'The request has failed.' });
  });

  it('shows no text that only looks like one of the vendor', async () => {
    const world = await startCec(getUserInfoByCallId);
    world.vendor.fail({ path: USER_INFO, status: 404, body: '{"message":"canary","description":"canary"}' });

    const response = await world.call(CHAT);

    expect(response.body.vendor).toEqual({ name: 'huawei-cec', code: '404' });
  });

  it.each([200, 400, 500])('refreshes the token that the words call expired under HTTP %i', async (status) => {
    const world = await startCec(getUserInfoByCallId);
    const body = { errorCode: '0', exceptionInfo: 'auth fail! illegal or expired token info.' };
    world.vendor.fail({ path: USER_INFO, status, body: JSON.stringify(body) });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);
    expect(world.outcomes[0]?.renewals).toEqual([`expired-token-${status}`]);
  });
});

describe('queryAgentLoginParams', () => {
  it.each(ENVELOPES)('answers vendor-rejected with %s of a failure under HTTP 200', async (_, body, words) => {
    const world = await startCec(queryAgentLoginParams);
    world.vendor.fail({ path: LOGIN_PARAMS, status: 200, body: JSON.stringify(body), times: 9 });

    const response = await world.call(LOGIN);

    expect(response.body).toMatchObject({ code: 'vendor-rejected', status: 422, retryable: false });
    expect(response.body.vendor).toEqual({ name: 'huawei-cec', ...words });
    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(1);
  });

  it.each([400, 404, 500, 503])(
    'shows no password of the results that a failure repeats under HTTP %i',
    async (status) => {
      const world = await startCec(queryAgentLoginParams);
      const results = { password: 'old-platform-password', sipPwd: '§7' };
      const said = (message: string) => JSON.stringify({ returnCode: '1', message, results });
      world.vendor.fail({ path: LOGIN_PARAMS, status, body: said('Change old-platform-password first.') });
      world.vendor.fail({ path: LOGIN_PARAMS, status, body: said('Change §7 first.') });

      const responses = [await world.call(LOGIN), await world.call(LOGIN)];

      expect(responses[0]?.body.vendor).toEqual({ name: 'huawei-cec', code: '1', message: 'Change [redacted] first.' });
      expect(responses[1]?.body.vendor).toEqual({ name: 'huawei-cec', code: '1' });
    },
  );
});

describe('findOnlineAgent', () => {
  const XML = (error: string, description: string) =>
    `<?xml version="1.0"?><OAuthException><error>${error}</error><error_description>${description}</error_description></OAuthException>`;

  it.each([
    [405, '{"error":"invalid_request","error_description":"no POST"}', { code: 'invalid_request', message: 'no POST' }],
    [405, XML('invalid_request', 'a &lt; b'), { code: 'invalid_request', message: 'a < b' }],
    [405, XML('invalid_request', '<![CDATA[a < b & c]]>'), { code: 'invalid_request', message: 'a < b & c' }],
    [405, XML('invalid_request', '&#26410;&#x627e;&#39;'), { code: 'invalid_request', message: "未找'" }],
    [405, '<o:e xmlns:o="x"><o:error a="b">invalid_request</o:error></o:e>', { code: 'invalid_request' }],
    [403, XML('access_denied', 'not subscribed'), { code: 'access_denied', message: 'not subscribed' }],
    [502, '{"error":"server_error","error_description":"down"}', { code: 'server_error', message: 'down' }],
    [503, XML('server_error', 'down'), { code: 'server_error', message: 'down' }],
    [404, '{"timestamp":1,"status":404,"error":"Not Found","path":"/"}', { code: '404', message: 'Not Found' }],
    [400, '{"stateCode":"7","errorMessage":"bad type"}', { code: '7', message: 'bad type' }],
    [500, '{"stateCode":"7","errorMessage":"bad type"}', { code: '7', message: 'bad type' }],
    [405, '<html>canary</html>', { code: '405' }],
    [204, '', { code: '204' }],
  ])('passes on the words of the vendor under HTTP %i: %s', async (status, body, words) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, status, body, times: 9 });

    const response = await world.call(SAMPLE);

    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.body.vendor).toEqual({ name: 'huawei-isdp', ...words });
  });

  it.each([
    ['access_denied', 'vendor-auth-failed'],
    ['insufficient_scope', 'vendor-auth-failed'],
    ['unsupported_response_type', 'vendor-rejected'],
  ])('answers %s under HTTP 200 with %s', async (error, code) => {
    const world = await startIsdp();
    for (const body of [JSON.stringify({ error, error_description: 'no' }), XML(error, 'no')]) {
      world.vendor.fail({ path: FIND, status: 200, body, times: 9 });

      const response = await world.call(SAMPLE);

      expect(response.body).toMatchObject({ code, retryable: false, vendor: { code: error, message: 'no' } });
      world.vendor.reset();
    }
  });
});
