import { threadId as instance } from 'node:worker_threads';
import type { Context } from 'aws-lambda';

/** Orders of a test to the function under test. It follows `meet` first, the others in this order. */
export interface FixtureEvent {
  /** An address to ask, with the instance's and the request's id; what follows waits for its answer. */
  readonly meet?: string;
  readonly log?: string;
  readonly exit?: number;
  readonly crash?: string;
  readonly reject?: string;
  readonly throws?: { readonly name: string; readonly message: string };
  readonly throwsText?: string;
  readonly answerBytes?: number;
  /** Fill the memory. */
  readonly hoard?: boolean;
  /** Keep the processor busy for good. */
  readonly spin?: boolean;
}

/** Of this instance alone. */
let invocations = 0;

/** A Lambda function for tests of what runs it; answers with what it sees. */
export async function handler(event: FixtureEvent, context: Context): Promise<unknown> {
  invocations += 1;
  const { meet, log, exit, crash, reject, throws, throwsText, answerBytes, hoard, spin } = event;
  if (meet !== undefined) await fetch(`${meet}?instance=${instance}&requestId=${context.awsRequestId}`);
  if (log !== undefined) process.stdout.write(`${log}\n`);
  if (hoard) for (const hoarded: number[][] = []; ; ) hoarded.push(new Array(100_000).fill(0.5));
  for (; spin; );
  if (exit !== undefined) process.exit(exit);
  if (crash !== undefined || reject !== undefined) {
    if (reject !== undefined) void Promise.reject(new TypeError(reject));
    else setImmediate(() => fail('RangeError', String(crash)));
    return new Promise(() => undefined);
  }
  if (throws !== undefined) fail(throws.name, throws.message);
  if (throwsText !== undefined) throw throwsText;
  if (answerBytes !== undefined) return 'a'.repeat(answerBytes - 2);
  const { getRemainingTimeInMillis, ...told } = context;
  return {
    event,
    context: told,
    remainingMs: getRemainingTimeInMillis(),
    instance,
    invocations,
    environment: process.env,
  };
}

function fail(name: string, message: string): never {
  const error = new Error(message);
  error.name = name;
  throw error;
}
