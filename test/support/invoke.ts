import type { ProblemDocument } from '../../lib/problem.ts';
import { FUNCTION_TIMEOUT_MS, type World } from './world.ts';

/** What Lambda answers where a function has thrown. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

export type Invoked = { readonly answer: unknown } | { readonly error: FunctionError; readonly thrown: Error };

let invocations = 0;

/**
 * Invokes a function as Lambda does, JSON in and JSON out. The error is as the runtime makes it of what was thrown:
 * `toRapidResponse` in src/Errors.js of https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 * @param payload JSON
 */
export async function invoke(world: World, payload: string): Promise<Invoked> {
  invocations += 1;
  const endsAt = world.clock.now() + FUNCTION_TIMEOUT_MS;
  try {
    const answer = await world.handler(JSON.parse(payload) as unknown, {
      awsRequestId: `invocation-${invocations}`,
      getRemainingTimeInMillis: () => endsAt - world.clock.now(),
    });
    return { answer: JSON.parse(JSON.stringify(answer)) };
  } catch (error) {
    if (!(error instanceof Error)) throw new TypeError('The function threw what is no error.');
    const { name, message, stack = '' } = error;
    return { error: { errorType: name, errorMessage: message, trace: stack.split('\n') }, thrown: error };
  }
}

/**
 * The error of an invocation that must fail, and the problem document in it.
 * @param event JSON, or what is written as JSON
 */
export async function failure(world: World, event: unknown) {
  const invoked = await invoke(world, typeof event === 'string' ? event : JSON.stringify(event));
  if (!('error' in invoked)) throw new Error(`It succeeded: ${JSON.stringify(invoked.answer)}`);
  const { error, thrown } = invoked;
  return { error, thrown, problem: JSON.parse(error.errorMessage) as ProblemDocument };
}

/**
 * The answer of an invocation that must succeed.
 * @param event JSON, or what is written as JSON
 */
export async function success(world: World, event: unknown) {
  const invoked = await invoke(world, typeof event === 'string' ? event : JSON.stringify(event));
  if (!('answer' in invoked)) throw new Error(`It failed: ${JSON.stringify(invoked.error)}`);
  return invoked.answer as { readonly data: unknown; readonly meta: Readonly<Record<string, unknown>> };
}
