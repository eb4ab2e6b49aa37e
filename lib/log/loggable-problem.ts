import type { Problem, ProblemCode } from '../problem.ts';

/** Words, each with a number at its end, joined by dots, dashes or underscores. */
const CODE = /^[A-Za-z]*\d*(?:[._-][A-Za-z]*\d*)*$/;
const MAX_CODE_LENGTH = 64;
/** The vendors' codes have ten at most; a Guid, a token or a key has more. */
const MAX_DIGITS = 10;

/** What of a problem is fit for the log: no text of a vendor's, of a library's, or of a secret. */
export interface LoggableProblem {
  readonly problem: ProblemCode;
  readonly vendorCode?: string;
  readonly vendorAddress?: string;
  readonly vendorFault?: string;
  /** Where a defect of ours was thrown: names of functions and places, no message. */
  readonly stack?: readonly string[];
}

export function loggableProblem({ code, vendor, failedVendor, cause }: Problem): LoggableProblem {
  return {
    problem: code,
    ...(vendor?.code && isLoggableCode(vendor.code) && { vendorCode: vendor.code }),
    ...(failedVendor && { vendorAddress: failedVendor.address }),
    ...(failedVendor?.fault && { vendorFault: failedVendor.fault }),
    ...(code === 'internal' && { stack: frames(cause) }),
  };
}

/** Whether a vendor's code reads like one. Any other text may be a credential that has been replaced and is not redacted. */
function isLoggableCode(code: string): boolean {
  const digits = code.replace(/\D/g, '').length;
  return code.length <= MAX_CODE_LENGTH && digits <= MAX_DIGITS && /[A-Za-z\d]/.test(code) && CODE.test(code);
}

/** The frames of a stack without the message above them, which may quote anything. */
function frames(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
}
