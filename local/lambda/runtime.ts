import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import type { Context } from 'aws-lambda';
import type { Bundle } from './bundles.ts';
import type { Assignment, FunctionError, Heard, Report } from './messages.ts';

/*
 * Lambda's runtime for Node.js, in a thread of its own: loads a bundle and answers one assignment at a time. After
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client and
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 */

type Handler = (event: unknown, context: Partial<Context>) => unknown;

let output = '';
for (const stream of [process.stdout, process.stderr]) stream.write = write;
process.on('exit', tellOfOutput);
process.on('uncaughtException', (error) => crash(describe(error)));
process.on('unhandledRejection', (reason) =>
  crash({ ...describe(reason), errorType: 'Runtime.UnhandledPromiseRejection' }),
);

const { handler } = load(workerData);
if (typeof handler !== 'function') {
  crash({ errorType: 'Runtime.HandlerNotFound', errorMessage: 'The bundle exports no function "handler".', trace: [] });
} else {
  parentPort?.on('message', (assignment: Assignment) => void answer(handler, assignment).then(report));
  report({ kind: 'ready' });
}

function load({ file, code }: Bundle): { readonly handler?: Handler } {
  const module: { exports: { readonly handler?: Handler } } = { exports: {} };
  const run = compileFunction(code, ['exports', 'require', 'module'], { filename: file });
  run(module.exports, createRequire(file), module);
  return module.exports;
}

async function answer(handler: Handler, assignment: Assignment): Promise<Heard> {
  const { requestId, functionArn, timeoutMs, event } = assignment;
  const endsAt = Date.now() + timeoutMs;
  try {
    const result = await handler(JSON.parse(event), {
      awsRequestId: requestId,
      functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '',
      functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'] ?? '',
      invokedFunctionArn: functionArn,
      memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? '',
      logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'] ?? '',
      logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '',
      getRemainingTimeInMillis: () => endsAt - Date.now(),
    });
    return { kind: 'answered', payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { kind: 'failed', error: describe(error) };
  }
}

function describe(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
}

/** As of a stream. The text goes with the invocation's end, or, of work in the background, by itself. */
function write(chunk: string | Uint8Array, ...rest: unknown[]): boolean {
  if (output === '') setImmediate(tellOfOutput);
  output += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
  const callback = rest.at(-1);
  if (typeof callback === 'function') callback();
  return true;
}

function tellOfOutput(): void {
  if (output !== '') report({ kind: 'output' });
}

function report(message: Heard | { readonly kind: 'output' }): void {
  parentPort?.postMessage({ ...message, ...(output !== '' && { output }) } satisfies Report);
  output = '';
}

function crash(error: FunctionError): void {
  report({ kind: 'crashed', error });
  process.exit(1);
}
