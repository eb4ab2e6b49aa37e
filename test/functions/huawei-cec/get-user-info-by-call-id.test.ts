import { describe, expect, it } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { createTestClock } from '../../support/clock.ts';
import { resultsOn } from '../../support/messages.ts';
import { startQueueWorld } from '../../support/queue.ts';
import { around, bodyOf, expectProblem, gaps, requestsTo, withFields } from '../huawei-common/support.ts';
import { CHAT, startCec, USER_INFO } from './support.ts';

const USER = {
  userNickname: 'Visitor',
  userId: '1652268429538866153',
  userAvatar: '',
  channel: 'WEB',
  createTime: '1652317325000',
  channelConfigId: '202205110001',
  userAgent: 'Mozilla/5.0',
  clientIp: '192.0.2.10',
  osName: 'Windows',
  borderType: '10',
};

const start = () => startCec(getUserInfoByCallId);

describe('the user of a chat', () => {
  it('is answered with every field of the page, under the vendor’s own names', async () => {
    const world = await start();

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(response.headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(response.body).toEqual({
      data: USER,
      meta: {
        lookup: 'getUserInfoByCallId',
        requestId: expect.stringMatching(/^request-\d+$/),
        vendorMs: 0,
        attempts: 1,
      },
    });
  });

  it('is asked for as the page documents it', async () => {
    const world = await start();

    await world.call(CHAT);

    const [request] = requestsTo(world, USER_INFO);
    expect(request?.method).toBe('POST');
    expect(request?.headers).toMatchObject({
      authorization: expect.stringMatching(/^Bearer [0-9a-f]{32}$/),
      'x-app-key': 'demo-cec-app-key',
      'content-type': 'application/json;charset=UTF-8',
      accept: 'application/json',
    });
    expect(bodyOf(request)).toEqual(CHAT);
  });

  it('has only the fields that the vendor gave', async () => {
    const world = await start();

    const response = await world.call({
      callId: '1659938875-16806492',
      userId: 'visitor-0123456789-0123456789-ab',
      tenantId: '202205116084',
    });

    expect(response.body.data).toEqual({
      userNickname: '访客',
      userId: 'visitor-0123456789-0123456789-ab',
      channel: 'WECHAT',
      createTime: '1659938875000',
      channelConfigId: '202205110002',
    });
  });

  it('keeps each of 19 digits where the vendor sends numbers for the strings of its table', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, vendorCase: 'numbers-for-strings' });

    const response = await world.call(CHAT);

    expect(response.body.data).toEqual(USER);
  });

  it('passes a creation time of any format as it came', async () => {
    const simulation = around(huaweiCec, async ({ path }, answer) =>
      path === USER_INFO ? withFields(await answer(), { createTime: '2022-05-12 09:02:05' }) : answer(),
    );
    const world = await startCec(getUserInfoByCallId, { simulation });

    const response = await world.call(CHAT);

    expect(response.body.data).toEqual({ ...USER, createTime: '2022-05-12 09:02:05' });
  });

  it('has null where the vendor says null', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, status: 200, body: '{"userId":"1","userAvatar":null}' });

    const response = await world.call(CHAT);

    expect(response.body.data).toEqual({ userId: '1', userAvatar: null });
  });

  it('leaves out a field that is not documented, and names it', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, vendorCase: 'undocumented-field' });

    const response = await world.call(CHAT);

    expect(response.body.data).toEqual(USER);
    expect(response.body.meta.undocumentedFields).toEqual(['/undocumentedField']);
    expect(world.outcomes[0]).toMatchObject({ outcome: 'succeeded', undocumentedFields: ['/undocumentedField'] });
  });
});

describe('a chat that has ended or never was', () => {
  it.each(['not-found-empty-object', 'not-found-empty-body', 'not-found-null', 'not-found-empty-array'])(
    'is not-found: %s',
    async (vendorCase) => {
      const world = await start();
      world.vendor.fail({ path: USER_INFO, vendorCase });

      const response = await world.call(CHAT);

      expectProblem(response, { code: 'not-found', status: 404, retryable: false });
      expect(requestsTo(world, USER_INFO)).toHaveLength(1);
    },
  );

  it('is not-found where nothing matches the request', async () => {
    const world = await start();

    const response = await world.call({ ...CHAT, callId: '1652317325-340' });

    expectProblem(response, { code: 'not-found', status: 404, retryable: false });
  });
});

describe('a business failure, HTTP 500', () => {
  it('is asked about once more, and the second answer counts', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, vendorCase: 'business-500' });

    const response = await world.call(CHAT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(2);
    expect(gaps(requestsTo(world, USER_INFO))).toEqual([50]);
  });

  it('is vendor-rejected after the one retry, and not retryable', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, vendorCase: 'business-500', times: 9 });

    const response = await world.call(CHAT);

    expectProblem(response, {
      code: 'vendor-rejected',
      status: 422,
      retryable: false,
      detail: 'The vendor answered HTTP 500, which it documents as a business failure: check the values.',
      vendor: { name: 'huawei-cec', code: '500' },
    });
    expect(requestsTo(world, USER_INFO)).toHaveLength(2);
  });

  it('is vendor-rejected by the second one in a row, whatever came before', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, status: 503, body: '{}' });
    world.vendor.fail({ path: USER_INFO, vendorCase: 'business-500', times: 9 });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-rejected', status: 422, retryable: false });
    expect(requestsTo(world, USER_INFO)).toHaveLength(3);
  });

  it('is retryable where the time left does not hold its one retry', async () => {
    const world = await startCec(getUserInfoByCallId, { clock: createTestClock({ skipWaitsMs: 0 }) });
    await world.call(CHAT);
    world.vendor.fail({ path: USER_INFO, vendorCase: 'business-500', times: 9 });

    const response = await world.call(CHAT, { remainingMs: 700 });

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(requestsTo(world, USER_INFO)).toHaveLength(2);
  });

  it('has its one retry however many of them an instance has seen', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, vendorCase: 'business-500', times: 99 });

    for (let calls = 0; calls < 15; calls += 1) expectProblem(await world.call(CHAT), { code: 'vendor-rejected' });

    expect(requestsTo(world, USER_INFO)).toHaveLength(30);
  });

  it('of a message is published as vendor-rejected after its one retry, and does not return to the queue', async () => {
    const world = await startQueueWorld();
    world.vendor.fail({ path: USER_INFO, vendorCase: 'business-500', times: 9 });
    const id = world.send({ input: { ...CHAT, callId: 'no-such-call' } });

    const { deleted } = await world.poll();

    expect(deleted).toEqual([id]);
    const failed = { type: 'Lookup Failed', detail: { problem: { code: 'vendor-rejected', retryable: false } } };
    expect(resultsOn(world.bus)).toMatchObject([failed]);
    expect(requestsTo(world, USER_INFO)).toHaveLength(2);
  });
});

describe('an answer that breaks the page', () => {
  it.each([400, 404])('is vendor-rejected with the documented status %i, and is not asked again', async (status) => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, status, body: '{}', times: 9 });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-rejected', status: 422, retryable: false });
    expect(response.body.vendor).toEqual({ name: 'huawei-cec', code: String(status) });
    expect(response.body.detail).toContain('`baseUrl`');
    expect(requestsTo(world, USER_INFO)).toHaveLength(1);
  });

  it('is vendor-contract-changed where a field has another type, which is named and not quoted', async () => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, status: 200, body: '{"userId":{"canary":"value"}}' });

    const response = await world.call(CHAT);

    expectProblem(response, {
      code: 'vendor-contract-changed',
      status: 502,
      retryable: false,
      detail: 'The answer of the vendor breaks its documentation: /userId must be a string.',
    });
    expect(response.text).not.toContain('canary');
  });

  it.each([
    ['a list with something in it', '[{"userId":"1"}]'],
    ['a string', '"user"'],
    ['an object with none of the documented fields', '{"message":"canary"}'],
    ['a success without any field', '{"resultCode":"0","resultDesc":"success"}'],
  ])('is vendor-contract-changed where it is %s', async (_, body) => {
    const world = await start();
    world.vendor.fail({ path: USER_INFO, status: 200, body });

    const response = await world.call(CHAT);

    expectProblem(response, { code: 'vendor-contract-changed', status: 502, retryable: false });
  });
});
