import type { Reason } from '../credentials/reasons.ts';
import type { ProblemCode } from '../problem.ts';
import type { InvalidRow } from '../schema/deviations.ts';

/** What one invocation tells of itself. Nothing in it comes from a caller or a vendor unless a schema bounds it. */
export interface Outcome {
  readonly lookup: string;
  readonly requestId: string;
  /** What delivered the message, where the request came in one, and its name for the message. */
  readonly trigger?: string;
  readonly messageId?: string;
  /** The sender's own name for the request, where it is fit for the log. */
  readonly correlationId?: string;
  /** Absent where the request named none that is valid. */
  readonly account?: string;
  readonly outcome: 'succeeded' | 'failed';
  readonly problem?: ProblemCode;
  readonly vendorCode?: string;
  /** Host and port of the vendor's server that failed. */
  readonly vendorAddress?: string;
  /** Code of Node, OpenSSL or undici, where the connection to it failed. */
  readonly vendorFault?: string;
  /** Where a defect of ours was thrown: names of functions and places, no message. */
  readonly stack?: readonly string[];
  readonly attempts: number;
  readonly milliseconds: number;
  readonly vendorMs: number;
  readonly credentialAttempts: number;
  readonly credentialMs: number;
  readonly tokenAgeMs?: number;
  /** Why credentials were renewed. */
  readonly renewals?: readonly string[];
  /** Why the secret and the credential were used, renewed or waited for. */
  readonly secretReasons?: readonly Reason[];
  readonly credentialReasons?: readonly Reason[];
  /** What the vendor said of a credential that an operator should know. */
  readonly warnings?: readonly string[];
  /** Rows of the vendor's answer that were left out, and the first of them. */
  readonly invalidRowCount?: number;
  readonly invalidRows?: readonly InvalidRow[];
  /** Paths to fields of the vendor's answer that its schema does not know. */
  readonly undocumentedFields?: readonly string[];
  /** The input's fields that the lookup's schema marks as loggable. */
  readonly input?: Readonly<Record<string, unknown>>;
  readonly coldStart: boolean;
}

/** Where outcomes go: the log and the metrics. */
export type ReportOutcome = (outcome: Outcome) => void;
