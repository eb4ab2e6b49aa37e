/**
 * An error as Lambda's runtime for Node.js tells it: `error.name`, `error.message` and the lines of `error.stack`.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html . Errors that Lambda itself finds have no trace.
 */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** What a function's process is given to answer. */
export interface Assignment {
  readonly requestId: string;
  readonly functionArn: string;
  readonly timeoutMs: number;
  /** As JSON, so that the handler gets what the caller wrote. */
  readonly event: string;
}

/** What a function's process says, each time in answer to its start or to an assignment; `crashed` ends it. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answered'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: FunctionError }
  | { readonly kind: 'crashed'; readonly error: FunctionError };

/** What became of one invocation. The payload is JSON. */
export type Outcome =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: FunctionError };
