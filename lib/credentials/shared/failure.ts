import { isJsonObject } from '../../http/body.ts';
import { PROBLEMS, Problem, type ProblemCode, type VendorStatement } from '../../problem.ts';

/** A failure as instances hand it to one another: none asks the vendor for what it has just refused to another. */
export interface SharedFailure {
  readonly problem: Problem;
  /** For how long nobody shall ask the vendor again, from the failure on. */
  readonly pauseMs: number;
}

/** The longest `Retry-After` that is believed (lib/http/retry-after.ts). */
const LONGEST_PAUSE_MS = 3_600_000;

export function writeFailure({ problem: { code, message, retryable, vendor }, pauseMs }: SharedFailure): unknown {
  return { code, detail: message, retryable, pauseMs, ...(vendor && { vendor }) };
}

/** The failure in what another instance wrote; undefined where there is none. */
export function readFailure(content: unknown): SharedFailure | undefined {
  if (!isJsonObject(content)) return undefined;
  const { code, detail, retryable, vendor, pauseMs } = content;
  if (typeof code !== 'string' || !Object.hasOwn(PROBLEMS, code) || typeof detail !== 'string') return undefined;
  const problem = new Problem(code as ProblemCode, detail, {
    retryable: retryable === true,
    ...(isJsonObject(vendor) && { vendor: vendor as unknown as VendorStatement }),
  });
  return { problem, pauseMs: typeof pauseMs === 'number' ? pauseMs : LONGEST_PAUSE_MS };
}
