import * as z from 'zod/mini';
import type { Call, Credential, CredentialSource, CredentialTools } from '../credentials/credential.ts';
import { address } from '../http/address.ts';
import { isJsonObject, readJsonObject, scalarText } from '../http/body.ts';
import { headerText } from '../http/header-value.ts';
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
import type { Clock } from '../time/clock.ts';
import { ageMs, type Moment, thisMoment } from '../time/moment.ts';
import type { ReadResult, Vendor, VendorDescription } from '../vendor.ts';
import { clockSkewMs } from './volcengine-im/clock-skew.ts';
import { readError, type VendorError } from './volcengine-im/errors.ts';
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
  accessKeyId: headerText(),
  secretAccessKey: z.string().check(z.trim(), z.minLength(1)),
  /** Of temporary (STS) credentials. */
  sessionToken: z.optional(headerText()),
  appId: z.optional(z.int().check(z.minimum(1), z.maximum(2_147_483_647))),
});

type VolcengineSecret = z.output<typeof secretSchema>;

interface Signer extends Credential, SigningKeys {
  readonly region: string;
  /** What the vendor's clock said when it refused ours; undefined where it never did. */
  readonly told: ToldTime | undefined;
}

interface ToldTime {
  readonly epochMs: number;
  readonly at: Moment;
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
    credentials: createSignerSource(clock),
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
      const { told } = signer;
      const now = told ? told.epochMs + ageMs(told.at, clock) : clock.now();
      const signed = signedHeaders({ method, url, headers, body }, signer, scope, now);
      return { method, url, headers: { ...signed, accept: 'application/json' }, body };
    },
    judge,
  };
}

/** Nothing is requested: the account's keys sign. What is kept is the vendor's time, where it differs from ours. */
function createSignerSource(clock: Clock): CredentialSource<VolcengineSecret, Signer> {
  const toldTimes = new Map<string, ToldTime>();
  const signerOf = ({ secret }: Call<VolcengineSecret>): Signer => ({
    ...secret.value,
    obtainedAt: secret.obtainedAt,
    told: toldTimes.get(secret.fingerprint),
    secrets: [],
  });
  return {
    obtain: async (call) => signerOf(call),
    renew: async (_refused, refusal, call) => {
      if (refusal.kind === 'skewed') {
        const told = { epochMs: clock.now() + refusal.offsetMs, at: thisMoment(clock) };
        toldTimes.set(call.secret.fingerprint, told);
        return signerOf(call);
      }
      const { fingerprint } = call.secret;
      const reread = await call.rereadSecret().catch(() => undefined);
      if (!reread || reread.fingerprint === fingerprint) throw refusal.problem;
      return signerOf(call);
    },
  };
}

/** `Error` decides, under any HTTP status; without one the call has succeeded (docs/6348/1178322). */
function judge(answer: HttpAnswer, read: ReadResult, call: Call<VolcengineSecret>): Verdict<unknown> {
  const body = readJsonObject(answer);
  // The second spelling stands in docs/6348/412251.
  const metadata = [body?.['ResponseMetadata'], body?.['ResponseMetaData']].find(isJsonObject);
  const requestId = scalarText(metadata?.['RequestId']);
  const vendor: VendorStatement = { name: NAME, ...(requestId && { requestId }) };
  const error = readError(metadata?.['Error']);
  if (error) return judgeError(answer, error, vendor, call);
  if (answer.status !== 200) {
    const named = { ...vendor, code: String(answer.status) };
    return judgeStatus(answer, named) ?? unreadable(answer, named);
  }
  const verdict = metadata ? read(body?.['Result'], answer) : unreadable(answer, vendor);
  return verdict.kind === 'result' && requestId ? { ...verdict, vendorRequestId: requestId } : verdict;
}

function judgeError(
  answer: HttpAnswer,
  { code, message, action, explanation }: VendorError,
  statement: VendorStatement,
  call: Call<VolcengineSecret>,
): Verdict<never> {
  const vendor = { ...statement, ...(code && { code }), ...(message && { message }) };
  const problem = (...[name, detail]: ConstructorParameters<typeof Problem>) => new Problem(name, detail, { vendor });
  // The reason is logged: a word of ours, since the vendor's own word may be any text.
  const badCredential = () =>
    refused(
      'bad-credential',
      problem(
        'vendor-auth-failed',
        'The vendor refuses our keys or signature: check the keys and `region` of the secret.',
      ),
    );
  const noPermission = () =>
    failed(problem('vendor-auth-failed', 'The vendor denies our keys the right to this call: grant it to the keys.'));
  switch (action) {
    case 'skewed-clock': {
      const late = problem(
        'vendor-auth-failed',
        'The vendor refuses the time of our signature, also by its own clock.',
      );
      const offsetMs = clockSkewMs(answer);
      return offsetMs === undefined ? failed(late) : { kind: 'skewed', offsetMs, problem: late };
    }
    case 'bad-credential':
      return badCredential();
    case 'no-permission':
      return noPermission();
    case 'slow-down':
      return rateLimited(answer, vendor);
    case 'retry':
      return unavailable(answer, vendor);
    case 'not-found':
      return failed(problem('not-found', 'The vendor does not know what was asked for; see `vendor`.'));
    case 'unknown-app':
      return failed(
        call.input['AppId'] === undefined
          ? problem('misconfigured', 'The vendor does not know the application: check `appId` of the secret.')
          : problem('not-found', 'The vendor does not know the application: check `AppId`.'),
      );
    case 'wrong-region':
      return failed(problem('misconfigured', 'The vendor does not serve the region: check `region` of the secret.'));
    case 'unlisted':
      if (answer.status === 401) return badCredential();
      if (answer.status === 403) return noPermission();
      return judgeStatus(answer, vendor) ?? failed(problem('vendor-rejected', explanation));
    default:
      return failed(problem('vendor-rejected', explanation));
  }
}
