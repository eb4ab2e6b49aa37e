import { cutText } from './log/cut-text.ts';
import { DeadlinePassed } from './time/deadline.ts';

/**
 * Every way in which a lookup can fail: the HTTP status it answers with, whether the same request may succeed later,
 * and the title of its problem document. The code is also the error name for Step Functions and a dimension of metrics.
 */
export const PROBLEMS = {
  'invalid-input': { status: 400, retryable: false, title: 'The request is not valid' },
  'forbidden-account': { status: 403, retryable: false, title: 'The caller may not use this vendor account' },
  'forbidden-trigger': { status: 403, retryable: false, title: 'This lookup is not answered from stored events' },
  'unknown-account': { status: 404, retryable: false, title: 'No secret exists for this vendor account' },
  'not-found': { status: 404, retryable: false, title: 'The vendor does not know what was asked for' },
  'vendor-rejected': { status: 422, retryable: false, title: 'The vendor refused the request' },
  'vendor-rate-limited': { status: 429, retryable: true, title: 'The rate limit of the vendor is reached' },
  misconfigured: { status: 500, retryable: false, title: 'The secret of this vendor account is not valid' },
  internal: { status: 500, retryable: false, title: 'The lookup failed' },
  'result-too-large': { status: 500, retryable: false, title: 'The result is too large for one answer' },
  'vendor-auth-failed': { status: 502, retryable: false, title: 'The vendor refuses our credentials' },
  'vendor-unavailable': { status: 502, retryable: true, title: 'The vendor gave no usable answer' },
  'vendor-contract-changed': {
    status: 502,
    retryable: false,
    title: 'The answer of the vendor breaks its documentation',
  },
  'secret-unavailable': { status: 503, retryable: true, title: 'The secret of this vendor account cannot be read' },
  'vendor-timeout': { status: 504, retryable: true, title: 'The vendor did not answer in time' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * Characters of a document's errors as JSON: with all else in it, the document stays below 16,000. Step Functions keeps
 * 32,768 characters of a cause, in which each quote of the document is escaped.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_LambdaFunctionFailedEventDetails.html
 */
const MAX_ERRORS_LENGTH = 6_000;
const MAX_DETAIL_LENGTH = 1_000;

/** One broken rule of the input; `pointer` is a JSON Pointer (RFC 6901) into the request body. */
export interface InputError {
  readonly pointer: string;
  readonly detail: string;
}

/** What the vendor itself said about the failure. */
export interface VendorStatement {
  readonly name: string;
  readonly code?: string;
  readonly message?: string;
  readonly requestId?: string;
}

/** Where and why a connection failed, for the log. */
export interface FailedVendor {
  /** Host and port, and nothing else of the address. */
  readonly address: string;
  /** Code of Node, OpenSSL or undici, where the connection itself failed. */
  readonly fault?: string;
}

interface ProblemOptions {
  /** Where one code answers with several statuses (`invalid-input`: 400, 413, 415). */
  readonly status?: number;
  readonly retryable?: boolean;
  readonly errors?: readonly InputError[];
  readonly vendor?: VendorStatement;
  readonly retryAfterSeconds?: number;
  readonly failedVendor?: FailedVendor;
  readonly cause?: unknown;
}

/** The document of a failure, `application/problem+json` (RFC 9457). */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** `urn:uuid:<request id>` (RFC 9562): a bare UUID would be a relative address (RFC 9457, 3.1.5). */
  readonly instance: string;
  readonly code: ProblemCode;
  readonly retryable: boolean;
  readonly errors?: readonly InputError[];
  readonly vendor?: VendorStatement;
}

/** The one error that leaves the pipeline. Its detail is written for the caller and never holds a secret. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly errors: readonly InputError[] | undefined;
  readonly vendor: VendorStatement | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly failedVendor: FailedVendor | undefined;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = code;
    this.code = code;
    this.status = options.status ?? PROBLEMS[code].status;
    this.retryable = options.retryable ?? PROBLEMS[code].retryable;
    this.errors = options.errors;
    this.vendor = options.vendor;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.failedVendor = options.failedVendor;
  }

  /** The same problem, some of its parts replaced. */
  with(changes: {
    retryable?: boolean;
    errors?: readonly InputError[];
    vendor?: VendorStatement;
    detail?: string;
    retryAfterSeconds?: number;
    failedVendor?: FailedVendor;
  }): Problem {
    const errors = changes.errors ?? this.errors;
    const vendor = changes.vendor ?? this.vendor;
    const failedVendor = changes.failedVendor ?? this.failedVendor;
    // When to come again is said only to who may.
    const retryAfterSeconds =
      changes.retryAfterSeconds ?? (changes.retryable === false ? undefined : this.retryAfterSeconds);
    return new Problem(this.code, changes.detail ?? this.message, {
      status: this.status,
      retryable: changes.retryable ?? this.retryable,
      ...(errors && { errors }),
      ...(vendor && { vendor }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      ...(failedVendor && { failedVendor }),
      cause: this.cause,
    });
  }

  /**
   * Of many errors it has the first, and says so: an input of 64 KiB can break a rule in 30,000 places.
   * @param requestId Lambda's, a UUID
   */
  document(requestId: string): ProblemDocument {
    const { errors: all = [] } = this;
    const errors = firstErrors(all);
    const count = errors.length < all.length ? ` It has the first ${errors.length} of ${all.length} errors.` : '';
    return {
      type: `urn:contact-lookups:problem:${this.code}`,
      title: PROBLEMS[this.code].title,
      status: this.status,
      detail: cutText(this.message, MAX_DETAIL_LENGTH) + count,
      instance: `urn:uuid:${requestId}`,
      code: this.code,
      retryable: this.retryable,
      ...(this.errors && { errors }),
      ...(this.vendor && { vendor: this.vendor }),
    };
  }
}

function firstErrors(errors: readonly InputError[]): readonly InputError[] {
  let length = 0;
  const tooMany = errors.findIndex((error) => {
    length += JSON.stringify(error).length;
    return length > MAX_ERRORS_LENGTH;
  });
  return tooMany === -1 ? errors : errors.slice(0, tooMany);
}

/** An input that breaks rules of its lookup. */
export function invalidInput(errors: readonly InputError[]): Problem {
  return new Problem('invalid-input', 'The input breaks the rules of this lookup; see `errors`.', { errors });
}

/**
 * Anything that is thrown, as a problem: what is not one already is a defect of ours, and says nothing of the inside.
 * @param waitedFor host and port of the vendor's server whose answer was waited for
 */
export function toProblem(error: unknown, waitedFor?: string): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DeadlinePassed) {
    const vendor = waitedFor === undefined ? 'the vendor' : `the vendor's server ${waitedFor}`;
    return new Problem('vendor-timeout', `The time that the function had left ended before ${vendor} answered.`, {
      ...(waitedFor !== undefined && { failedVendor: { address: waitedFor } }),
    });
  }
  return new Problem('internal', 'An unexpected error occurred; the log line of this request tells where.', {
    cause: error,
  });
}
