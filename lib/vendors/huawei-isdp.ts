import * as z from 'zod/mini';
import type { CredentialTools } from '../credentials/credential.ts';
import { openStageStore } from '../credentials/shared/stage-store.ts';
import type { Token } from '../credentials/token.ts';
import { parseLifetime, type TokenEndpoint } from '../credentials/token-endpoint.ts';
import { createTokenSource } from '../credentials/token-source.ts';
import { address } from '../http/address.ts';
import { readJsonObject, scalarText } from '../http/body.ts';
import type { HttpAnswer } from '../http/message.ts';
import { failed, judgeStatus, refused, unreadable, type Verdict } from '../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../problem.ts';
import type { ReadResult, Vendor, VendorDescription } from '../vendor.ts';

/*
 * Huawei ISDP+: a token by the OAuth password grant, sent as JSON.
 * Pages: https://support.huaweicloud.com/api-isdp/api_01_0019.html (token), api_01_0014.html (refused token),
 * api_01_0278.html (findOnlineAgent).
 */

const NAME = 'huawei-isdp';
const TOKEN_PATH = '/oauth2/oauth/rest_token';
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
  readMessage: (body) => body['error_description'] ?? body['error'],
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
  const body = readJsonObject(answer);
  const stateCode = scalarText(body?.['stateCode']);
  const message = scalarText(body?.['errorMessage']);
  const vendor: VendorStatement = { name: NAME, code: stateCode ?? String(answer.status), ...(message && { message }) };
  // A good answer may hold the word in an agent's name: of what has a stateCode only the message is looked at.
  const namesInvalidToken = INVALID_TOKEN.test(stateCode === undefined ? answer.text : (message ?? ''));
  if (answer.status === 401 || namesInvalidToken) {
    const detail = `The vendor refuses our token (HTTP ${answer.status}), also a new one.`;
    const reason = namesInvalidToken ? 'invalid-token' : 'status-401';
    return refused(reason, new Problem('vendor-auth-failed', detail, { vendor }));
  }
  if (answer.status === 403) {
    const detail =
      'The vendor forbids the call (HTTP 403): the application must subscribe to it, which takes effect after 15 minutes.';
    return failed(new Problem('vendor-auth-failed', detail, { vendor }));
  }
  const byStatus = judgeStatus(answer, vendor);
  if (byStatus) return byStatus;
  if (stateCode !== undefined && stateCode !== '0') {
    return failed(new Problem('vendor-rejected', 'The vendor refused the request; see `vendor`.', { vendor }));
  }
  if (answer.status === 400 || answer.status === 404) {
    const detail = `The vendor refused the request (HTTP ${answer.status}); check \`baseUrl\` and the values.`;
    return failed(new Problem('vendor-rejected', detail, { vendor }));
  }
  if (answer.status !== 200 || stateCode === undefined) return unreadable(answer, { name: NAME });
  return read(body?.['result'], answer);
}
