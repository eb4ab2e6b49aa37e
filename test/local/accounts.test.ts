import { describe, expect, test } from 'vitest';
import { accountTable, describeAccounts } from '../../local/accounts.ts';
import { sampleCall } from '../../local/sample-call.ts';

const SIMULATORS = [
  { url: 'http://127.0.0.1:3011' },
  { url: 'https://127.0.0.1:3013' },
  { url: 'http://127.0.0.1:3014' },
];
const CANARY = 'canary-4711';
const URL = 'http://localhost:3000';

const cec = (baseUrl: string) => ({ baseUrl, appKey: 'key', appSecret: CANARY });
const isdp = (baseUrl: string) => ({ baseUrl, clientId: 'client', username: 'user', password: CANARY });
const caller = (baseUrl: string) => ({ baseUrl, session: 'caller' });
const volcengine = (baseUrl: string) => ({ baseUrl, region: 'cn-north-1', accessKeyId: 'id', secretAccessKey: CANARY });

const accountsOf = (secrets: Readonly<Record<string, object>>) => describeAccounts(secrets, SIMULATORS);
const tableOf = (secrets: Readonly<Record<string, object>>) => accountTable(accountsOf(secrets));
const sampleOf = (secrets: Readonly<Record<string, object>>) => sampleCall(URL, accountsOf(secrets));

describe('the table of accounts', () => {
  test('says of each whether it is simulated, at which host, and whether its secret is valid', () => {
    const table = tableOf({
      'huawei-cec/default': cec('http://127.0.0.1:3011'),
      'huawei-isdp/desk': isdp('https://isdpcloud.huawei.com/path'),
      'huawei-agent-gateway/a': caller('https://agw.example.com:8043'),
    });
    expect(table).toEqual([
      'account                 vendor     host                      secret',
      'huawei-cec/default      simulated  127.0.0.1:3011            valid',
      'huawei-isdp/desk        real       isdpcloud.huawei.com:443  valid',
      'huawei-agent-gateway/a  real       agw.example.com:8043      valid',
    ]);
  });

  test.each([
    ['http://localhost:3011', 'simulated'],
    ['http://[::1]:3011', 'simulated'],
    ['https://127.0.0.1:3013', 'simulated'],
    ['https://127.0.0.1:3011', 'real'],
    ['http://127.0.0.1:3012', 'real'],
    ['http://127.0.0.1', 'real'],
    ['https://example.com:3011', 'real'],
  ])('%s is %s', (baseUrl, kind) => {
    expect(tableOf({ 'huawei-cec/default': cec(baseUrl) })[1]).toContain(`  ${kind}  `);
  });

  test.each([
    [
      'a missing field',
      { baseUrl: 'https://cec.example.com', appKey: CANARY },
      'cec.example.com:443',
      '/appSecret is required',
    ],
    ['a wrong address', cec(`ftp://${CANARY}`), `${CANARY}:80`, '/baseUrl must be an https: URL'],
    ['no address', { ...cec(''), baseUrl: { CANARY } }, '-', '/baseUrl must be a URL'],
    ['a text that is no address', cec(CANARY), '-', '/baseUrl must be a URL'],
    [
      'a user in the address',
      cec(`https://${CANARY}:${CANARY}@cec.example.com`),
      'cec.example.com:443',
      '/baseUrl must hold no user or password',
    ],
    [
      'an unknown field',
      { ...cec('https://cec.example.com'), appsecret: CANARY },
      'cec.example.com:443',
      '/appsecret is not a known field',
    ],
    [
      'a placeholder',
      { ...cec('https://cec.example.com'), appSecret: '<app secret>' },
      'cec.example.com:443',
      '/appSecret is a placeholder',
    ],
  ])('names the field that is wrong: %s', (_what, secret, host, fault) => {
    const row = tableOf({ 'huawei-cec/default': secret })[1] ?? '';
    expect(row.split(/ {2,}/)).toEqual(['huawei-cec/default', 'real', host, fault]);
    expect(row.replace(host, '')).not.toContain(CANARY);
  });
});

describe('the printed curl line', () => {
  const ASK_ISDP = `curl -sS ${URL}/v1/huawei-isdp/find-online-agent -H 'content-type: application/json' -d '{"pageSize":1,"pageStart":0,"onlineStatus":1}'`;

  test('asks for online agents where there is such an account, real or not, as nothing must be known for it', () => {
    const accounts = {
      'huawei-cec/default': cec('http://127.0.0.1:3011'),
      'huawei-isdp/default': isdp('https://isdp.example.com'),
    };
    expect(sampleOf(accounts)).toEqual([ASK_ISDP]);
  });

  test('names an account that is not the default one', () => {
    expect(sampleOf({ 'huawei-isdp/desk': isdp('https://isdp.example.com') })).toEqual([
      ASK_ISDP.replace(' -d', " -H 'x-vendor-account: desk' -d"),
    ]);
  });

  test('uses an account whose secret is valid', () => {
    const accounts = {
      'huawei-isdp/default': { ...isdp('https://isdp.example.com'), password: '' },
      'huawei-isdp/template': isdp('https://isdp.example.com'),
      'huawei-isdp/other': isdp('https://isdp.example.com'),
    };
    expect(
      sampleOf({ ...accounts, 'huawei-isdp/template': { ...isdp('https://a.example'), password: '<password>' } }),
    ).toEqual([ASK_ISDP.replace(' -d', " -H 'x-vendor-account: other' -d")]);
  });

  test('rather asks a simulator, which knows the values', () => {
    const [line, note] = sampleOf({
      'huawei-cec/default': cec('https://cec.example.com'),
      'volcengine-im/default': { ...volcengine('http://127.0.0.1:3014'), appId: 1 },
    });
    expect(line).toContain('/v1/volcengine-im/');
    expect(note).toBeUndefined();
  });

  test.each([
    ['huawei-cec', cec('https://cec.example.com'), 'callId, userId, tenantId'],
    [
      'huawei-agent-gateway',
      {
        baseUrl: 'https://agw.example.com',
        session: 'managed',
        agents: [{ agentid: 101, password: CANARY, phonenum: '1' }],
      },
      'workno',
    ],
    ['huawei-agent-gateway', caller('https://agw.example.com'), 'Guid, agentid, workno'],
    ['huawei-agent-gateway', caller('https://127.0.0.1:3013'), 'Guid, agentid'],
    [
      'volcengine-im',
      { ...volcengine('https://rtc.volcengineapi.com'), appId: 7 },
      'ConversationShortId, ParticipantUserIds',
    ],
    ['volcengine-im', volcengine('https://rtc.volcengineapi.com'), 'ConversationShortId, ParticipantUserIds, AppId'],
  ])('to %s is followed by the values that must be replaced', (vendor, secret, values) => {
    const [line = '', note] = sampleOf({ [`${vendor}/default`]: secret });
    expect(line).toContain(`/v1/${vendor}/`);
    for (const value of values.split(', ')) expect(line).toContain(value);
    expect(note).toBe(`Replace in this line: ${values}. The vendor does not know the values that it shows.`);
  });

  test('is not there where no secret is valid', () => {
    const accounts = {
      'huawei-isdp/default': {},
      'huawei-cec/default': { ...cec('https://cec.example.com'), appKey: '<app key>' },
    };
    expect(sampleOf(accounts)).toEqual(['No account has a valid secret, so no lookup can be answered.']);
  });
});
