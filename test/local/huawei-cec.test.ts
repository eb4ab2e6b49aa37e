import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CEC_AGENTS, CEC_APP_KEY, CEC_APP_SECRET, CEC_CHATS, huaweiCec } from '../../local/simulators/huawei-cec.ts';
import { type Simulator, startSimulator } from '../../local/simulators/server.ts';

const TOKEN = '/apigovernance/api/oauth/tokenByAkSk';
const USER_INFO = '/apiaccess/rest/workbench/v1/getUserInfoBycallId';
const LOGIN_PARAMS = '/apiaccess/CC-Management/v1/queryAgentLoginParams';

const EXPIRED_403 = {
  errorCode: '0',
  exceptionInfo: 'auth fail! illegal or expired token info. please apply or refresh the access token from the server!',
};

// The clock stands still at a whole second, so that CreateTime can be told exactly.
const START = Date.UTC(2026, 0, 2, 3, 4, 5);
const [[chat], [agent]] = [CEC_CHATS, CEC_AGENTS];
if (!chat || !agent) throw new Error('the demo data is missing');
const { user, ...chatKey } = chat;
const login = { account: 'ls120201', password: 'Samplex' };

let vendor: Simulator;

beforeEach(async () => {
  let now = START;
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  vendor = await startSimulator(huaweiCec, { clock: { now: () => now, advance } });
});

afterEach(() => vendor.close());

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(vendor.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const askToken = (headers: Record<string, string> = { 'X-Token-Expire': '600' }, body: object = {}) =>
  post(TOKEN, { app_key: CEC_APP_KEY, app_secret: CEC_APP_SECRET, ...body }, headers);

const newToken = async () => ((await (await askToken()).json()) as { AccessToken: string }).AccessToken;

async function ask(path: string, body: unknown, token?: string): Promise<Response> {
  const authorization = `Bearer ${token ?? (await newToken())}`;
  return post(path, body, { authorization, 'x-app-key': CEC_APP_KEY });
}

const answerTo = async (path: string, body: unknown) => (await (await ask(path, body)).json()) as object;

describe('tokenByAkSk', () => {
  it('answers with the seven fields of the page, all of them strings', async () => {
    expect(await (await askToken()).json()).toEqual({
      AccessToken: expect.stringMatching(/^[0-9a-f]{32}$/),
      ApplyType: 'Bearer',
      CreateTime: String(START / 1000),
      Expires: '600',
      Scope: 'X'.repeat(32),
      AppKey: CEC_APP_KEY,
      UserID: 'Anonymous',
    });
  });

  it.each([
    ['1', '1'],
    ['3600', '3600'],
    ['3601', '3600'],
    ['600.5', '3600'],
    ['0', '3600'],
    ['', '3600'],
  ])('for the wish of a lifetime of %s seconds grants %s', async (wish, granted) => {
    expect(await (await askToken({ 'X-Token-Expire': wish })).json()).toHaveProperty('Expires', granted);
  });

  it.each([{ app_key: 'another' }, { app_secret: 'another' }])('refuses %j with 403', async (wrong) => {
    expect((await askToken({}, wrong)).status).toBe(403);
  });

  it('takes JSON alone', async () => {
    expect((await askToken({ 'content-type': 'text/plain' })).status).toBe(415);
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(vendor.url + TOKEN, { method: 'POST', headers, body: '{' })).status).toBe(400);
  });

  it('leaves an earlier token alive when it gives out a new one', async () => {
    const [first, second] = [await newToken(), await newToken()];

    expect(second).not.toBe(first);
    expect((await ask(USER_INFO, chatKey, first)).status).toBe(200);
  });

  it('can leave Expires out, garble it, or be a proxy that answers with HTML', async () => {
    vendor.fail({ vendorCase: 'expires-absent' });
    vendor.fail({ vendorCase: 'expires-not-a-number' });
    vendor.fail({ vendorCase: 'token-403-html' });

    expect(await (await askToken()).json()).not.toHaveProperty('Expires');
    expect(Number(((await (await askToken()).json()) as { Expires: string }).Expires)).toBeNaN();
    const refused = await askToken();
    expect(refused.status).toBe(403);
    expect(refused.headers.get('content-type')).toBe('text/html');
    expect(await refused.text()).toContain('<h1>403 Forbidden</h1>');
  });
});

describe('the gateway before both lookups', () => {
  const lookups = [
    [USER_INFO, chatKey],
    [LOGIN_PARAMS, login],
  ] as const;

  it.each(lookups)('lets a token through until the second it expires, by the clock (%s)', async (path, body) => {
    const token = await newToken();

    vendor.clock.advance(599_999);
    expect((await ask(path, body, token)).status).toBe(200);
    vendor.clock.advance(1);
    expect((await ask(path, body, token)).status).toBe(401);
  });

  it.each(lookups)('wants Bearer and exactly one space (%s)', async (path, body) => {
    const token = await newToken();
    const status = async (authorization: string) => (await post(path, body, { authorization })).status;

    expect(await status(`Bearer ${token}`)).toBe(200);
    expect(await status(`Bearer  ${token}`)).toBe(401);
    expect(await status(`bearer ${token}`)).toBe(401);
    expect(await status(token)).toBe(401);
    expect((await post(path, body)).status).toBe(401);
  });

  it('does without X-APP-Key, but not with a wrong one', async () => {
    const authorization = `Bearer ${await newToken()}`;

    expect((await post(USER_INFO, chatKey, { authorization })).status).toBe(200);
    expect((await post(USER_INFO, chatKey, { authorization, 'X-APP-Key': 'another' })).status).toBe(403);
  });

  it('knows no token any more once it is told to forget them', async () => {
    const token = await newToken();
    vendor.setState({ forgetTokens: true });

    expect((await ask(USER_INFO, chatKey, token)).status).toBe(401);
  });

  it('lets a new token end the old one, once it is told to', async () => {
    const kept = [await newToken(), await newToken()];
    const status = async (token: string) => (await ask(USER_INFO, chatKey, token)).status;
    expect(await Promise.all(kept.map(status))).toEqual([200, 200]);

    vendor.setState({ newTokenEndsOld: true });
    const old = await newToken();
    const newest = await newToken();

    expect(await Promise.all([...kept, old, newest].map(status))).toEqual([401, 401, 401, 200]);
  });

  it.each([
    ['expired-401', 401, {}],
    ['expired-403', 403, EXPIRED_403],
  ])('ends the token that the case %s refuses', async (vendorCase, status, body) => {
    const token = await newToken();
    vendor.fail({ path: USER_INFO, vendorCase });

    const refused = await ask(USER_INFO, chatKey, token);
    expect([refused.status, await refused.json()]).toEqual([status, body]);
    expect((await ask(USER_INFO, chatKey, token)).status).toBe(401);
    expect((await ask(USER_INFO, chatKey)).status).toBe(200);
  });

  it('says nothing of a token in the case plain-403, and keeps it', async () => {
    const token = await newToken();
    vendor.fail({ vendorCase: 'plain-403' });

    const refused = await ask(USER_INFO, chatKey, token);
    expect([refused.status, await refused.json()]).toEqual([403, {}]);
    expect((await ask(USER_INFO, chatKey, token)).status).toBe(200);
  });

  it('answers a wrong path, a wrong case of letters and a wrong method with 404', async () => {
    expect((await ask(USER_INFO.replace('Bycall', 'ByCall'), chatKey)).status).toBe(404);
    expect((await ask(LOGIN_PARAMS.replace('/apiaccess', ''), login)).status).toBe(404);
    expect((await fetch(vendor.url + USER_INFO)).status).toBe(404);
  });

  it.each(lookups)('can answer 500 for a business failure (%s)', async (path, body) => {
    vendor.fail({ path, vendorCase: 'business-500' });

    expect((await ask(path, body)).status).toBe(500);
  });
});

describe('getUserInfoBycallId', () => {
  it('answers with a bare object of strings', async () => {
    const answer = await answerTo(USER_INFO, chatKey);

    expect(answer).toEqual(user);
    expect(new Set(Object.values(answer).map((value) => typeof value))).toEqual(new Set(['string']));
  });

  it('has a chat with nothing but the mandatory fields', async () => {
    const { user: _, ...key } = CEC_CHATS[1] ?? chat;
    const answer = await answerTo(USER_INFO, key);

    expect(Object.keys(answer)).toEqual(['userNickname', 'userId', 'channel', 'createTime', 'channelConfigId']);
  });

  it.each(['callId', 'userId', 'tenantId'])('finds no chat when %s is another', async (field) => {
    expect(await answerTo(USER_INFO, { ...chatKey, [field]: '1' })).toEqual({});
  });

  it('refuses a body that breaks its table with 400', async () => {
    for (const wrong of [{ callId: undefined }, { tenantId: '' }, { userId: 1652268 }, { userId: 'u'.repeat(33) }]) {
      expect((await ask(USER_INFO, { ...chatKey, ...wrong })).status).toBe(400);
    }
  });

  it.each([
    ['not-found-empty-object', '{}'],
    ['not-found-empty-body', ''],
    ['not-found-null', 'null'],
    ['not-found-empty-array', '[]'],
  ])('says in the case %s that there is none by the body "%s"', async (vendorCase, body) => {
    vendor.fail({ path: USER_INFO, vendorCase });

    const response = await ask(USER_INFO, chatKey);
    expect([response.status, await response.text()]).toEqual([200, body]);
  });

  it('can add a field that no page has, and send numbers for strings without losing a digit', async () => {
    vendor.fail({ path: USER_INFO, vendorCase: 'undocumented-field' });
    vendor.fail({ path: USER_INFO, vendorCase: 'numbers-for-strings' });

    expect(await answerTo(USER_INFO, chatKey)).toEqual({ ...user, undocumentedField: 'a' });
    const text = await (await ask(USER_INFO, chatKey)).text();
    expect(text).toContain('"userId":1652268429538866153,');
    expect(JSON.parse(text)).toMatchObject({ createTime: 1652317325000, borderType: 10, clientIp: '192.0.2.10' });
  });
});

describe('queryAgentLoginParams', () => {
  it("answers as the page's sample does", async () => {
    expect(await answerTo(LOGIN_PARAMS, login)).toEqual({
      returnCode: '0',
      results: {
        sipServerInfo: [{ sipServiceIp: '10.10.10.11', sipServicePort: '33', type: '0' }],
        password: '11fake8Q',
        sipAccount: '88887818',
        workNo: '1516',
      },
      message: 'verify Account or password success.',
    });
  });

  it('has an agent with every documented field and WebRTC', async () => {
    expect(await answerTo(LOGIN_PARAMS, { account: 'webrtc-agent', password: 'demo-password' })).toMatchObject({
      returnCode: '0',
      results: { sipPwd: 'demo-sip-password', sipServerInfo: [{ node: '1', type: '1' }] },
    });
  });

  it.each([{ account: 'nobody' }, { password: 'wrong' }])(
    'fails %j by return code 1, without results',
    async (wrong) => {
      const response = await ask(LOGIN_PARAMS, { ...login, ...wrong });

      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ returnCode: '1', message: expect.any(String) });
    },
  );

  it('refuses a body that breaks its table with 400', async () => {
    for (const wrong of [{ account: undefined }, { password: '' }, { password: 'p'.repeat(101) }]) {
      expect((await ask(LOGIN_PARAMS, { ...login, ...wrong })).status).toBe(400);
    }
    expect((await ask(LOGIN_PARAMS, [])).status).toBe(400);
  });

  it('sends a work number of six digits, the port and the type as numbers', async () => {
    vendor.fail({ path: LOGIN_PARAMS, vendorCase: 'numbers-for-strings' });

    expect(await answerTo(LOGIN_PARAMS, login)).toMatchObject({
      returnCode: '0',
      results: { workNo: 101516, sipAccount: 88887818, sipServerInfo: [{ sipServicePort: 33, type: 0 }] },
    });
  });

  it('can fail the right password, leave the return code out, or add a field that no page has', async () => {
    vendor.fail({ path: LOGIN_PARAMS, vendorCase: 'return-code-1' });
    vendor.fail({ path: LOGIN_PARAMS, vendorCase: 'missing-return-code' });
    vendor.fail({ path: LOGIN_PARAMS, vendorCase: 'undocumented-field' });

    expect(await answerTo(LOGIN_PARAMS, login)).toHaveProperty('returnCode', '1');
    expect(Object.keys(await answerTo(LOGIN_PARAMS, login))).toEqual(['results', 'message']);
    expect(await answerTo(LOGIN_PARAMS, login)).toHaveProperty('results.undocumentedField');
  });
});

it('serves the data that it is given instead of its own', async () => {
  await vendor.close();
  vendor = await startSimulator((clock) => huaweiCec(clock, { chats: [], agents: [{ ...agent, account: 'own' }] }));

  expect(await answerTo(LOGIN_PARAMS, { ...login, account: 'own' })).toHaveProperty('returnCode', '0');
  expect(await answerTo(USER_INFO, chatKey)).toEqual({});
});
