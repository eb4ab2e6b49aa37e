import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { createServices } from '../../../lib/handler.ts';
import { readAccountAccess } from '../../../lib/triggers/account-access.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { createEvent, type Response, startWorld, type World } from '../../support/world.ts';

const INPUT = { callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' };

const DESK = 'arn:aws:iam::123456789012:role/team/nested/Desk';
const ANN = 'arn:aws:sts::123456789012:assumed-role/Ops/ann@example.com';
const BOB = 'arn:aws:iam::123456789012:user/team/bob';
const TEMP = 'arn:aws:sts::123456789012:federated-user/temp';
const CHINA = 'arn:aws-cn:iam::210987654321:role/Desk';
const PRINCIPALS = JSON.stringify({
  [DESK]: ['default'],
  [ANN]: ['emea'],
  [BOB]: '*',
  [TEMP]: ['emea'],
  [CHINA]: ['emea'],
  'arn:aws:sts::123456789012:assumed-role/Desk/chief': ['emea'],
});

/** With the secrets of `default` and `emea`. */
async function start(accountAccess?: string): Promise<World> {
  const world = await startWorld({
    lookup: getUserInfoByCallId,
    simulation: huaweiCec,
    secret: cecSecret,
    ...(accountAccess !== undefined && { accountAccess }),
  });
  world.putSecret('emea', cecSecret(world.vendor.url));
  return world;
}

/** What API Gateway puts into an event of a caller whom it has let through. */
const authorizedBy = (authorizer: unknown) => ({
  requestContext: { ...createEvent('').requestContext, authorizer },
});
const withClaim = (claim: unknown) =>
  authorizedBy({ jwt: { claims: { sub: 'ann', vendor_accounts: claim }, scopes: null } });
const signedBy = (userArn: unknown) =>
  authorizedBy({
    iam: { accessKey: 'ASIA', accountId: '123456789012', callerId: 'AROA:ann', userArn, userId: 'AROA' },
  });

type Event = ReturnType<typeof authorizedBy>;

const ask = (world: World, account: string, event: Event): Promise<Response> => world.call(INPUT, { account, event });

function expectForbidden(response: Response): void {
  expect(response).toMatchObject({
    status: 403,
    headers: { 'content-type': 'application/problem+json' },
    body: { code: 'forbidden-account', retryable: false },
  });
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('with a JWT', () => {
  test.each([
    ['[default emea]'],
    ['[emea]'],
    ['emea'],
    ['*'],
    ['[*]'],
    ['default emea'],
    ['default,emea'],
    ['default, emea'],
    [['default', 'emea']],
    [['*']],
  ])('the claim %j gives the account emea', async (claim) => {
    const world = await start('jwt');
    expect(await ask(world, 'emea', withClaim(claim))).toMatchObject({ status: 200 });
  });

  test.each([
    [undefined],
    [null],
    [''],
    ['[]'],
    [[]],
    ['default'],
    ['[default emea-2]'],
    ['[default EMEA]'],
    ['eme'],
    ['emeaa'],
    ['"emea"'],
    ['default;emea'],
    ['emea]'],
    ['[emea'],
    ['[[emea] default]'],
    ['map[emea:default emea default]'],
    ['[map[note:an emea desk]]'],
    [['default', 'emea-2']],
    [[' emea']],
    [[['emea']]],
    [['default emea']],
    ['[default *]'],
    ['[* default]'],
    ['default *'],
    ['default, *'],
    ['* *'],
    [['default', '*']],
    [['default *']],
    [['* ']],
    [['*', 'default emea']],
    [{ emea: true }],
    [true],
    [7],
  ])('the claim %j does not give the account emea', async (claim) => {
    const world = await start('jwt');
    expectForbidden(await ask(world, 'emea', withClaim(claim)));
    expect(world.secretsManager.requests).toEqual([]);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['no JWT', {}],
    ['a JWT of null', { jwt: null }],
    ['no claims', { jwt: { claims: null, scopes: null } }],
    ['an IAM user', { iam: { userArn: BOB } }],
    ["a claim that is another authorizer's", { lambda: { vendor_accounts: '*' }, claims: { vendor_accounts: '*' } }],
  ])('an event that has %s of the caller gives no account', async (_what, authorizer) => {
    const world = await start('jwt');
    expectForbidden(await ask(world, 'default', authorizedBy(authorizer)));
  });

  test.each([['[default *]'], [['default', 'default emea']], ['default * emea*']])(
    'the claim %j still gives the account default',
    async (claim) => {
      const world = await start('jwt');
      expect(await ask(world, 'default', withClaim(claim))).toMatchObject({ status: 200 });
    },
  );

  test('the claim is for the account by default as for one that is named', async () => {
    const world = await start('jwt');
    expect(await world.call(INPUT, { event: withClaim('[default]') })).toMatchObject({ status: 200 });
    expectForbidden(await world.call(INPUT, { event: withClaim('[emea]') }));
  });
});

describe('with IAM and the accounts of each principal', () => {
  test.each([
    ['every session of a listed role', 'default', 'arn:aws:sts::123456789012:assumed-role/Desk/any-session'],
    ['a session that is listed itself', 'emea', ANN],
    ['a session for itself and for its role', 'default', 'arn:aws:sts::123456789012:assumed-role/Desk/chief'],
    ['a session beyond its role', 'emea', 'arn:aws:sts::123456789012:assumed-role/Desk/chief'],
    ['a listed user', 'emea', BOB],
    ['a federated user', 'emea', TEMP],
    ['a role of another partition', 'emea', 'arn:aws-cn:sts::210987654321:assumed-role/Desk/any-session'],
  ])('%s may use its account', async (_who, account, userArn) => {
    const world = await start(PRINCIPALS);
    expect(await ask(world, account, signedBy(userArn))).toMatchObject({ status: 200 });
  });

  test.each([
    ['an account that is not on its list', 'emea', 'arn:aws:sts::123456789012:assumed-role/Desk/any-session'],
    ['a role of the same name in another AWS account', 'default', 'arn:aws:sts::999999999999:assumed-role/Desk/s'],
    ['a role of the same name in another partition', 'default', 'arn:aws-cn:sts::123456789012:assumed-role/Desk/s'],
    ['a role whose name begins with a listed one', 'default', 'arn:aws:sts::123456789012:assumed-role/Desk2/s'],
    ['a role that a listed one begins with', 'default', 'arn:aws:sts::123456789012:assumed-role/Des/s'],
    ['a role in other letters', 'default', 'arn:aws:sts::123456789012:assumed-role/desk/s'],
    ['a session that has the name of a role', 'default', 'arn:aws:sts::123456789012:assumed-role/Other/Desk'],
    ['another session of a listed one', 'emea', 'arn:aws:sts::123456789012:assumed-role/Ops/bob'],
    ['a user of the same name by another path', 'emea', 'arn:aws:iam::123456789012:user/bob'],
    ['a user of the same name in another AWS account', 'emea', 'arn:aws:iam::999999999999:user/team/bob'],
    ['a user with the name of a role', 'default', 'arn:aws:iam::123456789012:user/Desk'],
    ['the root user', 'default', 'arn:aws:iam::123456789012:root'],
    ['who is not listed', 'default', 'arn:aws:iam::123456789012:user/eve'],
    ['an empty ARN', 'default', ''],
    ['a session with more after it', 'default', 'arn:aws:sts::123456789012:assumed-role/Desk/s/more'],
    ['an ARN that is no text', 'default', ['arn:aws:sts::123456789012:assumed-role/Desk/s']],
    ['no ARN', 'default', undefined],
  ])('%s may not be used', async (_who, account, userArn) => {
    const world = await start(PRINCIPALS);
    expectForbidden(await ask(world, account, signedBy(userArn)));
    expect(world.secretsManager.requests).toEqual([]);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['IAM of null', { iam: null }],
    ['a JWT', { jwt: { claims: { vendor_accounts: '*' }, scopes: null } }],
  ])('an event that has %s of the caller gives no account', async (_what, authorizer) => {
    const world = await start(PRINCIPALS);
    expectForbidden(await ask(world, 'default', authorizedBy(authorizer)));
  });

  test('nobody is listed in an empty object', async () => {
    const world = await start('{}');
    expectForbidden(await ask(world, 'default', signedBy(BOB)));
  });
});

test('a star lets every caller use every account', async () => {
  const world = await start('*');
  const callers = [authorizedBy(undefined), signedBy('arn:aws:iam::123456789012:user/eve'), withClaim(undefined)];
  for (const event of callers) expect(await ask(world, 'emea', event)).toMatchObject({ status: 200 });
});

describe('who may not use an account', () => {
  test('gets the same answer whether it exists or not, and nobody is asked', async () => {
    const world = await start(PRINCIPALS);
    const eve = signedBy('arn:aws:iam::123456789012:user/eve');

    const [existing, missing] = [await ask(world, 'emea', eve), await ask(world, 'nobody', eve)];

    expectForbidden(existing);
    const withoutId = ({ status, headers, text, body }: Response) => [status, headers, text.replace(body.instance, '')];
    expect(withoutId(missing)).toEqual(withoutId(existing));
    expect(world.secretsManager.requests).toEqual([]);
    expect(world.vendor.requests).toEqual([]);
    expect(world.outcomes).toMatchObject([
      { outcome: 'failed', problem: 'forbidden-account', account: 'emea' },
      { outcome: 'failed', problem: 'forbidden-account', account: 'nobody' },
    ]);
  });

  test('may not use it either where the process has its secret and token', async () => {
    const world = await start(PRINCIPALS);
    await ask(world, 'emea', signedBy(ANN));
    const asked = world.vendor.requests.length;

    expectForbidden(await ask(world, 'emea', signedBy('arn:aws:sts::123456789012:assumed-role/Ops/eve')));

    expect(world.vendor.requests).toHaveLength(asked);
  });

  test('learns it before anything of the input', async () => {
    const world = await start('{}');
    expectForbidden(await world.call(undefined, { body: 'no JSON', headers: { 'content-type': 'text/plain' } }));
  });
});

test('who may use an account learns that there is none', async () => {
  const world = await start(PRINCIPALS);
  expect(await ask(world, 'nobody', signedBy(BOB))).toMatchObject({ status: 404, body: { code: 'unknown-account' } });
});

test.each(['Upper', '*', '../emea', ''])(
  'the name %j is refused as one, and not logged, whatever its caller may use',
  async (account) => {
    const world = await start(PRINCIPALS);
    for (const event of [signedBy(BOB), signedBy(undefined)]) {
      expect(await ask(world, account, event)).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
    }
    for (const outcome of world.outcomes) expect(outcome).not.toHaveProperty('account');
  },
);

test('of any list of accounts, those on it may be used and no other', async () => {
  // Few letters and short names, so that names are often on the list, or begin with one that is.
  const name = fc.stringMatching(/^[ab][ab-]{0,2}$/);
  const world = await start('jwt');

  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { maxLength: 6 }), name, async (list, account) => {
      const onList = list.includes(account);
      for (const claim of [list, `[${list.join(' ')}]`, list.join(', ')]) {
        const response = await ask(world, account, withClaim(claim));
        expect(response.body.code).toBe(onList ? 'unknown-account' : 'forbidden-account');
      }
      const access = readAccountAccess(JSON.stringify({ [BOB]: list }));
      expect(access({ userArn: BOB })(account)).toBe(onList);
    }),
    { numRuns: 200 },
  );
});

describe('the setting', () => {
  test.each([
    ['another word', 'all'],
    ['the word in other letters', 'JWT'],
    ['nothing', ''],
    ['a list', '["default"]'],
    ['a text', '"*"'],
    ['null', 'null'],
    ['JSON that is none', `{"${DESK}":`],
    ['a principal that is no ARN', '{"Desk":["default"]}'],
    ['an AWS account', '{"arn:aws:iam::123456789012:root":["default"]}'],
    ['a wildcard', '{"arn:aws:iam::123456789012:role/*":["default"]}'],
    ['a wildcard in a path', '{"arn:aws:iam::123456789012:role/*/Desk":["default"]}'],
    ['a wildcard for sessions', '{"arn:aws:sts::123456789012:assumed-role/Desk/*":["default"]}'],
    ['a role as STS has it, without a session', '{"arn:aws:sts::123456789012:assumed-role/Desk":["default"]}'],
    ['an ARN with more after it', `{"${BOB}\\n":["default"]}`],
    ['a session with more after it', `{"${ANN}/more":["default"]}`],
    ['a group', '{"arn:aws:iam::123456789012:group/desk":["default"]}'],
    ['one account, and no list', `{"${BOB}":"default"}`],
    ['a star in a list', `{"${BOB}":["*"]}`],
    ['a name that no account can have', `{"${BOB}":["Default"]}`],
    ['a name that is no text', `{"${BOB}":[7]}`],
    ['accounts that are none', `{"${BOB}":null}`],
    ['one role twice', `{"${DESK}":["default"],"arn:aws:iam::123456789012:role/Desk":["emea"]}`],
    ['none at all', undefined],
  ])('is refused at the start, by its name: %s', (_what, setting) => {
    vi.stubEnv('ACCOUNT_ACCESS', setting);
    expect(() => createServices()).toThrow('ACCOUNT_ACCESS');
  });

  test('comes from the environment', () => {
    const caller = { claims: { vendor_accounts: '[emea]' } };
    const mayUse = (setting: string) => {
      vi.stubEnv('ACCOUNT_ACCESS', setting);
      return ['emea', 'other'].map((account) => createServices().accountAccess(caller)(account));
    };
    expect(mayUse('*')).toEqual([true, true]);
    expect(mayUse('jwt')).toEqual([true, false]);
    expect(mayUse(PRINCIPALS)).toEqual([false, false]);
  });
});
