import * as z from 'zod/mini';
import type { Call, Credential, CredentialSource, CredentialTools } from '../credentials/credential.ts';
import { address } from '../http/address.ts';
import { isJsonObject, readJsonObject, scalarText } from '../http/body.ts';
import type { HttpAnswer } from '../http/message.ts';
import { createRateLimiter, type RateLimiter } from '../pipeline/rate-limiter.ts';
import {
  failed,
  judgeStatus,
  rateLimited,
  refused,
  unavailable,
  unreadable,
  type Verdict,
} from '../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../problem.ts';
import type { ReadResult, Vendor, VendorDescription } from '../vendor.ts';
import { actionOf } from './volcengine-im/errors.ts';
import { type SigningKeys, signedHeaders } from './volcengine-im/signature.ts';

/*
 * Volcengine RTC / IM: every request signed with HMAC-SHA256.
 * Pages: https://www.volcengine.com/docs/6369/67269 (signature), https://www.volcengine.com/docs/6348/412251 (rules of
 * the calls), https://www.volcengine.com/docs/6348/1178322 (answers).
 */

const NAME = 'volcengine-im';
const SERVICE = 'rtc';
/** The vendor allows 100 requests a second to an account, over all processes: this is the part of one process. */
const DEFAULT_QPS_SHARE = 10;

const secretSchema = z.strictObject({
  baseUrl: address(),
  region: z.string().check(z.regex(/^[a-z0-9-]+$/)),
  accessKeyId: z.string().check(z.trim(), z.minLength(1)),
  secretAccessKey: z.string().check(z.trim(), z.minLength(1)),
  /** Of temporary (STS) credentials. */
  sessionToken: z.optional(z.string().check(z.trim(), z.minLength(1))),
  appId: z.optional(z.int().check(z.minimum(1), z.maximum(2_147_483_647))),
});

type VolcengineSecret = z.output<typeof secretSchema>;

interface Signer extends Credential, SigningKeys {
  readonly region: string;
  /** By how many milliseconds the vendor's clock is ahead of ours. */
  readonly offsetMs: number;
}

export const volcengineIm: VendorDescription<VolcengineSecret, Signer> = {
  name: NAME,
  secretSchema,
  // The share of a process spaces the requests; this bounds how many of them wait for it.
  maxConcurrency: 10,
  sensitive: ({ accessKeyId, secretAccessKey, sessionToken }) => [accessKeyId, secretAccessKey, sessionToken ?? ''],
  connect,
};

/** What is no whole number from 1 on must not end in no limit at all. */
function qpsShare(setting: string | undefined): number {
  const share = Number(setting);
  return Number.isInteger(share) && share >= 1 ? share : DEFAULT_QPS_SHARE;
}

function connect({ clock }: CredentialTools): Vendor<VolcengineSecret, Signer> {
  const share = qpsShare(process.env['VENDOR_QPS_SHARE']);
  const limiters = new Map<string, RateLimiter>();
  return {
    credentials: createSignerSource(),
    defaults: (_signer, { secret }) => (secret.value.appId === undefined ? {} : { AppId: secret.value.appId }),
    limiter: ({ accessKeyId }) => {
      const limiter = limiters.get(accessKeyId) ?? createRateLimiter(clock, { requests: share, windowMs: 1_000 });
      limiters.set(accessKeyId, limiter);
      return limiter;
    },
    authorize: ({ method, path, body = '' }, signer, { secret }) => {
      const url = secret.value.baseUrl + path;
      const headers = { 'content-type': 'application/json' };
      const scope = { region: signer.region, service: SERVICE };
      const signed = signedHeaders({ method, url, headers, body }, signer, scope, clock.now() + signer.offsetMs);
      return { method, url, headers: { ...signed, accept: 'application/json' }, body };
    },
    judge,
  };
}

/** Nothing is minted: the account's keys sign, and what is kept is how far the vendor's clock is from ours. */
function createSignerSource(): CredentialSource<VolcengineSecret, Signer> {
  const offsets = new Map<string, number>();
  const signerOf = ({ secret }: Call<VolcengineSecret>): Signer => ({
    ...secret.value,
    obtainedAt: secret.obtainedAt,
    offsetMs: offsets.get(secret.fingerprint) ?? 0,
    secrets: [],
  });
  return {
    obtain: async (call) => signerOf(call),
    renew: async (_refused, refusal, call) => {
      if (refusal.kind === 'skewed') {
        offsets.set(call.secret.fingerprint, refusal.offsetMs);
        return signerOf(call);
      }
      const { fingerprint } = call.secret;
      const reread = await call.rereadSecret().catch(() => undefined);
      if (!reread || reread.fingerprint === fingerprint) throw refusal.problem;
      return signerOf(call);
    },
  };
}

/** `ResponseMetadata.Error` is the verdict under any status; success is that it is absent (docs/6348/1178322). */
function judge(answer: HttpAnswer, read: ReadResult): Verdict<unknown> {
  const body = readJsonObject(answer);
  const metadata = isJsonObject(body?.['ResponseMetadata']) ? body['ResponseMetadata'] : undefined;
  const requestId = scalarText(metadata?.['RequestId']);
  const vendor: VendorStatement = { name: NAME, ...(requestId && { requestId }) };
  const error = metadata?.['Error'];
  if (error !== undefined && error !== null) {
    return judgeError(answer, isJsonObject(error) ? error : {}, vendor);
  }
  if (answer.status !== 200) {
    const named = { ...vendor, code: String(answer.status) };
    return judgeStatus(answer, named) ?? unreadable(answer, named);
  }
  const verdict = metadata ? read(body?.['Result'], answer) : unreadable(answer, vendor);
  return verdict.kind === 'result' && requestId ? { ...verdict, vendorRequestId: requestId } : verdict;
}

function judgeError(
  answer: HttpAnswer,
  error: Readonly<Record<string, unknown>>,
  statement: VendorStatement,
): Verdict<never> {
  const number = scalarText(error['CodeN']);
  const code = scalarText(error['Code']) ?? number;
  const message = scalarText(error['Message']);
  const vendor = { ...statement, ...(code && { code }), ...(message && { message }) };
  const problem = (...[name, detail]: ConstructorParameters<typeof Problem>) => new Problem(name, detail, { vendor });
  const rejected = problem('vendor-rejected', 'The vendor refused the request; see `vendor`.');
  switch (actionOf(code, number)) {
    case 'skewed-clock': {
      const vendorTime = Date.parse(answer.headers['date'] ?? '');
      const late = problem(
        'vendor-auth-failed',
        'The vendor refuses the time of our signature, also by its own clock.',
      );
      return Number.isNaN(vendorTime)
        ? failed(late)
        : { kind: 'skewed', offsetMs: vendorTime - answer.receivedAt, problem: late };
    }
    case 'bad-credential':
      // The reason is logged: a word of ours, since what the vendor says may be any text.
      return refused('bad-credential', problem('vendor-auth-failed', 'The vendor refuses our keys or signature.'));
    case 'no-permission':
      return failed(problem('vendor-auth-failed', 'The vendor denies our keys the right to this call.'));
    case 'slow-down':
      return rateLimited(answer, vendor);
    case 'retry':
      return unavailable(answer, vendor);
    case 'not-found':
      return failed(problem('not-found', 'The vendor does not know what was asked for; see `vendor`.'));
    case 'unlisted':
      return judgeStatus(answer, vendor) ?? failed(rejected);
    default:
      return failed(rejected);
  }
}
