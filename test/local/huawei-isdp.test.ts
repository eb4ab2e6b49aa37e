import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  huaweiIsdp,
  ISDP_CLIENT_ID,
  ISDP_PASSWORD,
  ISDP_SAMPLE_AGENT,
  ISDP_USERNAME,
} from '../../local/simulators/huawei-isdp.ts';
import { type Simulator, startSimulator } from '../../local/simulators/server.ts';

const TOKEN = '/oauth2/oauth/rest_token';
const FIND = '/openapi/v1/openTask/findOnlineAgent';

const XML = `<InvalidTokenException>
   <error>invalid_token</error>
   <error_description>check_token error</error_description>
</InvalidTokenException>`;

// The page's sample answer without its three trailing commas.
const SAMPLE = `{"stateCode":"0","errorMessage":null,"result":{"data":[{
  "agentCode":"0e626733-07d8-45af-af23-aff287b118b8","productType":null,"deliveryScene":null,"businessType":null,
  "agentAccount":"111111111","agentName":"111111111","type":"0","areaName":"","appName":"isdp-qc-server",
  "entityName":"agent","cityId":null,"createName":"小七","lastUpdateName":"小七","agentId":17813,"tenantId":886,
  "userId":307457,"createdBy":277881,"lastUpdatedBy":277881,"creationTimestamp":1616486693402,
  "lastUpdateTimestamp":1616486693402,"onlineStatus":1,"isArea":0,"deleteFlag":0,"capacity":1,
  "creationDate":"2021-03-23T08:04:54.000+00:00","lastUpdateDate":"2021-03-23T08:05:32.000+00:00"
}],"pos":0,"total_count":340,"entityName":null}}`;

const grant = {
  client_id: ISDP_CLIENT_ID,
  client_secret: ISDP_CLIENT_ID,
  grant_type: 'password',
  username: ISDP_USERNAME,
  password: ISDP_PASSWORD,
};

interface TokenAnswer {
  readonly access_token: string;
  readonly expires_in: unknown;
}

interface Found {
  readonly result: { readonly data: Record<string, unknown>[]; readonly pos: number; readonly total_count: number };
}

let vendor: Simulator;

beforeEach(async () => {
  // A clock that stands still, so that the seconds left of a token can be told exactly.
  let now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  vendor = await startSimulator(huaweiIsdp, { clock: { now: () => now, advance } });
});

afterEach(() => vendor.close());

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(vendor.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const askToken = async () => (await (await post(TOKEN, grant)).json()) as TokenAnswer;

async function ask(body: unknown, token?: string): Promise<Response> {
  return post(FIND, body, { authorization: `bearer ${token ?? (await askToken()).access_token}` });
}

const find = async (body: unknown) => (await (await ask(body)).json()) as Found;

describe('rest_token', () => {
  it('answers with the fields of the page', async () => {
    const response = await post(TOKEN, grant);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 359,
      scope: 'all',
      plat_user: { userId: 307457, userNo: 'demo', userName: 'demo', userType: 'API', tenantId: 886, status: '1' },
    });
  });

  it('gives a living token out again with what is left of its life', async () => {
    const first = await askToken();
    vendor.clock.advance(300_500);
    const second = await askToken();
    vendor.clock.advance(58_500);
    const third = await askToken();

    expect(second).toEqual({ ...first, expires_in: 58 });
    expect(third.access_token).not.toBe(first.access_token);
    expect(third.expires_in).toBe(359);
  });

  it.each(['client_id', 'client_secret', 'username', 'password'])('refuses another %s with 401', async (field) => {
    const response = await post(TOKEN, { ...grant, [field]: 'another' });

    expect(response.status).toBe(401);
    expect(await response.json()).toHaveProperty('error');
  });

  it('takes the password grant in JSON alone', async () => {
    expect((await post(TOKEN, { ...grant, grant_type: 'client_credentials' })).status).toBe(400);
    const form = await fetch(vendor.url + TOKEN, { method: 'POST', body: new URLSearchParams(grant) });
    expect(form.status).toBe(415);
    expect((await post(TOKEN, [])).status).toBe(400);
  });

  it('can give the lifetime as a string or not at all', async () => {
    vendor.fail({ path: TOKEN, vendorCase: 'expires-string' });
    vendor.fail({ path: TOKEN, vendorCase: 'expires-absent' });

    expect((await askToken()).expires_in).toBe('359');
    expect(await askToken()).not.toHaveProperty('expires_in');
  });

  it('gives out a token that does live for 1799 seconds in the case expires-1799', async () => {
    vendor.fail({ path: TOKEN, vendorCase: 'expires-1799' });

    const { access_token, expires_in } = await askToken();
    expect(expires_in).toBe(1799);
    vendor.clock.advance(1_798_999);
    expect((await ask({}, access_token)).status).toBe(200);
    vendor.clock.advance(1);
    expect((await ask({}, access_token)).status).toBe(401);
  });
});

describe('the token at the lookup', () => {
  it('is refused with the XML of the page from the second it expires', async () => {
    const { access_token } = await askToken();
    vendor.clock.advance(359_000);

    const response = await ask({}, access_token);
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toContain('application/xml');
    expect(await response.text()).toBe(XML);
  });

  it('comes after bearer in lower case and one space', async () => {
    const { access_token } = await askToken();
    const status = async (authorization: string) => (await post(FIND, {}, { authorization })).status;

    expect(await status(`bearer ${access_token}`)).toBe(200);
    expect(await status(`Bearer ${access_token}`)).toBe(401);
    expect(await status(`bearer  ${access_token}`)).toBe(401);
    expect(await status(access_token)).toBe(401);
    expect((await post(FIND, {})).status).toBe(401);
  });

  it('is unknown once the vendor is told to forget', async () => {
    const { access_token } = await askToken();
    vendor.setState({ forgetTokens: true });

    expect((await ask({}, access_token)).status).toBe(401);
    expect((await ask({})).status).toBe(200);
  });

  it.each([
    ['invalid-token-200', 200, XML],
    ['invalid-token-json', 401, '{"error":"invalid_token","error_description":"check_token error"}'],
  ])('is ended by the case %s', async (vendorCase, status, body) => {
    const { access_token } = await askToken();
    vendor.fail({ path: FIND, vendorCase });

    const refused = await ask({}, access_token);
    expect([refused.status, await refused.text()]).toEqual([status, body]);
    expect((await ask({}, access_token)).status).toBe(401);
    expect((await askToken()).access_token).not.toBe(access_token);
  });
});

describe('findOnlineAgent', () => {
  it("answers the page's sample request with the page's sample answer", async () => {
    expect(await find({ pageSize: 1, pageStart: 0, onlineStatus: 1 })).toEqual(JSON.parse(SAMPLE));
  });

  it('gives the first 50 of all agents when nothing is asked for, even without a body', async () => {
    const { access_token } = await askToken();
    const headers = { 'content-type': 'application/json', authorization: `bearer ${access_token}` };
    const bodiless = await fetch(vendor.url + FIND, { method: 'POST', headers });
    const broken = await fetch(vendor.url + FIND, { method: 'POST', headers, body: '{' });

    const { result } = await find({});
    expect(result).toMatchObject({ pos: 0, total_count: 400 });
    expect(result.data).toHaveLength(50);
    expect(await bodiless.json()).toHaveProperty('result', result);
    expect(broken.status).toBe(400);
  });

  it('counts pages, not rows, and leads to every agent once', async () => {
    const pages = await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map((pageStart) => find({ pageStart, pageSize: 50, onlineStatus: 1 })),
    );

    expect(pages.map(({ result }) => result.data.length)).toEqual([50, 50, 50, 50, 50, 50, 40, 0]);
    expect(pages.map(({ result }) => result.pos)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(new Set(pages.flatMap(({ result }) => result.data.map((row) => row['agentId']))).size).toBe(340);
  });

  it.each([0, 1, 2, 10])('finds the agents of type %i, which it writes as a string', async (type) => {
    const { result } = await find({ type });

    expect(new Set(result.data.map((row) => row['type']))).toEqual(new Set([String(type)]));
    expect(result.total_count).toBe(100);
  });

  it('finds those who are offline, and never gives more than 50 rows a page', async () => {
    const { result } = await find({ onlineStatus: 0, pageSize: 51 });

    expect(result.total_count).toBe(60);
    expect(result.data.map((row) => row['onlineStatus'])).toEqual(Array(50).fill(0));
  });

  it.each([{ type: '0' }, { onlineStatus: true }, { pageStart: -1 }, { pageSize: 0 }, { pageSize: 1.5 }])(
    'fails %j by its state code',
    async (wrong) => {
      expect(await find(wrong)).toEqual({ stateCode: '1', errorMessage: expect.any(String), result: null });
    },
  );

  it('is at one path and takes one method', async () => {
    expect((await post('/openapi/v1/openTask/findonlineagent', {})).status).toBe(404);
    expect((await fetch(vendor.url + FIND)).status).toBe(404);
  });
});

describe('a case of its own at findOnlineAgent', () => {
  const first = { pageSize: 1, pageStart: 0 };
  const findWith = (vendorCase: string, body: object = first) => {
    vendor.fail({ path: FIND, vendorCase });
    return find(body);
  };

  it('writes the type as a number, or a type that no table has', async () => {
    expect((await findWith('type-as-number')).result.data[0]).toEqual({ ...ISDP_SAMPLE_AGENT, type: 0 });
    expect((await findWith('unknown-type')).result.data[0]).toEqual({ ...ISDP_SAMPLE_AGENT, type: '7' });
  });

  it('has null in every field', async () => {
    const [row] = (await findWith('null-fields')).result.data;

    expect(Object.keys(row ?? {})).toEqual(Object.keys(ISDP_SAMPLE_AGENT));
    expect(new Set(Object.values(row ?? {}))).toEqual(new Set([null]));
  });

  it('fails by its state code, or leaves out that or the rows', async () => {
    expect(await findWith('state-code')).toMatchObject({ stateCode: '1', errorMessage: expect.any(String) });
    const paging = { pos: 0, total_count: 400, entityName: null };

    expect(await findWith('missing-data')).toEqual({ stateCode: '0', errorMessage: null, result: paging });
    expect(await findWith('null-data')).toHaveProperty('result', { ...paging, data: null });
    expect(await findWith('missing-state-code')).toEqual({
      errorMessage: null,
      result: { ...paging, data: [ISDP_SAMPLE_AGENT] },
    });
  });

  it('shows the last row of a page again on the next', async () => {
    const { data: before } = (await find({ pageStart: 0, pageSize: 10 })).result;
    const { data: after } = (await findWith('moving-rows', { pageStart: 1, pageSize: 10 })).result;

    expect(after).toHaveLength(10);
    expect(after[0]).toEqual(before.at(-1));
  });

  it('gives fewer rows than were asked for, by pages that are smaller or by pages with holes', async () => {
    const { data } = (await find({ pageStart: 0, pageSize: 50 })).result;
    const second = { pageStart: 1, pageSize: 50 };

    expect((await findWith('capped-pages', { pageSize: 50 })).result.data).toEqual(data.slice(0, 20));
    expect((await findWith('capped-pages', second)).result.data).toEqual(data.slice(20, 40));
    expect((await findWith('capped-rows', { pageSize: 50 })).result.data).toEqual(data.slice(0, 20));
    expect((await findWith('capped-rows', second)).result.data).toHaveLength(20);
    expect((await findWith('hidden-rows', { pageSize: 50 })).result).toMatchObject({
      data: data.slice(1),
      total_count: 400,
    });
  });

  it('counts no rows, or refuses a page past the end', async () => {
    expect((await findWith('no-total')).result).toEqual({ data: [ISDP_SAMPLE_AGENT], pos: 0 });
    expect(await findWith('refused-end', { pageStart: 8 })).toMatchObject({ stateCode: '1' });
  });

  it('has ids as bare integers up to the greatest long, each another', async () => {
    vendor.fail({ path: FIND, vendorCase: 'big-ids' });

    const text = await (await ask({ pageSize: 2 })).text();
    expect(() => JSON.parse(text)).not.toThrow();
    const ids = [...text.matchAll(/"(?:agentId|tenantId|userId|createdBy|lastUpdatedBy)":(\d+),/g)].map(([, id]) => id);
    expect(ids[0]).toBe('9223372036854775807');
    expect(ids.at(-1)).toBe('9223372036854775798');
    expect(new Set(ids).size).toBe(10);
  });

  it('knows no subscription, or is a proxy that answers 502 with HTML', async () => {
    vendor.fail({ path: FIND, vendorCase: 'not-subscribed' });
    vendor.fail({ path: FIND, vendorCase: 'html-502' });

    expect((await ask({})).status).toBe(403);
    const response = await ask({});
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
  });
});

it('serves the agents that it is given instead of its own', async () => {
  await vendor.close();
  vendor = await startSimulator((clock) => huaweiIsdp(clock, { agents: [] }));

  expect(await find({})).toMatchObject({ stateCode: '0', result: { data: [], total_count: 0 } });
});
