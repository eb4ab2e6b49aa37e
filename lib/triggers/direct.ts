import type { LookupAnswer, LookupRequest } from '../pipeline/invocation.ts';
import { narrow, utf8Bytes } from '../pipeline/room.ts';
import { type Problem, toProblem } from '../problem.ts';
import { LAMBDA } from './limits.ts';
import { DEFAULT_ACCOUNT, inputOf, pointInto, readMessage } from './message.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * A failure as Step Functions and callers of Lambda see it: the error's name is the problem's code, so that `Retry` and
 * `Catch` with `ErrorEquals` can tell them apart, and its message is the problem document as JSON. Lambda's runtime answers
 * with `{ errorType, errorMessage, trace }` of name, message and stack:
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html and src/Errors.js of
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 */
export class LookupFailed extends Error {
  constructor(problem: Problem, requestId: string) {
    super(JSON.stringify(problem.document(requestId)));
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
      ...(read.correlationId !== undefined && { correlationId: read.correlationId }),
      includeUndocumented: read.includeUndocumented ?? false,
      room: narrow({ ...LAMBDA, sizeOf: utf8Bytes }, read.maxResultBytes),
    };
    const { json: _json, ...answer } = await context.answer(asked, context.remainingMs());
    return answer;
  } catch (error) {
    throw new LookupFailed(pointInto(toProblem(error), read), requestId);
  }
}
