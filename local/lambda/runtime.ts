import { createRequire } from 'node:module';
import type { Context } from 'aws-lambda';
import type { Assignment, FunctionError, Report } from './messages.ts';

/*
 * Lambda's runtime for Node.js, in a process of its own: loads the bundle that its argument names and answers one
 * assignment at a time, over the channel to its parent. After https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 * and https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html . It ends with its parent, however that ends.
 */

type Handler = (event: unknown, context: Partial<Context>) => unknown;

process.on('disconnect', () => process.exit());
process.on('uncaughtException', (error) => crash(describe(error)));
process.on('unhandledRejection', (reason) =>
  crash({ ...describe(reason), errorType: 'Runtime.UnhandledPromiseRejection' }),
);

const { handler } = createRequire(import.meta.url)(process.argv[2] ?? '') as { handler?: Handler };
if (typeof handler !== 'function') {
  crash({ errorType: 'Runtime.HandlerNotFound', errorMessage: 'The bundle exports no function "handler".', trace: [] });
} else {
  process.on('message', (assignment: Assignment) => void answer(handler, assignment).then(report));
  report({ kind: 'ready' });
}

async function answer(handler: Handler, assignment: Assignment): Promise<Report> {
  const { requestId, functionArn, timeoutMs, event } = assignment;
  const endsAt = Date.now() + timeoutMs;
  try {
    const result = await handler(JSON.parse(event), {
      awsRequestId: requestId,
      functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '',
      functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'] ?? '',
      invokedFunctionArn: functionArn,
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

function report(message: Report): void {
  process.send?.(message);
}

function crash(error: FunctionError): void {
  process.send?.({ kind: 'crashed', error } satisfies Report, () => process.exit(1));
}
