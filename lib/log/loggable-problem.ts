import type { Problem, ProblemCode } from '../problem.ts';

/** What vendors' codes look like; anything else is text, and text is not logged. */
const CODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What of a problem is fit for the log: no text of a vendor's, of a library's, or of a secret. */
export interface LoggableProblem {
  readonly problem: ProblemCode;
  readonly vendorCode?: string;
  /** Where a defect of ours was thrown: names of functions and places, no message. */
  readonly stack?: readonly string[];
}

export function loggableProblem({ code, vendor, cause }: Problem): LoggableProblem {
  return {
    problem: code,
    ...(vendor?.code && CODE.test(vendor.code) && { vendorCode: vendor.code }),
    ...(code === 'internal' && { stack: frames(cause) }),
  };
}

/** The frames of a stack without the message above them, which may quote anything. */
function frames(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
}
