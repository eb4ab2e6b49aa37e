import { expect, test } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { startWorld } from '../../support/world.ts';
import { invoke, readEvent } from './http-support.ts';

const INPUT = JSON.stringify({ callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' });

const start = (accountAccess?: string) =>
  startWorld({
    lookup: getUserInfoByCallId,
    simulation: huaweiCec,
    secret: cecSecret,
    ...(accountAccess !== undefined && { accountAccess }),
  });

const eventOf = (file: string) => ({ ...readEvent(file), body: INPUT });

test('the answer has headers, a description of its status, and says that it is text', async () => {
  const world = await start();
  expect((await invoke(world, eventOf('alb.json'))).result).toEqual({
    statusCode: 200,
    statusDescription: '200 OK',
    headers: { 'cache-control': 'no-store', 'content-type': 'application/json' },
    body: expect.stringContaining('Visitor'),
    isBase64Encoded: false,
  });
});

test('a load balancer with multi-value headers gets lists of them, and nothing else', async () => {
  const world = await start();
  expect((await invoke(world, eventOf('alb-multi-value.json'))).result).toEqual({
    statusCode: 200,
    statusDescription: '200 OK',
    multiValueHeaders: { 'cache-control': ['no-store'], 'content-type': ['application/json'] },
    body: expect.stringContaining('Visitor'),
    isBase64Encoded: false,
  });
});

test.each([
  ['alb.json', { status: 429, headers: { 'retry-after': '60' }, body: '{}' }, '429 Too Many Requests'],
  ['alb-multi-value.json', { status: 429, headers: { 'retry-after': '60' }, body: '{}' }, '429 Too Many Requests'],
  ['alb.json', { status: 200, body: '<html>' }, '502 Bad Gateway'],
])('a failure over %s is described by its status: %j', async (file, fault, statusDescription) => {
  const world = await start();
  world.vendor.fail({ path: 'getUserInfo', times: 9, ...fault });
  expect((await invoke(world, eventOf(file))).result).toMatchObject({
    statusCode: Number.parseInt(statusDescription, 10),
    statusDescription,
  });
});

test('headers of several values are one header each', async () => {
  const world = await start();
  const event = eventOf('alb-multi-value.json');
  const multiValueHeaders = {
    ...readEvent('alb-multi-value.json')['multiValueHeaders'],
    'X-Vendor-Account': ['nobody'],
  };
  expect(await invoke(world, { ...event, multiValueHeaders })).toMatchObject({ status: 404 });
  multiValueHeaders['X-Vendor-Account'] = ['default', 'nobody'];
  expect(await invoke(world, { ...event, multiValueHeaders })).toMatchObject({ status: 400 });
});

test('nobody has an account where accounts are given to callers, whatever the headers say', async () => {
  const headers = {
    ...readEvent('alb.json')['headers'],
    'x-amzn-oidc-identity': 'ann',
    'x-amzn-oidc-data': `e30.${Buffer.from('{"vendor_accounts":"*"}').toString('base64url')}.c2ln`,
    authorization: 'Bearer any',
  };
  for (const accountAccess of ['jwt', '{"arn:aws:iam::111122223333:role/desk":"*"}']) {
    const world = await start(accountAccess);
    for (const event of [eventOf('alb.json'), { ...eventOf('alb.json'), headers }]) {
      expect(await invoke(world, event)).toMatchObject({ status: 403, body: { code: 'forbidden-account' } });
    }
    expect(world.secretsManager.requests).toEqual([]);
  }
});

test('a health check asks nothing of anybody, and is refused as a request that is not JSON', async () => {
  const world = await start();
  const answer = await invoke(world, readEvent('alb-health-check.json'));
  expect(answer.result).toMatchObject({ statusCode: 415, statusDescription: '415 Unsupported Media Type' });
  expect(world.secretsManager.requests).toEqual([]);
  expect(world.vendor.requests).toEqual([]);
});
