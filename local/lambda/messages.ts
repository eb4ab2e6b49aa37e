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

/**
 * A message of an instance: `output`, or one for its start and one for each assignment; `crashed` ends it. `output` has the
 * text that the function has written since the last message. It goes with the others: each message wakes
 * another thread.
 */
export type Report = Written & (Heard | { readonly kind: 'output' });

/** A message that somebody waits for. */
export type Heard =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answered'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: FunctionError }
  | { readonly kind: 'crashed'; readonly error: FunctionError };

interface Written {
  readonly output?: string;
}

/** The end of one invocation. The payload is JSON. */
export type Outcome =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: FunctionError };
