import * as z from 'zod/mini';
import type { CredentialTools } from '../credentials/credential.ts';
import { openStageStore } from '../credentials/shared/stage-store.ts';
import type { Token } from '../credentials/token.ts';
import { parseLifetime, type TokenEndpoint } from '../credentials/token-endpoint.ts';
import { createTokenSource } from '../credentials/token-source.ts';
import { address } from '../http/address.ts';
import { readJsonObject } from '../http/body.ts';
import type { HttpAnswer } from '../http/message.ts';
import { failed, judgeStatus, refused, unreadable, type Verdict } from '../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../problem.ts';
import type { ReadResult, Vendor, VendorDescription } from '../vendor.ts';
import { readWords } from './huawei-isdp/words.ts';

/*
 * Huawei ISDP+: a token by the OAuth password grant, sent as JSON.
 * Pages: https://support.huaweicloud.com/api-isdp/api_01_0019.html (token), api_01_0014.html (refused token),
 * api_01_0278.html (findOnlineAgent).
 */

const NAME = 'huawei-isdp';
const TOKEN_PATH = '/oauth2/oauth/rest_token';
/** Errors of OAuth that refuse the client or its grant (RFC 6749, 5.2; the last one is Spring's). */
const REFUSALS: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'invalid_token',
  'unauthorized_client',
  'unsupported_grant_type',
  'access_denied',
  'unauthorized',
]);
const TEMPORARY: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable']);
/** Errors of OAuth that refuse the call, and not the token. */
const FORBIDDEN: ReadonlySet<string> = new Set(['access_denied', 'insufficient_scope']);
/** Stands in the documented XML body of a refused token (api_01_0014); its status is not documented. */
const INVALID_TOKEN = /invalid_token|InvalidTokenException/;

const secretSchema = z.strictObject({
  baseUrl: address(),
  clientId: z.string().check(z.minLength(1)),
  /** By the page the same value as the client id. */
  clientSecret: z.optional(z.string().check(z.minLength(1))),
  /** The application id. */
  username: z.string().check(z.minLength(1)),
  /** The application token. */
  password: z.string().check(z.minLength(1)),
});

type IsdpSecret = z.output<typeof secretSchema>;

export const huaweiIsdp: VendorDescription<IsdpSecret, Token> = {
  name: NAME,
  secretSchema,
  // No page tells a rate.
  maxConcurrency: 10,
  sensitive: ({ clientId, clientSecret, username, password }) => [
    clientId,
    clientSecret ?? clientId,
    username,
    password,
  ],
  openStore: openStageStore,
  connect,
};

const tokenEndpoint: TokenEndpoint<IsdpSecret> = {
  vendorName: NAME,
  request: ({ baseUrl, clientId, clientSecret, username, password }) => ({
    method: 'POST',
    url: baseUrl + TOKEN_PATH,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      client_id: clientId,
      client_secret: clientSecret ?? clientId,
      grant_type: 'password',
      username,
      password,
    }),
  }),
  readWords: (answer) => {
    const { error, message } = readWords(answer);
    const words = { ...(error && { code: error }), ...(message && { message }) };
    if (TEMPORARY.has(error ?? '')) return { ...words, refuses: false };
    return REFUSALS.has(error ?? '') ? { ...words, refuses: true } : words;
  },
  causes: {
    refusal: 'check `clientId`, `clientSecret`, `username` and `password` of the secret.',
    address: 'the response is not one of its token endpoint. Check `baseUrl` of the secret.',
  },
  // The token may be one that was handed out before, with what is left of its life: each answer's own word counts.
  readGrant: ({ access_token: token, expires_in: expires }) =>
    typeof token === 'string' && token !== '' ? { token, lifetimeSeconds: parseLifetime(expires) } : undefined,
};

function connect(tools: CredentialTools): Vendor<IsdpSecret, Token> {
  return {
    credentials: createTokenSource(tools, tokenEndpoint),
    authorize: ({ method, path, body }, token, { secret }) => ({
      method,
      url: secret.value.baseUrl + path,
      headers: {
        // Lower case, as the page has it (api_01_0278).
        authorization: `bearer ${token.value}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      ...(body !== undefined && { body }),
    }),
    judge,
  };
}

function judge(answer: HttpAnswer, read: ReadResult): Verdict<unknown> {
  const { status } = answer;
  const { stateCode, error, message } = readWords(answer);
  const code = stateCode ?? error ?? (status === 200 ? undefined : String(status));
  const vendor: VendorStatement = { name: NAME, ...(code && { code }), ...(message && { message }) };
  // A good answer may hold the word in an agent's name: of what has a stateCode only the message is looked at.
  const namesInvalidToken = INVALID_TOKEN.test(stateCode === undefined ? answer.text : (message ?? ''));
  if (status === 401 || namesInvalidToken) {
    const detail = `The vendor refuses our token (HTTP ${status}), also a new one.`;
    const reason = namesInvalidToken ? 'invalid-token' : 'status-401';
    return refused(reason, new Problem('vendor-auth-failed', detail, { vendor }));
  }
  if (status === 403 || FORBIDDEN.has(error ?? '')) {
    const detail = `The vendor forbids the call (HTTP ${status}): the application must subscribe to it, which takes effect after 15 minutes.`;
    return failed(new Problem('vendor-auth-failed', detail, { vendor }));
  }
  const byStatus = judgeStatus(answer, vendor);
  if (byStatus) return byStatus;
  const isFailure = stateCode !== undefined && stateCode !== '0';
  if (isFailure || (status === 200 && error !== undefined)) {
    return failed(new Problem('vendor-rejected', 'The vendor refused the request; see `vendor`.', { vendor }));
  }
  if (status === 400 || status === 404) {
    const detail = `The vendor refused the request (HTTP ${status}): check \`baseUrl\` of the secret and the values.`;
    return failed(new Problem('vendor-rejected', detail, { vendor }));
  }
  if (status !== 200 || stateCode === undefined) return unreadable(answer, vendor);
  return read(readJsonObject(answer)?.['result'], answer);
}
