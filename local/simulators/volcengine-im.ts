import { createHash, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Answer, ReceivedRequest, SimulatorClock, VendorSimulation } from './server.ts';

/**
 * By `require`, since Node and vitest disagree about the default export of a CommonJS module; and by its own path,
 * since the package's main module loads every service and reads credentials from the environment.
 */
const { default: Signer } = createRequire(import.meta.url)(
  '@volcengine/openapi/lib/base/sign.js',
) as typeof import('@volcengine/openapi/lib/base/sign.js');

/** What the gateway puts into `ResponseMetadata.Error` (docs/6348/1178322), and the HTTP status that goes with it. */
export interface VendorError {
  readonly status: number;
  /** The gateway's numeric code. IM's own errors are given without one. */
  readonly codeN?: number;
  readonly code: string;
  readonly message: string;
}

export interface VolcengineAccount {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** With STS credentials every request carries it as `X-Security-Token`. */
  readonly sessionToken?: string;
  readonly region: string;
  readonly appId: bigint;
}

/** A member as the vendor's Go model types it (service/im/model.go): ids are int64, the rest of the numbers are small. */
export interface Participant {
  readonly ConversationShortId: bigint;
  readonly ParticipantUserId: bigint;
  readonly Level?: number;
  readonly NickName?: string;
  readonly Operator: bigint;
  readonly Status?: number;
  readonly CreateTime?: number;
  readonly Ext?: Readonly<Record<string, string>>;
  readonly Role: number;
  readonly BlockTime?: number;
}

/** Not of the form of a real access key id, so that no secret scanner takes it for one. */
export const demoAccount: VolcengineAccount = {
  accessKeyId: 'demo-access-key-id',
  secretAccessKey: 'demo secret access key of the simulator',
  region: 'cn-north-1',
  appId: 1n,
};

const Ext = { key: 'value', 's:from': 'biz' };
const sample = { Level: 1, Operator: 10n, Status: 0, CreateTime: 1669694619, Ext, Role: 0, BlockTime: 0 };
const bigSample = { ...sample, ConversationShortId: 7203245678901234567n, Operator: 7203245678901234568n };

/** The page's sample (docs/6348/336992) with plain numbers in place of its leading zeros, and ids above 2^53. */
export const demoParticipants: readonly Participant[] = [
  { ...sample, ConversationShortId: 1n, ParticipantUserId: 10001n, NickName: 'NickName1', Role: 1 },
  { ...sample, ConversationShortId: 1n, ParticipantUserId: 10002n, NickName: 'NickName2', Level: 20 },
  { ...bigSample, ParticipantUserId: 9223372036854775807n, NickName: 'NickName3', Role: 2 },
  { ...bigSample, ParticipantUserId: 7203245678901234568n, NickName: 'NickName4', Role: 1 },
];

const ACTION = 'BatchGetConversationParticipant';
const VERSION = '2020-12-01';
const SERVICE = 'rtc';
/** "QPS 不得超过 100" (docs/6348/336992), counted over the whole account (docs/6348/412251). */
const REQUESTS_PER_SECOND = 100;
/** Default of the query parameter X-Expires (docs/6369/67268). */
const EXPIRES_SECONDS = 900;
/** Unknown: the vendor says that a signing time in the future is refused, not how far ahead. As lenient as the past. */
const FUTURE_SECONDS = 900;
const INT64_MAX = 2n ** 63n - 1n;

/** Gateway codes with the HTTP status that docs/6369/68677 prints; 100018 and 100027 are as third parties met them. */
const refusals = {
  missingParameter: refusal(400, 100002, 'MissingParameter', 'A required parameter is missing.'),
  missingInfo: refusal(400, 100004, 'MissingRequestInfo', 'The request lacks information that it must carry.'),
  timestamp: refusal(400, 100006, 'InvalidTimestamp', 'The request has expired or its time is in the future.'),
  action: refusal(404, 100008, 'InvalidActionOrVersion', 'Could not find operation for the specified version.'),
  accessKey: refusal(401, 100009, 'InvalidAccessKey', 'The access key is invalid.'),
  signature: refusal(401, 100010, 'SignatureDoesNotMatch', 'The request signature does not match.'),
  internal: refusal(500, 100014, 'InternalError', 'Internal error.'),
  flow: refusal(429, 100018, 'FlowLimitExceeded', 'The flow limit is exceeded.'),
  accountFlow: refusal(400, 100027, 'AccountFlowLimitExceeded', 'The flow limit of the account is exceeded.'),
};

function refusal(status: number, codeN: number, code: string, message: string): VendorError {
  return { status, codeN, code, message };
}

/** IM's own codes (docs/6348/412253) come without a documented status or CodeN: HTTP 200 and no CodeN is the mildest. */
function imError(code: string, message: string): VendorError {
  return { status: 200, code, message };
}

const errorCases: Readonly<Record<string, VendorError>> = {
  'error-200-no-coden': imError('NoAuth', 'No authority.'),
  'invalid-timestamp': refusals.timestamp,
  'flow-limit-429': refusals.flow,
  'account-flow-limit-400': refusals.accountFlow,
  'internal-500': refusals.internal,
};

/** `error:<Code>:<CodeN or ->:<status>`: any error of the gateway or of IM. */
const GENERIC_ERROR = /^error:([^:]+):(\d+|-):(\d{3})$/;

function forcedError(vendorCase: string): VendorError | undefined {
  const [, code, codeN, status] = GENERIC_ERROR.exec(vendorCase) ?? [];
  if (!code) return errorCases[vendorCase];
  const error = { status: Number(status), code, message: `${code}.` };
  return codeN === '-' ? error : { ...error, codeN: Number(codeN) };
}

/** Answers that succeed, in shapes that the page does not rule out. Unknown names are refused, so that typos show. */
const shapes: Readonly<Record<string, (participants: readonly Participant[]) => unknown>> = {
  '': (participants) => participants,
  'wrong-region': (participants) => participants,
  'participants-null': () => null,
  'participants-empty': () => [],
  reordered: (participants) => participants.toReversed(),
  'optional-absent': (participants) =>
    participants.map(({ Level, NickName, Status, CreateTime, Ext, BlockTime, ...rest }) => rest),
  'unknown-codes': (participants) => participants.map((each) => ({ ...each, Role: 9, Status: 7 })),
};

/**
 * Volcengine IM as BatchGetConversationParticipant shows it (docs/6348/336992, calling rules docs/6348/412251).
 * An error case answers before the request is looked at; every other case needs a request that the vendor would take.
 * Content-Type is not looked at: what the vendor does without it is unknown.
 */
export function volcengineIm(
  clock: SimulatorClock,
  seed: { account?: Partial<VolcengineAccount>; participants?: readonly Participant[] } = {},
): VendorSimulation {
  const account: VolcengineAccount = { ...demoAccount, ...seed.account };
  const participants = seed.participants ?? demoParticipants;
  let lastSecond: number[] = [];

  function refuse(request: ReceivedRequest): VendorError | undefined {
    const { method, path, query, headers } = request;
    if (!query.has('Action') || !query.has('Version')) return refusals.missingParameter;
    // A wrong method or path has codes of its own whose names and statuses are not confirmed.
    const wanted = method === 'POST' && path === '/' && query.get('Action') === ACTION;
    if (!wanted || query.get('Version') !== VERSION) return refusals.action;
    // Listed as required for IM and RTC (docs/6348/412251), not for every service: so here and not in verifySignature.
    if (!headers['x-content-sha256']) return refusals.missingInfo;
    return verifySignature(request, { ...account, service: SERVICE }, clock.now()) ?? overLimit();
  }

  function overLimit(): VendorError | undefined {
    const now = clock.now();
    lastSecond = lastSecond.filter((at) => now - at < 1000);
    if (lastSecond.length >= REQUESTS_PER_SECOND) return refusals.flow;
    lastSecond.push(now);
    return undefined;
  }

  function find(body: Buffer): readonly Participant[] | VendorError {
    const question = readJson(body);
    if (!question) return imError('JsonParsingError', 'The body is not a JSON object.');
    const { AppId, ConversationShortId, ParticipantUserIds } = question;
    const users = Array.isArray(ParticipantUserIds) ? ParticipantUserIds : [ParticipantUserIds];
    const numbers: unknown[] = [AppId, ConversationShortId, ...users];
    if (numbers.some((value) => value === undefined || value === null)) {
      return imError('InvalidParam', 'AppId, ConversationShortId and ParticipantUserIds are required.');
    }
    if (!Array.isArray(ParticipantUserIds) || numbers.some((value) => typeof value !== 'bigint' || value > INT64_MAX)) {
      return imError('JsonParsingError', 'AppId, ConversationShortId and ParticipantUserIds are int64.');
    }
    if (numbers.some((value) => (value as bigint) <= 0n)) return imError('InvalidParam', 'Ids are greater than 0.');
    if (AppId !== account.appId) return imError('AppNotFound', 'The app does not exist.');
    const inConversation = participants.filter((each) => each.ConversationShortId === ConversationShortId);
    if (inConversation.length === 0) return imError('ConversationNotFound', 'The conversation does not exist.');
    // Unknown: users outside the conversation may also give ParticipantNotInConversation. Left out is the mildest.
    return inConversation.filter((each) => users.includes(each.ParticipantUserId));
  }

  function reply(status: number, metadata: object, Result?: unknown): Answer {
    const common = { RequestId: randomUUID(), Version: VERSION, Service: SERVICE, Region: account.region };
    return {
      status,
      headers: { 'content-type': 'application/json; charset=utf-8', date: httpDate() },
      body: writeJson({ ResponseMetadata: { ...common, ...metadata }, Result }),
    };
  }

  function fail(query: URLSearchParams, { status, codeN, code, message }: VendorError): Answer {
    const Action = query.get('Action') ?? undefined;
    return reply(status, { Action, Error: { CodeN: codeN, Code: code, Message: message } });
  }

  /** Clients learn from it how far their clock is off, so it has to follow the simulator's. */
  const httpDate = () => new Date(clock.now()).toUTCString();

  function answer(request: ReceivedRequest, vendorCase = ''): Answer {
    if (vendorCase === 'html-502') {
      const headers = { 'content-type': 'text/html', date: httpDate() };
      return { status: 502, headers, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' };
    }
    const error = forcedError(vendorCase) ?? refuse(request);
    if (error) return fail(request.query, error);
    const shape = shapes[vendorCase];
    if (!shape) throw new Error(`volcengine-im has no vendor case ${vendorCase}`);
    const found = find(request.body);
    if ('code' in found) return fail(request.query, found);
    const Region = vendorCase === 'wrong-region' ? 'us-east-1' : account.region;
    // The page's own sample names another action when it succeeds.
    return reply(200, { Action: 'BatchModifyConversationParticipant', Region }, { Participants: shape(found) });
  }

  return { name: 'volcengine-im', answer };
}

const AUTHORIZATION =
  /^HMAC-SHA256 Credential=([^/,\s]+)\/([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/;

/**
 * Why the gateway would refuse this request, or undefined where it would take it. Signature, canonical request and
 * scope are computed by the vendor's own Signer (docs/6369/67269), from the bytes and headers as they were received.
 */
export function verifySignature(
  request: Omit<ReceivedRequest, 'at'>,
  account: Omit<VolcengineAccount, 'appId'> & { readonly service: string },
  now: number,
): VendorError | undefined {
  const { headers, query } = request;
  const date = headers['x-date'];
  if (!headers['authorization'] || !date) return refusals.missingInfo;
  const [, accessKeyId, scope, signedHeaders, signature] = AUTHORIZATION.exec(headers['authorization']) ?? [];
  // A malformed Authorization has a code of its own (100024), whose name and status are not confirmed.
  if (!accessKeyId || !signedHeaders) return refusals.signature;
  if (accessKeyId !== account.accessKeyId) return refusals.accessKey;
  if (!isCurrent(date, query.get('X-Expires'), now)) return refusals.timestamp;

  const signed = signedHeaders.split(';');
  // Host and X-Date have to take part (docs/6369/67269), the session token too (docs/6369/67268).
  const required = account.sessionToken ? ['host', 'x-date', 'x-security-token'] : ['host', 'x-date'];
  if (account.sessionToken && !headers['x-security-token']) return refusals.missingInfo;
  if (!required.every((name) => signed.includes(name))) return refusals.signature;

  const bodySha256 = createHash('sha256').update(request.body).digest('hex');
  if ((headers['x-content-sha256'] ?? bodySha256) !== bodySha256) return refusals.signature;

  const signer = new Signer(
    {
      region: account.region,
      method: request.method,
      pathname: request.path,
      params: Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)])),
      headers: Object.fromEntries(signed.map((name) => [name, headers[name] ?? ''])),
    },
    account.service,
  );
  // Its headers are already those that SignedHeaders lists: the Signer's list of headers that it never signs
  // (content-type is one) would drop some. And it hashes a body of its own making: the bytes received count here.
  signer.isSignableHeader = () => true;
  signer.hexEncodedBodyHash = () => bodySha256;
  const expected = signer.signature({ accessKeyId, secretKey: account.secretAccessKey }, date).toString();
  if (signature !== expected || scope !== signer.credentialString(date)) return refusals.signature;
  // A wrong session token has a code of its own (100026), whose name and status are not confirmed.
  if (account.sessionToken && headers['x-security-token'] !== account.sessionToken) return refusals.accessKey;
  return undefined;
}

function isCurrent(date: string, expires: string | null, now: number): boolean {
  if (!/^\d{8}T\d{6}Z$/.test(date)) return false;
  const signedAt = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const seconds = /^\d+$/.test(expires ?? '') ? Number(expires) : EXPIRES_SECONDS;
  const age = now - signedAt;
  // NaN, of a date that no calendar has, fails both comparisons.
  return age <= seconds * 1000 && age >= -FUTURE_SECONDS * 1000;
}

/** ECMAScript's JSON with source text, which TypeScript's library does not know yet: integers keep every digit. */
const exactJson = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
};

function readJson(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value = exactJson.parse(body.toString('utf8'), (_key, each, { source }) =>
      typeof each === 'number' && source && /^-?\d+$/.test(source) ? BigInt(source) : each,
    );
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function writeJson(value: unknown): string {
  return JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? exactJson.rawJSON(String(each)) : each));
}
