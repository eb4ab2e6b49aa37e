import { readJson } from '../http/body.ts';
import type { HttpAnswer } from '../http/message.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { Problem, type VendorStatement } from '../problem.ts';

/** What an answer means for the attempt loop. */
export type Verdict<Result> =
  | {
      readonly kind: 'result';
      readonly value: Result;
      readonly vendorRequestId?: string;
      /** The vendor's remark on a success. */
      readonly vendorMessage?: string;
    }
  /** The vendor refuses the credential: renew it once and send again. `reason` is a word for the log. */
  | { readonly kind: 'refused'; readonly reason: string; readonly problem: Problem }
  /** The vendor's clock differs from ours: sign once more, by its clock. */
  | { readonly kind: 'skewed'; readonly offsetMs: number; readonly problem: Problem }
  /** Another try may succeed. `processed` tells whether the vendor can have acted on the request. */
  | {
      readonly kind: 'retry';
      readonly processed: 'no' | 'maybe';
      readonly problem: Problem;
      readonly afterMs?: number;
      readonly maxRetries?: number;
      /** The meaning of the same response to one retry. That retry is part of the judgement: messages get it as well. */
      readonly confirmed?: Problem;
    }
  | { readonly kind: 'problem'; readonly problem: Problem };

export function found<Result>(value: Result): Verdict<Result> {
  return { kind: 'result', value };
}

export function failed(problem: Problem): Verdict<never> {
  return { kind: 'problem', problem };
}

export function refused(reason: string, problem: Problem): Verdict<never> {
  return { kind: 'refused', reason, problem };
}

/** The wait that is named to callers where the vendor names none. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** The vendor's rate limit: nothing was done, and the same request may be sent again. */
export function rateLimited(answer: HttpAnswer, vendor: VendorStatement): Verdict<never> {
  const afterMs = retryAfterMs(answer.headers['retry-after'], answer.receivedAt);
  return {
    kind: 'retry',
    processed: 'no',
    problem: new Problem('vendor-rate-limited', 'The vendor limits the rate of requests.', {
      vendor,
      retryAfterSeconds: afterMs === undefined ? DEFAULT_RETRY_AFTER_SECONDS : Math.ceil(afterMs / 1000),
    }),
    ...(afterMs !== undefined && { afterMs }),
  };
}

/** A failure of the vendor's that may pass. */
export function unavailable(answer: HttpAnswer, vendor: VendorStatement): Verdict<never> {
  const afterMs = retryAfterMs(answer.headers['retry-after'], answer.receivedAt);
  return {
    kind: 'retry',
    processed: 'maybe',
    problem: new Problem('vendor-unavailable', `The vendor failed (HTTP ${answer.status}).`, {
      vendor,
      ...(afterMs !== undefined && { retryAfterSeconds: Math.ceil(afterMs / 1000) }),
    }),
    ...(afterMs !== undefined && { afterMs }),
  };
}

/** Temporary by their definition (RFC 9110, 15.5.9; RFC 8470, 5.2), unlike other 4xx. */
const TEMPORARY_4XX: ReadonlySet<number> = new Set([408, 425]);

/**
 * The verdict that the HTTP status alone gives, where the body says nothing more exact: 408, 425, 429, 5xx and
 * redirects. Undefined for every other status.
 */
export function judgeStatus(answer: HttpAnswer, vendor: VendorStatement): Verdict<never> | undefined {
  const { status } = answer;
  if (status === 429) return rateLimited(answer, vendor);
  if (status >= 500 || TEMPORARY_4XX.has(status)) return unavailable(answer, vendor);
  if (status >= 300 && status < 400) {
    const detail = `The vendor's server ${answer.server} answered with a redirect (HTTP ${status}), which is not followed: check \`baseUrl\` of the secret.`;
    return failed(new Problem('vendor-unavailable', detail, { retryable: false, vendor }));
  }
  return undefined;
}

/**
 * A response that is not in the form that the vendor documents: no JSON at all, or JSON of another shape. A 4xx that no
 * rule of the vendor explains comes from a wrong address, or from a server in front of the vendor: no retry ends it.
 */
export function unreadable(answer: HttpAnswer, vendor: VendorStatement): Verdict<never> {
  const { status } = answer;
  if (status >= 400 && status < 500) {
    const detail = `The vendor's server ${answer.server} answered HTTP ${status}, which its interface does not document: check \`baseUrl\` of the secret.`;
    return failed(new Problem('vendor-unavailable', detail, { retryable: false, vendor }));
  }
  if (status !== 200 || readJson(answer) === undefined) {
    const detail = `The vendor's server ${answer.server} answered HTTP ${status} with a body that is no answer of its interface.`;
    return failed(new Problem('vendor-unavailable', detail, { vendor }));
  }
  const detail = 'The answer of the vendor breaks its documentation: what it must hold is missing.';
  return failed(new Problem('vendor-contract-changed', detail, { vendor }));
}
