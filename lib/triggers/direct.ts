import { cutText } from '../log/cut-text.ts';
import type { LookupAnswer, LookupRequest } from '../pipeline/invocation.ts';
import { type Problem, toProblem } from '../problem.ts';
import { DEFAULT_ACCOUNT, inputOf, pointInto, readMessage } from './message.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * Characters of a message. Step Functions keeps 32,768 of the document that Lambda makes of an error, where each quote of
 * this one is escaped once more: beyond that nobody could read it as JSON.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_LambdaFunctionFailedEventDetails.html
 */
const LONGEST_MESSAGE = 16_000;
/** What stands in a message that would be longer. */
const FIRST_ERRORS = 10;
const LONGEST_DETAIL = 1_000;

/**
 * A failure as Step Functions and callers of Lambda see it: the error's name is the problem's code, so that `Retry` and
 * `Catch` with `ErrorEquals` can tell them apart, and its message is the problem document as JSON. Lambda's runtime answers
 * with `{ errorType, errorMessage, trace }` of name, message and stack:
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html and src/Errors.js of
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 */
export class LookupFailed extends Error {
  constructor(problem: Problem, requestId: string) {
    super(write(problem, requestId));
    this.name = problem.code;
    // Frames are for us, not for the caller; the log line has those of a defect.
    this.stack = this.name;
  }

  /** What the runtime writes to the log (src/LogPatch.js there): our own line has what is fit for it, no vendor's text. */
  toJSON(): object {
    return { errorType: this.name };
  }
}

/**
 * An invocation of the function itself, by a state machine, a program or the command line.
 * @throws LookupFailed
 */
export async function answerDirect(event: unknown, context: TriggerContext): Promise<LookupAnswer> {
  const { requestId } = context;
  const read = readMessage(event);
  try {
    const asked: LookupRequest = {
      readInput: () => inputOf(read),
      account: read.account ?? DEFAULT_ACCOUNT,
      // Who may invoke the function is IAM's to say; it knows nothing of accounts.
      mayUse: () => true,
      // A caller's own session comes over HTTP alone.
      keepGuid: () => undefined,
      requestId,
    };
    return await context.answer(asked, context.remainingMs());
  } catch (error) {
    throw new LookupFailed(pointInto(toProblem(error), read), requestId);
  }
}

function write(problem: Problem, requestId: string): string {
  const message = JSON.stringify(problem.document(requestId));
  if (message.length <= LONGEST_MESSAGE) return message;
  const shorter = JSON.stringify(shorten(problem, FIRST_ERRORS).document(requestId));
  // The names of fields that are not known may be long as well.
  return shorter.length <= LONGEST_MESSAGE ? shorter : JSON.stringify(shorten(problem, 0).document(requestId));
}

function shorten(problem: Problem, errorsLeft: number): Problem {
  const { errors, message } = problem;
  const detail = cutText(message, LONGEST_DETAIL);
  if (!errors) return problem.with({ detail });
  const first = errors.slice(0, errorsLeft);
  return problem.with({
    detail: `${detail} Here are ${first.length} of ${errors.length} errors.`,
    errors: first,
  });
}
