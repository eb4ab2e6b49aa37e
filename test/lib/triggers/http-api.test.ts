import { expect, test } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { type Call, startWorld } from '../../support/world.ts';

const INPUT = { callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' };

const startCec = () => startWorld({ lookup: getUserInfoByCallId, simulation: huaweiCec, secret: cecSecret });

test('a body that API Gateway passes in base64 is read like any other', async () => {
  const world = await startCec();
  const body = Buffer.from(JSON.stringify(INPUT)).toString('base64');
  const answer = await world.call(undefined, { body, event: { isBase64Encoded: true } });
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
});

test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/merge-patch+json'])(
  'the content type %s is JSON',
  async (contentType) => {
    const world = await startCec();
    expect(await world.call(INPUT, { headers: { 'content-type': contentType } })).toMatchObject({ status: 200 });
  },
);

const refusals: [string, Call, number, object][] = [
  ['a content type that is not JSON', { headers: { 'content-type': 'text/plain' } }, 415, {}],
  ['a body of more than 64 KiB', { body: `{"callId":"${'x'.repeat(64 * 1024)}"}` }, 413, {}],
  ['a body that is not JSON', { body: '{"callId":' }, 400, {}],
  ['no body', { body: '' }, 400, {}],
  ['a body that is no object', { body: '[1]' }, 400, { errors: [{ pointer: '', detail: 'must be an object' }] }],
  ['an account name that breaks its rule', { account: '../other' }, 400, {}],
  ['an account name of 64 characters', { account: 'a'.repeat(64) }, 400, {}],
];

test.each(refusals)('%s is refused before anything is asked of anybody', async (_what, call, status, rest) => {
  const world = await startCec();
  const answer = await world.call(INPUT, call);
  expect(answer).toMatchObject({
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: {
      type: 'urn:contact-lookups:problem:invalid-input',
      code: 'invalid-input',
      status,
      retryable: false,
      ...rest,
    },
  });
  expect(world.vendor.requests).toEqual([]);
  expect(world.secretsManager.requests).toEqual([]);
  expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'invalid-input' }]);
});

test('a body of exactly 64 KiB is read', async () => {
  const world = await startCec();
  const body = JSON.stringify(INPUT).padEnd(64 * 1024);
  expect(await world.call(undefined, { body })).toMatchObject({ status: 200 });
});

test('a request without a content type is refused as one that is not JSON', async () => {
  const world = await startCec();
  expect(await world.call(INPUT, { event: { headers: {} } })).toMatchObject({ status: 415 });
});

test('the account comes from the header, and without one it is the default', async () => {
  const world = await startCec();
  world.putSecret('emea-2', cecSecret(world.vendor.url));
  expect(await world.call(INPUT, { account: 'emea-2' })).toMatchObject({ status: 200 });
  expect(await world.call(INPUT)).toMatchObject({ status: 200 });
  expect(await world.call(INPUT, { account: 'nobody' })).toMatchObject({
    status: 404,
    body: { code: 'unknown-account' },
  });
  expect(world.outcomes.map(({ account }) => account)).toEqual(['emea-2', 'default', 'nobody']);
});

test('the problem names the request that Lambda logs', async () => {
  const world = await startCec();
  const answer = await world.call({});
  expect(answer.body.instance).toBe(`urn:uuid:${world.outcomes[0]?.requestId}`);
});
