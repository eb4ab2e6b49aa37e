import { describe, expect, it } from 'vitest';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { json } from '../../../local/simulators/server.ts';
import { around, bodyOf, expectProblem, requestsTo } from '../huawei-common/support.ts';
import { LOGIN, LOGIN_PARAMS, startCec } from './support.ts';

const start = () => startCec(queryAgentLoginParams);

/** A vendor whose lookup answers with `body`, and nothing else changed. */
const answering = (body: unknown) =>
  startCec(queryAgentLoginParams, {
    simulation: around(huaweiCec, ({ path }, answer) => (path === LOGIN_PARAMS ? json(200, body) : answer())),
  });

describe('sign-in parameters of an agent', () => {
  it('are answered as in the page’s own sample, the envelope taken off and the SIP type labelled', async () => {
    const world = await start();

    const response = await world.call(LOGIN);

    expect(response.status).toBe(200);
    expect(response.headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(response.body).toEqual({
      data: {
        workNo: '1516',
        password: '11fake8Q',
        sipAccount: '88887818',
        sipServerInfo: [{ sipServiceIp: '10.10.10.11', sipServicePort: '33', type: '0', typeLabel: 'SIP' }],
      },
      meta: {
        lookup: 'queryAgentLoginParams',
        requestId: expect.stringMatching(/^request-\d+$/),
        vendorMessage: 'verify Account or password success.',
        vendorMs: 0,
        attempts: 1,
      },
    });
  });

  it('are asked for as the page’s own sample has it', async () => {
    const world = await start();

    await world.call(LOGIN);

    const [request] = requestsTo(world, LOGIN_PARAMS);
    expect(request?.method).toBe('POST');
    expect(request?.headers).toMatchObject({
      authorization: expect.stringMatching(/^Bearer [0-9a-f]{32}$/),
      'x-app-key': 'demo-cec-app-key',
      'content-type': 'application/json;charset=UTF-8',
    });
    expect(bodyOf(request)).toEqual({ account: 'ls120201', password: 'Samplex' });
  });

  it('have the SIP password and the node where the vendor gives them', async () => {
    const world = await start();

    const response = await world.call({ account: 'webrtc-agent', password: 'demo-password' });

    expect(response.body.data).toEqual({
      workNo: '1517',
      password: 'demo-platform-password',
      sipAccount: '88887819',
      sipPwd: 'demo-sip-password',
      sipServerInfo: [
        { sipServiceIp: '192.0.2.20', sipServicePort: '5061', node: '1', type: '1', typeLabel: 'WebRTC' },
      ],
    });
  });

  it('are strings where the vendor sends numbers, and a work number may have six digits', async () => {
    const world = await start();
    world.vendor.fail({ path: LOGIN_PARAMS, vendorCase: 'numbers-for-strings' });

    const response = await world.call(LOGIN);

    expect(response.body.data).toEqual({
      workNo: '101516',
      password: '11fake8Q',
      sipAccount: '88887818',
      sipServerInfo: [{ sipServiceIp: '10.10.10.11', sipServicePort: '33', type: '0', typeLabel: 'SIP' }],
    });
  });

  it('label an unlisted SIP type unknown', async () => {
    const world = await answering({ returnCode: '0', results: { sipServerInfo: [{ type: '2' }] } });

    const response = await world.call(LOGIN);

    expect(response.body.data).toEqual({ sipServerInfo: [{ type: '2', typeLabel: 'unknown' }] });
  });

  it.each([
    ['absent', {}],
    ['null', { type: null }],
    ['empty', { type: '' }],
  ])('label a SIP type that is %s as SIP, the default of the page', async (_, type) => {
    const world = await answering({ returnCode: '0', results: { sipServerInfo: [{ node: '1', ...type }] } });

    const response = await world.call(LOGIN);

    expect(response.body.data).toEqual({ sipServerInfo: [{ node: '1', ...type, typeLabel: 'SIP' }] });
  });

  it('come with the message of the vendor in meta, without the secrets of request and answer', async () => {
    const message = `Samplex is right; sign in with 11fake8Q, or ${encodeURIComponent('sip/pwd')}.`;
    const world = await answering({ returnCode: '0', message, results: { password: '11fake8Q', sipPwd: 'sip/pwd' } });

    const response = await world.call(LOGIN);

    expect(response.body.data).toEqual({ password: '11fake8Q', sipPwd: 'sip/pwd' });
    expect(response.body.meta.vendorMessage).toBe('[redacted] is right; sign in with [redacted], or [redacted].');
  });

  it('come without the message where that has a secret in a spelling of its own', async () => {
    const message = `done with ${'Samplex'.replace(/./g, (char) => `&#${char.charCodeAt(0)};`)}`;
    const world = await answering({ returnCode: '0', message, results: { workNo: '1516' } });

    const response = await world.call(LOGIN);

    expect(response.status).toBe(200);
    expect(response.body.meta).not.toHaveProperty('vendorMessage');
  });

  it('leave out a field that is not documented, and name it', async () => {
    const world = await start();
    world.vendor.fail({ path: LOGIN_PARAMS, vendorCase: 'undocumented-field' });

    const response = await world.call(LOGIN);

    expect(response.body.data).not.toHaveProperty('undocumentedField');
    expect(response.body.meta.undocumentedFields).toEqual(['/undocumentedField']);
  });

  it.each([
    ['a missing return code', { results: { workNo: '1516' } }],
    ['a return code of null', { returnCode: null, results: { workNo: '1516' } }],
    ['the number 0 as its return code', { returnCode: 0, results: { workNo: '1516' } }],
  ])('are answered with %s where there are results', async (_, body) => {
    const world = await answering(body);

    const response = await world.call(LOGIN);

    expect(response.status).toBe(200);
    expect(response.body.data).toEqual({ workNo: '1516' });
  });
});

describe('an account that the vendor refuses', () => {
  it('is vendor-rejected by return code "1" and never sent again', async () => {
    const world = await start();
    world.vendor.fail({ path: LOGIN_PARAMS, vendorCase: 'return-code-1', times: 9 });

    const response = await world.call(LOGIN);

    expectProblem(response, { code: 'vendor-rejected', status: 422, retryable: false });
    expect(response.body.vendor).toEqual({
      name: 'huawei-cec',
      code: '1',
      message: 'verify Account or password fail.',
    });
    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(1);
  });

  it('is vendor-rejected where its password is wrong', async () => {
    const world = await start();

    const response = await world.call({ ...LOGIN, password: 'wrong-password' });

    expectProblem(response, { code: 'vendor-rejected', status: 422, retryable: false });
    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(1);
  });

  it('is vendor-rejected where the return code is the number 1, even beside results', async () => {
    const world = await answering({ returnCode: 1, results: { workNo: '1516' } });

    const response = await world.call(LOGIN);

    expectProblem(response, { code: 'vendor-rejected', status: 422, vendor: { name: 'huawei-cec', code: '1' } });
  });
});

describe('an account that the vendor accepts without results', () => {
  it('is not-found as the simulator has it', async () => {
    const world = await start();
    world.vendor.fail({ path: LOGIN_PARAMS, vendorCase: 'missing-results' });

    expectProblem(await world.call(LOGIN), {
      code: 'not-found',
      vendor: { name: 'huawei-cec', code: '0', message: 'verify Account or password success.' },
    });
  });

  it.each([
    ['absent', {}],
    ['null', { results: null }],
  ])('is not-found with the message, where results are %s', async (_, results) => {
    const world = await answering({ returnCode: '0', message: 'no agent is bound to Samplex', ...results });

    const response = await world.call(LOGIN);

    expectProblem(response, {
      code: 'not-found',
      status: 404,
      retryable: false,
      vendor: { name: 'huawei-cec', code: '0', message: 'no agent is bound to [redacted]' },
    });
    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(1);
  });
});

describe('an answer that breaks the page', () => {
  it.each([
    ['neither return code nor results', { message: 'done' }],
    ['results that are no object', { returnCode: '0', results: ['1516'] }],
    ['a list for its envelope', []],
  ])('is vendor-contract-changed with %s', async (_, body) => {
    const world = await answering(body);

    const response = await world.call(LOGIN);

    expectProblem(response, { code: 'vendor-contract-changed', status: 502, retryable: false });
  });

  it('is vendor-contract-changed where a password is no text, without a word of it', async () => {
    const world = await answering({ returnCode: '0', results: { password: { canary: 'canary' } } });

    const response = await world.call(LOGIN);

    expectProblem(response, {
      code: 'vendor-contract-changed',
      detail: 'The answer of the vendor breaks its documentation: /password must be a string.',
    });
    expect(response.text).not.toContain('canary');
  });
});
