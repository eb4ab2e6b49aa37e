import * as z from 'zod/mini';
import type { CredentialTools } from '../credentials/credential.ts';
import { openStageStore } from '../credentials/shared/stage-store.ts';
import type { Token } from '../credentials/token.ts';
import { parseLifetime, type TokenEndpoint } from '../credentials/token-endpoint.ts';
import { createTokenSource } from '../credentials/token-source.ts';
import { address, withDefaultPath } from '../http/address.ts';
import { readJson, readJsonObject, scalarText } from '../http/body.ts';
import type { HttpAnswer } from '../http/message.ts';
import { failed, judgeStatus, refused, unreadable, type Verdict } from '../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../problem.ts';
import type { ReadResult, Vendor, VendorDescription } from '../vendor.ts';

/*
 * Huawei Cloud CEC (AICC), authentication class C1: a Bearer token from tokenByAkSk.
 * Pages: https://support.huaweicloud.com/intl/en-us/api-cec/cec_07_0002.html (token), cec_07_2218.html and
 * cec_07_1011.html (lookups), https://support.huaweicloud.com/devg-voip-cec/cec_05_1003.html (expired token).
 */

const NAME = 'huawei-cec';
const TOKEN_PATH = '/apigovernance/api/oauth/tokenByAkSk';
/** The longest lifetime that X-Token-Expire may ask for (cec_07_0002). */
const MAX_TOKEN_TTL_SECONDS = 3_600;
/** From the body of the 403 that tells of an expired token (cec_05_1003). */
const EXPIRED = /illegal or expired token/i;

const secretSchema = z.strictObject({
  baseUrl: address(),
  appKey: z.string().check(z.trim(), z.minLength(1)),
  appSecret: z.string().check(z.minLength(1)),
  /** Some sites serve tokens at a port of their own. */
  tokenUrl: z.optional(address()),
  tokenTtlSeconds: z._default(z.int().check(z.minimum(1), z.maximum(MAX_TOKEN_TTL_SECONDS)), MAX_TOKEN_TTL_SECONDS),
});

type CecSecret = z.output<typeof secretSchema>;

export const huaweiCec: VendorDescription<CecSecret, Token> = {
  name: NAME,
  secretSchema,
  // No page tells a rate of the lookups; the token endpoint sees one mint, however many ask.
  maxConcurrency: 10,
  sensitive: ({ appKey, appSecret }) => [appKey, appSecret],
  openStore: openStageStore,
  connect,
};

const tokenEndpoint: TokenEndpoint<CecSecret> = {
  vendorName: NAME,
  request: ({ baseUrl, tokenUrl, tokenTtlSeconds, appKey, appSecret }) => ({
    method: 'POST',
    url: tokenUrl ? withDefaultPath(tokenUrl, TOKEN_PATH) : baseUrl + TOKEN_PATH,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'x-token-expire': String(tokenTtlSeconds),
    },
    body: JSON.stringify({ app_key: appKey, app_secret: appSecret }),
  }),
  readGrant: ({ AccessToken: token, Expires: expires }, { tokenTtlSeconds }) => {
    if (typeof token !== 'string' || token === '') return undefined;
    // `Expires` is a lifetime in seconds, as a string; a longer one than was asked for is not believed.
    const granted = parseLifetime(expires);
    return { token, lifetimeSeconds: granted && Math.min(granted, tokenTtlSeconds) };
  },
  readMessage: (body) => body['exceptionInfo'],
  explain: (status) =>
    status === 403 ? ': the app key or secret is wrong, or our address is not on its allow-list.' : undefined,
};

function connect(tools: CredentialTools): Vendor<CecSecret, Token> {
  return {
    credentials: createTokenSource(tools, tokenEndpoint),
    authorize: ({ method, path, body }, token, { secret }) => ({
      method,
      url: secret.value.baseUrl + path,
      headers: {
        authorization: `Bearer ${token.value}`,
        // Not mandatory by the page, yet in its own request sample, and sent by every client that was seen.
        'x-app-key': secret.value.appKey,
        'content-type': 'application/json;charset=UTF-8',
        accept: 'application/json',
      },
      ...(body !== undefined && { body }),
    }),
    judge,
  };
}

function judge(answer: HttpAnswer, read: ReadResult): Verdict<unknown> {
  const body = readJsonObject(answer);
  const message = scalarText(body?.['exceptionInfo']);
  // `errorCode` is "0" in the vendor's own sample of a failure: it decides nothing.
  const vendor: VendorStatement = { name: NAME, code: String(answer.status), ...(message && { message }) };
  const expired403 = answer.status === 403 && EXPIRED.test(message ?? '');
  if (answer.status === 401 || expired403) {
    const detail = `The vendor refuses our token (HTTP ${answer.status}), also a new one.`;
    return refused(
      expired403 ? 'expired-token-403' : 'status-401',
      new Problem('vendor-auth-failed', detail, { vendor }),
    );
  }
  if (answer.status === 403) {
    const detail = 'The vendor forbids the call (HTTP 403): our app lacks the right, or our address is not allowed.';
    return failed(new Problem('vendor-auth-failed', detail, { vendor }));
  }
  if (answer.status === 500) {
    // Documented as "business failure": one more try for what may have been an outage, and no more (cec_07_2218).
    const detail = 'The vendor answered HTTP 500, which it documents as a business failure: check the values.';
    const problem = new Problem('vendor-unavailable', detail, { vendor });
    return { kind: 'retry', processed: 'maybe', problem, maxRetries: 1 };
  }
  const byStatus = judgeStatus(answer, vendor);
  if (byStatus) return byStatus;
  if (answer.status === 400 || answer.status === 404) {
    const detail = `The vendor refused the request (HTTP ${answer.status}); check the path of \`baseUrl\` and the values.`;
    return failed(new Problem('vendor-rejected', detail, { vendor }));
  }
  return answer.status === 200 ? read(readJson(answer), answer) : unreadable(answer, vendor);
}
