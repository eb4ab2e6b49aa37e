import { randomUUID } from 'node:crypto';
import type { Answer, ReceivedRequest, SimulatorClock, VendorSimulation } from './server.ts';
import { json } from './server.ts';

/**
 * Huawei ISDP: its token and the lookup findOnlineAgent, written from Huawei's pages:
 *
 * - [0019] token: https://support.huaweicloud.com/api-isdp/api_01_0019.html
 * - [0278] findOnlineAgent: https://support.huaweicloud.com/api-isdp/api_01_0278.html
 * - [0014] the body of an invalid token: https://support.huaweicloud.com/api-isdp/api_01_0014.html
 * - [0011] subscription of an application: https://support.huaweicloud.com/api-isdp/api_01_0011.html
 *
 * "Unknown" in a comment means that no page says it; the answer chosen then says as little as possible.
 */

/** The client secret has the same value as the client id [0019]; the real secret is the password. */
export const ISDP_CLIENT_ID = 'isdp-demo-openapi';
export const ISDP_USERNAME = 'demo-application-id';
export const ISDP_PASSWORD = 'demo-application-token';

/** The names that a fault's `vendorCase` may have. One that does not concern the called path changes nothing. */
export const ISDP_CASES = [
  'expires-string',
  'expires-1799',
  'expires-absent',
  'invalid-token-200',
  'invalid-token-json',
  'state-code',
  'not-subscribed',
  'type-as-number',
  'unknown-type',
  'null-fields',
  'missing-data',
  'null-data',
  'missing-state-code',
  'moving-rows',
  'capped-pages',
  'capped-rows',
  'hidden-rows',
  'no-total',
  'refused-end',
  'html-502',
  'big-ids',
] as const;

export type IsdpAgent = Readonly<Record<string, unknown>>;

export interface IsdpSeed {
  /** All agents of the tenant, in the order of the pages. */
  readonly agents?: readonly IsdpAgent[];
}

/** The row of the page's own sample [0278], whose text is not valid JSON: three trailing commas are left out. */
export const ISDP_SAMPLE_AGENT: IsdpAgent = {
  agentCode: '0e626733-07d8-45af-af23-aff287b118b8',
  productType: null,
  deliveryScene: null,
  businessType: null,
  agentAccount: '111111111',
  agentName: '111111111',
  type: '0',
  areaName: '',
  appName: 'isdp-qc-server',
  entityName: 'agent',
  cityId: null,
  createName: '小七',
  lastUpdateName: '小七',
  agentId: 17813,
  tenantId: 886,
  userId: 307457,
  createdBy: 277881,
  lastUpdatedBy: 277881,
  creationTimestamp: 1616486693402,
  lastUpdateTimestamp: 1616486693402,
  onlineStatus: 1,
  isArea: 0,
  deleteFlag: 0,
  capacity: 1,
  creationDate: '2021-03-23T08:04:54.000+00:00',
  lastUpdateDate: '2021-03-23T08:05:32.000+00:00',
};

const TOKEN_PATH = '/oauth2/oauth/rest_token';
const FIND_PATH = '/openapi/v1/openTask/findOnlineAgent';

const TOKEN_SECONDS = 359;
const MAX_PAGE_SIZE = 50;
const CAPPED_PAGE_SIZE = 20;

/** The error of a bad token is XML and is on the page [0014]; its status is unknown, 401 is presumed. */
const invalidToken = (status: 200 | 401): Answer => ({
  status,
  headers: { 'content-type': 'application/xml;charset=UTF-8' },
  body: `<InvalidTokenException>
   <error>invalid_token</error>
   <error_description>check_token error</error_description>
</InvalidTokenException>`,
});

const BAD_GATEWAY_HTML: Answer = {
  status: 502,
  headers: { 'content-type': 'text/html' },
  body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n',
};

const PAST_THE_END = { stateCode: '1', errorMessage: 'no such page', result: null };

/**
 * The state it takes: `{ forgetTokens: true }` makes the token unknown.
 * The cases `invalid-token-200` and `invalid-token-json` end the token that they refuse, so that only a renewal helps.
 */
export function huaweiIsdp(clock: SimulatorClock, seed: IsdpSeed = {}): VendorSimulation {
  const agents = seed.agents ?? createAgents();
  let token: { readonly value: string; readonly expiresAt: number } | undefined;

  function issueToken(request: ReceivedRequest, vendorCase: string | undefined): Answer {
    if (vendorCase === 'html-502') return BAD_GATEWAY_HTML;
    // Every failure of this call is unknown: the errors are those of OAuth 2.0 (RFC 6749, 5.2).
    if (!isJson(request)) return json(415, { error: 'invalid_request' });
    const body = parseObject(request.body);
    if (!body) return json(400, { error: 'invalid_request' });
    if (body['grant_type'] !== 'password') return json(400, { error: 'unsupported_grant_type' });
    const known =
      body['client_id'] === ISDP_CLIENT_ID &&
      body['client_secret'] === ISDP_CLIENT_ID &&
      body['username'] === ISDP_USERNAME &&
      body['password'] === ISDP_PASSWORD;
    if (!known) return json(401, { error: 'invalid_grant', error_description: 'Bad credentials' });

    // Inferred from the samples, which show 359 and 1799: a living token is given out again with what is left of it.
    const now = clock.now();
    const lifetime = vendorCase === 'expires-1799' ? 1799 : TOKEN_SECONDS;
    if (!token || token.expiresAt <= now || vendorCase === 'expires-1799') {
      token = { value: randomUUID(), expiresAt: now + lifetime * 1000 };
    }
    const left = Math.floor((token.expiresAt - now) / 1000);
    return json(200, {
      access_token: token.value,
      token_type: 'bearer',
      // A String in the table, a number in the samples [0019].
      ...(vendorCase !== 'expires-absent' && { expires_in: vendorCase === 'expires-string' ? String(left) : left }),
      scope: 'all',
      // The shape is the page's; which values `status` takes is unknown.
      plat_user: {
        userId: 307457,
        userNo: 'demo',
        userName: 'demo',
        userType: 'API',
        tenantId: 886,
        status: '1',
      },
    });
  }

  /** What is said of the token before the lookup is reached; nothing if the request may pass. */
  function refuse({ headers }: ReceivedRequest, vendorCase: string | undefined): Answer | undefined {
    switch (vendorCase) {
      case 'invalid-token-200':
        token = undefined;
        return invalidToken(200);
      case 'invalid-token-json':
        token = undefined;
        return json(401, { error: 'invalid_token', error_description: 'check_token error' });
      case 'not-subscribed':
        // A subscription is needed and takes effect after 15 minutes [0011]; the answer without one is unknown.
        return json(403, {});
      case 'html-502':
        return BAD_GATEWAY_HTML;
    }
    // `bearer` in lower case and one space, as the page writes it [0278].
    const alive = token && clock.now() < token.expiresAt && headers['authorization'] === `bearer ${token.value}`;
    return alive ? undefined : invalidToken(401);
  }

  function findOnlineAgent(request: ReceivedRequest, vendorCase: string | undefined): Answer {
    const refusal = refuse(request, vendorCase);
    if (refusal) return refusal;
    if (!isJson(request)) return json(415, {});
    // Every parameter is optional [0278]; whether a request without any body is accepted is unknown: here it is.
    const body = request.body.length === 0 ? {} : parseObject(request.body);
    if (!body) return json(400, {});
    const { type, onlineStatus, pageStart = 0, pageSize = MAX_PAGE_SIZE } = body;
    const counts = [type, onlineStatus, pageStart].every((value) => value === undefined || isCount(value));
    if (!counts || !isCount(pageSize, 1) || vendorCase === 'state-code') {
      // "0" is success and anything else failure [0278]; the other codes and their texts are unknown.
      return json(200, { stateCode: '1', errorMessage: 'invalid parameter', result: null });
    }
    const found = agents.filter(
      (agent) =>
        (type === undefined || agent['type'] === String(type)) &&
        (onlineStatus === undefined || agent['onlineStatus'] === onlineStatus),
    );
    // More than the maximum and a page past the end are unknown: 50 rows and no rows.
    const size = Math.min(pageSize as number, vendorCase === 'capped-pages' ? CAPPED_PAGE_SIZE : MAX_PAGE_SIZE);
    const pos = pageStart as number;
    // No order is documented, so a row can move: its page then begins with the last row of the page before.
    const start = Math.max(0, pos * size - (vendorCase === 'moving-rows' ? 1 : 0));
    if (vendorCase === 'refused-end' && start >= found.length) return json(200, PAST_THE_END);
    const rows = found.slice(start, start + (vendorCase === 'capped-rows' ? CAPPED_PAGE_SIZE : size));
    // Whether the vendor leaves out of a page what its reader may not see, and counts it all the same, is unknown.
    const shown = vendorCase === 'hidden-rows' || vendorCase === 'refused-end' ? rows.slice(1) : rows;
    const data = shown.map((agent) => alter(agent, vendorCase));
    return respond({ data, pos, total_count: found.length, entityName: null }, vendorCase);
  }

  return {
    name: 'huawei-isdp',
    answer(request, vendorCase) {
      // That anything else gives 404 is what HTTP says; the pages are silent.
      if (request.method !== 'POST') return json(404, {});
      if (request.path === TOKEN_PATH) return issueToken(request, vendorCase);
      if (request.path === FIND_PATH) return findOnlineAgent(request, vendorCase);
      return json(404, {});
    },
    setState: ({ forgetTokens }) => {
      if (forgetTokens) token = undefined;
    },
  };
}

function alter(agent: IsdpAgent, vendorCase: string | undefined): IsdpAgent {
  switch (vendorCase) {
    case 'type-as-number':
      return { ...agent, type: Number(agent['type']) };
    case 'unknown-type':
      return { ...agent, type: '7' };
    case 'null-fields':
      // No column says which fields are mandatory [0278].
      return Object.fromEntries(Object.keys(agent).map((name) => [name, null]));
    default:
      return agent;
  }
}

function respond(result: Readonly<Record<string, unknown>>, vendorCase: string | undefined): Answer {
  const { data, ...paging } = result;
  switch (vendorCase) {
    case 'missing-data':
      return json(200, { stateCode: '0', errorMessage: null, result: paging });
    case 'null-data':
      return json(200, { stateCode: '0', errorMessage: null, result: { ...paging, data: null } });
    case 'no-total':
      return json(200, { stateCode: '0', errorMessage: null, result: { data, pos: paging['pos'] } });
    case 'missing-state-code':
      return json(200, { errorMessage: null, result });
    case 'big-ids':
      return withBigIds(json(200, { stateCode: '0', errorMessage: null, result }));
    default:
      return json(200, { stateCode: '0', errorMessage: null, result });
  }
}

/** The ids are longs [0278]: each as a bare integer of its own, from the greatest downwards, which a double would round. */
function withBigIds(answer: Answer): Answer {
  let id = 2n ** 63n;
  const body = String(answer.body).replace(
    /"(agentId|tenantId|userId|createdBy|lastUpdatedBy)":\d+/g,
    (_, name: string) => {
      id -= 1n;
      return `"${name}":${id}`;
    },
  );
  return { ...answer, body };
}

/** 400 agents of which 340 are online, as in the sample's total_count. The sample's row comes first, the others are made up. */
function createAgents(): IsdpAgent[] {
  const others = Array.from({ length: 399 }, (_, index) => {
    const number = index + 1;
    const created = 1616486693402 + number * 60_000;
    const date = new Date(created).toISOString().replace('Z', '+00:00');
    return {
      ...ISDP_SAMPLE_AGENT,
      agentCode: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      agentAccount: `agent${number}`,
      agentName: `Agent ${number}`,
      type: ['0', '1', '2', '10'][number % 4],
      agentId: 17813 + number,
      userId: 307457 + number,
      creationTimestamp: created,
      lastUpdateTimestamp: created,
      onlineStatus: [3, 9, 15].includes(number % 20) ? 0 : 1,
      creationDate: date,
      lastUpdateDate: date,
      // Documented as long but absent in the sample, and what they count is unclear: every other row has them.
      ...(number % 2 === 1 && { agentSignInTime: 3_600_000, agentSignInDate: 3_600_000 }),
    };
  });
  return [ISDP_SAMPLE_AGENT, ...others];
}

function isJson({ headers }: ReceivedRequest): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
}

function isCount(value: unknown, least = 0): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function parseObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
