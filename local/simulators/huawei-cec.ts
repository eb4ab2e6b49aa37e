import { randomBytes } from 'node:crypto';
import type { Answer, ReceivedRequest, SimulatorClock, VendorSimulation } from './server.ts';
import { json } from './server.ts';

/**
 * Huawei Cloud CEC: the token of class C1 and the two lookups that take it, written from Huawei's pages:
 *
 * - [07_0002] token: https://support.huaweicloud.com/intl/en-us/api-cec/cec_07_0002.html
 * - [05_1307] fields of the token: https://support.huaweicloud.com/intl/en-us/devg-lightweight-cec/cec_05_1307.html
 * - [07_2218] getUserInfoBycallId: https://support.huaweicloud.com/intl/tr-tr/api-cec/cec_07_2218.html
 * - [07_1011] queryAgentLoginParams: https://support.huaweicloud.com/intl/en-us/api-cec/cec_07_1011.html
 * - [07_0088] an expired token gives 401: https://support.huaweicloud.com/intl/en-us/api-cec/cec_07_0088.html
 * - [05_1003] an expired token gives 403: https://support.huaweicloud.com/devg-voip-cec/cec_05_1003.html
 *
 * "Unknown" in a comment means that no page says it; the answer chosen then says as little as possible.
 */

export const CEC_APP_KEY = 'demo-cec-app-key';
export const CEC_APP_SECRET = 'demo-cec-app-secret';

/** The names that a fault's `vendorCase` may have. One that does not concern the called path changes nothing. */
export const CEC_CASES = [
  'expires-absent',
  'expires-not-a-number',
  'token-403-html',
  'token-maintenance',
  'expired-401',
  'expired-403',
  'plain-403',
  'not-found-empty-object',
  'not-found-empty-body',
  'not-found-null',
  'not-found-empty-array',
  'business-500',
  'return-code-1',
  'numbers-for-strings',
  'undocumented-field',
  'missing-return-code',
  'missing-results',
  'other-envelope',
] as const;

export interface CecChat {
  readonly callId: string;
  readonly userId: string;
  readonly tenantId: string;
  /** The answer's fields, all strings [07_2218]. */
  readonly user: Readonly<Record<string, string>>;
}

export interface CecAgent {
  readonly account: string;
  readonly password: string;
  /** The answer's `results` [07_1011 tables 4 and 5]. */
  readonly results: Readonly<Record<string, unknown>>;
}

export interface CecSeed {
  readonly chats?: readonly CecChat[];
  readonly agents?: readonly CecAgent[];
}

/** Huawei gives no sample of this answer ("Example: None" [07_2218]): these chats are constructed from its field table. */
export const CEC_CHATS: readonly CecChat[] = [
  {
    callId: '1652317325-339',
    userId: '1652268429538866153',
    tenantId: '202205116084',
    user: {
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
    },
  },
  {
    // Only what the page calls mandatory, with a user id of the full 32 characters.
    callId: '1659938875-16806492',
    userId: 'visitor-0123456789-0123456789-ab',
    tenantId: '202205116084',
    user: {
      userNickname: '访客',
      userId: 'visitor-0123456789-0123456789-ab',
      channel: 'WECHAT',
      createTime: '1659938875000',
      channelConfigId: '202205110002',
    },
  },
];

/** The first is the sample of [07_1011] with made-up passwords where the page has asterisks; the second is constructed. */
export const CEC_AGENTS: readonly CecAgent[] = [
  {
    account: 'ls120201',
    password: 'Samplex',
    results: {
      sipServerInfo: [{ sipServiceIp: '10.10.10.11', sipServicePort: '33', type: '0' }],
      password: '11fake8Q',
      sipAccount: '88887818',
      workNo: '1516',
    },
  },
  {
    account: 'webrtc-agent',
    password: 'demo-password',
    results: {
      workNo: '1517',
      password: 'demo-platform-password',
      sipAccount: '88887819',
      sipPwd: 'demo-sip-password',
      sipServerInfo: [{ sipServiceIp: '192.0.2.20', sipServicePort: '5061', node: '1', type: '1' }],
    },
  },
];

const TOKEN_PATH = '/apigovernance/api/oauth/tokenByAkSk';
const USER_INFO_PATH = '/apiaccess/rest/workbench/v1/getUserInfoBycallId';
const LOGIN_PARAMS_PATH = '/apiaccess/CC-Management/v1/queryAgentLoginParams';

const MAX_TOKEN_SECONDS = 3600;

/** The statuses are documented for both lookups [07_2218, 07_1011], their bodies are unknown: an empty object. */
const bare = (status: 400 | 401 | 403 | 404 | 500): Answer => json(status, {});

/** The only failure of this gateway whose body is on a page [05_1003]. Its "0" is no success. */
const EXPIRED_403 = json(403, {
  errorCode: '0',
  exceptionInfo: 'auth fail! illegal or expired token info. please apply or refresh the access token from the server!',
});

const FORBIDDEN_HTML: Answer = {
  status: 403,
  headers: { 'content-type': 'text/html' },
  body: '<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body><h1>403 Forbidden</h1></body>\r\n</html>\r\n',
};

/** No page shows it: what a load balancer may answer for a service that is down for its maintenance. */
const MAINTENANCE_HTML: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>Maintenance</title></head><body><h1>We will be back soon.</h1></body></html>\r\n',
};

/** Interfaces of CEC answer failures in envelopes of their own; this one is that of ccmessaging (cec_07_0104). */
const OTHER_ENVELOPE = json(200, { resultCode: '1', resultDesc: 'The request has failed.' });

/** What a chat that has ended or never was gives is unknown: `{}`, or one of these by case. */
const EMPTY_BODIES: Readonly<Record<string, string>> = {
  'not-found-empty-object': '{}',
  'not-found-empty-body': '',
  'not-found-null': 'null',
  'not-found-empty-array': '[]',
};

/**
 * The state it takes: `{ forgetTokens: true }` makes every token unknown; with `{ newTokenEndsOld: true }` the newest token is
 * the only one that holds.
 * The cases `expired-401` and `expired-403` end the token that they refuse, so that only a renewal helps.
 */
export function huaweiCec(clock: SimulatorClock, seed: CecSeed = {}): VendorSimulation {
  const chats = seed.chats ?? CEC_CHATS;
  const agents = seed.agents ?? CEC_AGENTS;
  /** Token to its end, in milliseconds. */
  const tokens = new Map<string, number>();
  /** Whether a new token ends the old one is unknown: here it does not, unless told. */
  let newTokenEndsOld = false;

  function issueToken(request: ReceivedRequest, vendorCase: string | undefined): Answer {
    // Every failure of this call is unknown. 403 for a wrong key was seen on one site, once as a proxy's HTML page.
    if (vendorCase === 'token-403-html') return FORBIDDEN_HTML;
    if (vendorCase === 'token-maintenance') return MAINTENANCE_HTML;
    if (vendorCase === 'plain-403') return bare(403);
    const body = parseObject(request.body);
    if (!body) return bare(400);
    if (body['app_key'] !== CEC_APP_KEY || body['app_secret'] !== CEC_APP_SECRET) return bare(403);

    const lifetime = tokenLifetime(request.headers['x-token-expire']);
    const token = randomBytes(16).toString('hex');
    const now = clock.now();
    if (newTokenEndsOld) tokens.clear();
    tokens.set(token, now + lifetime * 1000);
    return json(200, {
      AccessToken: token,
      ApplyType: 'Bearer',
      CreateTime: String(Math.floor(now / 1000)),
      ...(vendorCase !== 'expires-absent' && {
        Expires: vendorCase === 'expires-not-a-number' ? 'soon' : String(lifetime),
      }),
      Scope: 'X'.repeat(32),
      AppKey: CEC_APP_KEY,
      UserID: 'Anonymous',
    });
  }

  /** What the gateway says before a lookup is reached; nothing if it lets the request through. */
  function refuse({ headers }: ReceivedRequest, vendorCase: string | undefined): Answer | undefined {
    // Exactly one space after Bearer [07_2218, 07_1011].
    const token = /^Bearer (\S+)$/.exec(headers['authorization'] ?? '')?.[1];
    if (vendorCase === 'expired-401' || vendorCase === 'expired-403') {
      if (token) tokens.delete(token);
      return vendorCase === 'expired-401' ? bare(401) : EXPIRED_403;
    }
    if (vendorCase === 'plain-403') return bare(403);
    // The pages call X-APP-Key not mandatory; that a wrong one is refused, and how, is unknown.
    if ((headers['x-app-key'] ?? CEC_APP_KEY) !== CEC_APP_KEY) return bare(403);
    const expiresAt = tokens.get(token ?? '');
    return expiresAt === undefined || expiresAt <= clock.now() ? bare(401) : undefined;
  }

  function getUserInfo(request: ReceivedRequest, vendorCase: string | undefined): Answer {
    const body = parseObject(request.body);
    if (!body || !isText(body['callId']) || !isText(body['userId'], 32) || !isText(body['tenantId'])) return bare(400);
    const chat = chats.find(
      ({ callId, userId, tenantId }) =>
        callId === body['callId'] && userId === body['userId'] && tenantId === body['tenantId'],
    );
    if (!chat) return json(200, {});
    const user = vendorCase === 'undocumented-field' ? { ...chat.user, undocumentedField: 'a' } : chat.user;
    return vendorCase === 'numbers-for-strings' ? unquoted(user) : json(200, user);
  }

  function queryLoginParams(request: ReceivedRequest, vendorCase: string | undefined): Answer {
    const body = parseObject(request.body);
    if (!body || !isText(body['account'], 100) || !isText(body['password'], 100)) return bare(400);
    const agent = agents.find(({ account, password }) => account === body['account'] && password === body['password']);
    // The text of a failure is unknown; whether repeated failures lock an account too: here they do not.
    if (!agent || vendorCase === 'return-code-1') {
      return json(200, { returnCode: '1', message: 'verify Account or password fail.' });
    }
    const success = { returnCode: '0', results: agent.results, message: 'verify Account or password success.' };
    switch (vendorCase) {
      case 'missing-results':
        // Optional by the page's table 3.
        return json(200, { returnCode: success.returnCode, message: success.message });
      case 'missing-return-code':
        return json(200, { results: success.results, message: success.message });
      case 'undocumented-field':
        return json(200, { ...success, results: { ...success.results, undocumentedField: 'a' } });
      case 'numbers-for-strings':
        // Agent ids go up to 999999 by now, although the table says String (5).
        return unquoted(success, { workNo: 100_000 + Number(agent.results['workNo']) });
      default:
        return json(200, success);
    }
  }

  function answerLookup(request: ReceivedRequest, vendorCase: string | undefined): Answer {
    const refusal = refuse(request, vendorCase);
    if (refusal) return refusal;
    if (vendorCase === 'business-500') return bare(500);
    if (vendorCase === 'other-envelope') return OTHER_ENVELOPE;
    const empty = EMPTY_BODIES[vendorCase ?? ''];
    if (empty !== undefined) return { ...json(200, null), body: empty };
    return request.path === USER_INFO_PATH ? getUserInfo(request, vendorCase) : queryLoginParams(request, vendorCase);
  }

  return {
    name: 'huawei-cec',
    answer(request, vendorCase) {
      if (request.method !== 'POST') return bare(404);
      switch (request.path) {
        case TOKEN_PATH:
          return issueToken(request, vendorCase);
        case USER_INFO_PATH:
        case LOGIN_PARAMS_PATH:
          return answerLookup(request, vendorCase);
        default:
          return bare(404);
      }
    },
    setState: (state) => {
      if (state['forgetTokens']) tokens.clear();
      if (state['newTokenEndsOld'] !== undefined) newTokenEndsOld = state['newTokenEndsOld'] === true;
    },
  };
}

/**
 * At most 3600 seconds [07_0002]. Unknown: the lifetime when the header is absent or no count of seconds, and what more
 * than the maximum does; here each gets the maximum.
 */
function tokenLifetime(header: string | undefined): number {
  return /^[1-9]\d*$/.test(header ?? '') ? Math.min(Number(header), MAX_TOKEN_SECONDS) : MAX_TOKEN_SECONDS;
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

function isText(value: unknown, maxLength = Number.POSITIVE_INFINITY): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

/** Every text of digits as a bare number. By hand, since JSON.stringify would round a user id of 19 digits. */
function unquoted(value: object, changes: Record<string, number> = {}): Answer {
  let body = JSON.stringify(value).replace(/(?<!"returnCode":)"(0|[1-9]\d*)"(?=[,}\]])/g, '$1');
  for (const [name, number] of Object.entries(changes)) {
    body = body.replace(new RegExp(`"${name}":\\d+`), `"${name}":${number}`);
  }
  return { ...json(200, null), body };
}
