/**
 * An error as Lambda's runtime for Node.js tells it: `error.name`, `error.message` and the lines of `error.stack`.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html . Errors that Lambda itself finds have no trace.
 */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** One invocation, as an instance gets it. */
export interface Assignment {
  readonly requestId: string;
  readonly functionArn: string;
  readonly timeoutMs: number;
  /** As JSON, so that the handler gets what the caller wrote. */
  readonly event: string;
}

/** A message of an instance, one for its start and one for each assignment; `crashed` ends it. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answered'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: FunctionError }
  | { readonly kind: 'crashed'; readonly error: FunctionError };

/** The end of one invocation. The payload is JSON. */
export type Outcome =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: FunctionError };
