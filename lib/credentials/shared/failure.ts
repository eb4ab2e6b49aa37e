import { isJsonObject } from '../../http/body.ts';
import { PROBLEMS, Problem, type ProblemCode, type VendorStatement } from '../../problem.ts';

/** A failure as processes hand it to one another: nobody asks the vendor for what it has just refused to another. */
export function writeFailure({ code, message, retryable, vendor }: Problem): unknown {
  return { code, detail: message, retryable, ...(vendor && { vendor }) };
}

/** The failure in what another process wrote; undefined where there is none. */
export function readFailure(content: unknown): Problem | undefined {
  if (!isJsonObject(content)) return undefined;
  const { code, detail, retryable, vendor } = content;
  if (typeof code !== 'string' || !Object.hasOwn(PROBLEMS, code) || typeof detail !== 'string') return undefined;
  return new Problem(code as ProblemCode, detail, {
    retryable: retryable === true,
    ...(isJsonObject(vendor) && { vendor: vendor as unknown as VendorStatement }),
  });
}
