import { readJsonObject, scalarText } from '../../http/body.ts';
import type { HttpAnswer } from '../../http/message.ts';
import { failed, judgeStatus, rateLimited, refused, unreadable, type Verdict } from '../../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../../problem.ts';
import { explainRetcode, isListed } from './retcodes.ts';

export const NAME = 'huawei-agent-gateway';

/** The code under which an agent that is signed in elsewhere refuses a plain sign-in. */
export const SIGNED_IN_ALREADY = '100-002';

/** The codes by which the agent is signed out: not signed in, signed out already. */
export const SIGNED_OUT: ReadonlySet<string> = new Set(['100-006', '100-008']);

/** No page says whether these, as answers of a lookup, concern the agent that asks or the agent asked about. */
const AMBIGUOUS: ReadonlySet<string> = new Set([...SIGNED_OUT, '000-003']);

/** Whether the refusal of a lookup may concern the agent asked about, and not the session. */
export function mayConcernTarget({ vendor }: Problem): boolean {
  return AMBIGUOUS.has(vendor?.code ?? '');
}

/** Whether the gateway refused the session itself, so that only another sign-in helps: not a failure that may pass. */
export function isSessionGone({ vendor }: Problem): boolean {
  return vendor?.code !== undefined && explainRetcode(vendor.code).action === 'sign-in-again';
}

/** Whether the gateway itself answered, with a retcode such as 100-006: an HTTP status as code is none. */
export function hasRetcode({ vendor }: Problem): boolean {
  return vendor?.code?.includes('-') === true;
}

/** The gateway's verdict: undefined where the answer is no JSON object or has none. */
export function readRetcode(answer: HttpAnswer): string | undefined {
  return scalarText(readJsonObject(answer)?.['retcode']);
}

/**
 * Judges by retcode, whatever the HTTP status: the gateway answers HTTP 200 for errors too. A retcode that no table lists
 * leaves 408, 425, 429, 5xx and redirects their meaning, and a success counts under 2xx alone.
 * @param read the result of the answer's body
 */
export function judgeRetcode<Result>(
  answer: HttpAnswer,
  read: (result: unknown, vendor: VendorStatement) => Verdict<Result>,
): Verdict<Result> {
  const body = readJsonObject(answer);
  const code = readRetcode(answer);
  const isSuccess = answer.status >= 200 && answer.status < 300;
  if (code === undefined || (code === '0' && !isSuccess)) return judgeWithoutRetcode(answer);
  const message = scalarText(body?.['message']) || scalarText(body?.['msg']);
  const vendor: VendorStatement = { name: NAME, code, ...(message && { message }) };
  if (code === '0') return read(body?.['result'], vendor);
  return (isListed(code) ? undefined : judgeStatus(answer, vendor)) ?? judgeFailure(answer, vendor, code);
}

function judgeWithoutRetcode(answer: HttpAnswer): Verdict<never> {
  const { status, server } = answer;
  const vendor = { name: NAME, code: String(status) };
  if (status !== 404) return judgeStatus(answer, vendor) ?? unreadable(answer, vendor);
  // The routes of the vendor's own stub end at 59999, of an older one at 19999: a longer number is a 404 of the route.
  const detail = `The vendor's server ${server} answered HTTP 404: check \`baseUrl\` of the secret, and whether the work numbers are in the range of the site.`;
  return failed(new Problem('vendor-unavailable', detail, { retryable: false, vendor }));
}

function judgeFailure(answer: HttpAnswer, vendor: VendorStatement, code: string): Verdict<never> {
  const { action, meaning } = explainRetcode(code);
  const detail = `The vendor refused: ${meaning} (${code}).`;
  switch (action) {
    case 'sign-in-again':
      return refused(code, new Problem('vendor-auth-failed', detail, { vendor }));
    case 'bad-credential':
      return failed(new Problem('vendor-auth-failed', detail, { vendor }));
    case 'slow-down':
      return rateLimited(answer, vendor);
    case 'retry':
    case 'retry-once': {
      const problem = new Problem('vendor-unavailable', `The vendor failed: ${meaning} (${code}).`, { vendor });
      return { kind: 'retry', processed: 'no', problem, ...(action === 'retry-once' && { maxRetries: 1 }) };
    }
    case 'operator':
      return failed(new Problem('vendor-unavailable', detail, { retryable: false, vendor }));
    case 'not-found':
      return failed(new Problem('not-found', detail, { vendor }));
    default:
      return failed(new Problem('vendor-rejected', detail, { vendor }));
  }
}
