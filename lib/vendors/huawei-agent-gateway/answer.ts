import { readJsonObject, scalarText } from '../../http/body.ts';
import type { HttpAnswer } from '../../http/message.ts';
import { failed, judgeStatus, rateLimited, refused, unreadable, type Verdict } from '../../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../../problem.ts';
import { explainRetcode } from './retcodes.ts';

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
 * Judges by retcode, not by status: the gateway answers HTTP 200 for errors too. What has retcode "0" is read on.
 * @param read the result of the answer's body
 */
export function judgeRetcode<Result>(
  answer: HttpAnswer,
  read: (result: unknown, vendor: VendorStatement) => Verdict<Result>,
): Verdict<Result> {
  const body = readJsonObject(answer);
  const code = readRetcode(answer);
  if (answer.status !== 200 || code === undefined) {
    const vendor = { name: NAME, code: String(answer.status) };
    return judgeStatus(answer, vendor) ?? unreadable(answer, vendor);
  }
  const message = scalarText(body?.['message'] ?? body?.['msg']);
  const vendor: VendorStatement = { name: NAME, code, ...(message && { message }) };
  return code === '0' ? read(body?.['result'], vendor) : judgeFailure(answer, vendor, code);
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
