import * as z from 'zod/mini';
import type { CredentialTools } from '../credentials/credential.ts';
import { openStageStore } from '../credentials/shared/stage-store.ts';
import type { Token } from '../credentials/token.ts';
import { parseLifetime, type TokenEndpoint } from '../credentials/token-endpoint.ts';
import { createTokenSource } from '../credentials/token-source.ts';
import { address, withDefaultPath } from '../http/address.ts';
import { readJson } from '../http/body.ts';
import { headerText } from '../http/header-value.ts';
import type { HttpAnswer } from '../http/message.ts';
import { failed, judgeStatus, refused, unreadable, type Verdict } from '../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../problem.ts';
import type { ReadResult, Vendor, VendorDescription } from '../vendor.ts';
import { readWords, type Words } from './huawei-cec/envelope.ts';

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
  appKey: headerText(),
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
  addressField: ({ tokenUrl }) => (tokenUrl ? 'tokenUrl' : 'baseUrl'),
  readGrant: ({ AccessToken: token, Expires: expires }, { tokenTtlSeconds }) => {
    if (typeof token !== 'string' || token === '') return undefined;
    // `Expires` is a lifetime in seconds, as a string; a longer one than was asked for is not believed.
    const granted = parseLifetime(expires);
    return { token, lifetimeSeconds: granted && Math.min(granted, tokenTtlSeconds) };
  },
  readWords: (answer) => {
    const { isFailure, ...words } = readWords(readJson(answer));
    // Under another status the words speak of the address or of an outage.
    return isFailure && answer.status === 200 ? { ...words, refuses: true } : words;
  },
  causes: {
    refusal: 'the app key or secret is wrong, or our address is not on its allow-list.',
    address:
      'the response is not one of its token endpoint. Check `tokenUrl` of the secret, or `baseUrl` if it has no `tokenUrl`.',
  },
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
  const { status } = answer;
  const words = readWords(readJson(answer));
  const vendor = statementOf(answer, words);
  // The words decide before the status, which is 401 on one page and 403 on another.
  const isExpired = EXPIRED.test(words.message ?? '') && (words.isFailure || status !== 200);
  if (status === 401 || isExpired) {
    const detail = `The vendor refuses our token (HTTP ${status}), also a new one.`;
    const reason = isExpired ? `expired-token-${status}` : 'status-401';
    return refused(reason, new Problem('vendor-auth-failed', detail, { vendor }));
  }
  if (status === 403) {
    const detail = 'The vendor forbids the call (HTTP 403): our app lacks the right, or our address is not allowed.';
    return failed(new Problem('vendor-auth-failed', detail, { vendor }));
  }
  if (status === 500) {
    // Documented as "business failure" (cec_07_2218). The first one may be an outage; the second one is meant.
    const detail = 'The vendor answered HTTP 500, which it documents as a business failure: check the values.';
    const problem = new Problem('vendor-unavailable', detail, { vendor });
    return {
      kind: 'retry',
      processed: 'maybe',
      problem,
      confirmed: new Problem('vendor-rejected', detail, { vendor }),
    };
  }
  const byStatus = judgeStatus(answer, vendor);
  if (byStatus) return byStatus;
  if (status === 400) {
    const detail =
      'The vendor refused the request (HTTP 400): check the values, and the path of `baseUrl` of the secret.';
    return failed(new Problem('vendor-rejected', detail, { vendor }));
  }
  if (status === 404) {
    // "The requested content is not found. Check the request path." (cec_07_2218)
    const detail =
      'The vendor found nothing (HTTP 404): either what was asked for does not exist, or the path of `baseUrl` of the secret is wrong.';
    return failed(new Problem('vendor-rejected', detail, { vendor }));
  }
  return status === 200 ? read(readJson(answer), answer) : unreadable(answer, vendor);
}

function statementOf({ status }: HttpAnswer, { code, message }: Words): VendorStatement {
  return { name: NAME, code: code ?? String(status), ...(message && { message }) };
}
