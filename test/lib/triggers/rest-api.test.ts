import { describe, expect, test } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { startWorld } from '../../support/world.ts';
import { invoke, readEvent } from './http-support.ts';

const INPUT = JSON.stringify({ callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' });
const PRINCIPALS = '{"arn:aws:iam::111122223333:role/desk":["default"]}';

const start = (accountAccess?: string) =>
  startWorld({
    lookup: getUserInfoByCallId,
    simulation: huaweiCec,
    secret: cecSecret,
    ...(accountAccess !== undefined && { accountAccess }),
  });

/** The event of a file with an input that the vendor knows, and with changes of what API Gateway says of the request. */
function eventOf(file: string, requestContext: object = {}) {
  const event = readEvent(file);
  return { ...event, body: INPUT, requestContext: { ...event['requestContext'], ...requestContext } };
}

const withClaims = (claims: unknown) => eventOf('rest-api-cognito.json', { authorizer: { claims } });

test('the answer has what a proxy integration asks for', async () => {
  const world = await start();
  const { result } = await invoke(world, eventOf('rest-api-iam.json'));
  expect(result).toEqual({
    statusCode: 200,
    headers: { 'cache-control': 'no-store', 'content-type': 'application/json' },
    body: expect.stringContaining('Visitor'),
    isBase64Encoded: false,
  });
});

test('the console’s test, which has neither headers nor a body, is refused before anything is asked of anybody', async () => {
  const world = await start();
  const answer = await invoke(world, readEvent('rest-api-test-invoke.json'));
  expect(answer).toMatchObject({ status: 415, body: { code: 'invalid-input' } });
  expect(world.secretsManager.requests).toEqual([]);
  expect(world.outcomes).toMatchObject([{ outcome: 'failed', account: 'default' }]);
});

test.each(['X-Vendor-Account', 'x-vendor-account', 'X-VENDOR-ACCOUNT'])(
  'the header %s names the account, in either of the two lists of headers',
  async (name) => {
    const world = await start();
    const event = eventOf('rest-api-iam.json');
    const { headers, multiValueHeaders } = readEvent('rest-api-iam.json');
    const single = { ...headers, [name]: 'nobody' };
    const multiple = { ...multiValueHeaders, [name]: ['nobody'] };
    for (const forms of [
      { headers: single, multiValueHeaders: multiple },
      { headers: single, multiValueHeaders: null },
      { headers: null, multiValueHeaders: multiple },
    ]) {
      expect(await invoke(world, { ...event, ...forms })).toMatchObject({ status: 404 });
    }
    expect(world.outcomes.map(({ account }) => account)).toEqual(['nobody', 'nobody', 'nobody']);
  },
);

test('of an account that is named twice no one is chosen', async () => {
  const world = await start();
  const event = eventOf('rest-api-iam.json');
  const multiValueHeaders = { ...readEvent('rest-api-iam.json')['multiValueHeaders'], 'X-Vendor-Account': ['a', 'b'] };
  expect(await invoke(world, { ...event, multiValueHeaders })).toMatchObject({ status: 400 });
});

describe('with the accounts of each IAM principal', () => {
  test('a session of a listed role may use its account', async () => {
    const world = await start(PRINCIPALS);
    expect(await invoke(world, eventOf('rest-api-iam.json'))).toMatchObject({ status: 200 });
  });

  test.each([
    ['who has a Cognito token', eventOf('rest-api-cognito.json')],
    ['whom a Lambda authorizer let through', eventOf('rest-api-lambda-authorizer.json')],
    ['the root user, who tests in the console', eventOf('rest-api-test-invoke.json')],
    ['an event that says nothing of its caller', eventOf('rest-api-iam.json', { identity: undefined })],
    [
      'an ARN that stands among the claims',
      withClaims({ userArn: 'arn:aws:sts::111122223333:assumed-role/desk/agent' }),
    ],
  ])('%s may not', async (_who, event) => {
    const world = await start(PRINCIPALS);
    expect(await invoke(world, event)).toMatchObject({ status: 403, body: { code: 'forbidden-account' } });
    expect(world.secretsManager.requests).toEqual([]);
  });
});

describe('with the accounts of each token', () => {
  // A Cognito authorizer gives texts, a JWT authorizer each claim with its JSON type.
  test.each([['default'], ['emea,default'], ['[emea default]'], [['emea', 'default']]])(
    'the claim %j gives the account default',
    async (claim) => {
      const world = await start('jwt');
      expect(await invoke(world, withClaims({ sub: 'ann', vendor_accounts: claim }))).toMatchObject({ status: 200 });
    },
  );

  test.each([
    ['no such claim', eventOf('rest-api-cognito.json')],
    ['another account', withClaims({ vendor_accounts: 'emea' })],
    ['claims that are null', withClaims(null)],
    ['claims that are a text', withClaims('{"vendor_accounts":"*"}')],
    ['an authorizer that is null', eventOf('rest-api-iam.json', { authorizer: null })],
    ['the flat context of a Lambda authorizer', eventOf('rest-api-lambda-authorizer.json')],
    [
      'a Lambda authorizer’s own field of that name',
      eventOf('rest-api-lambda-authorizer.json', { authorizer: { principalId: 'ann', vendor_accounts: '*' } }),
    ],
    [
      'an HTTP API’s form of claims',
      eventOf('rest-api-iam.json', { authorizer: { jwt: { claims: { vendor_accounts: '*' } } } }),
    ],
    ['an IAM principal', eventOf('rest-api-iam.json')],
  ])('%s gives none', async (_what, event) => {
    const world = await start('jwt');
    expect(await invoke(world, event)).toMatchObject({ status: 403, body: { code: 'forbidden-account' } });
  });
});
