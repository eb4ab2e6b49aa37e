import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LoopbackServer, listenOnLoopback, readBody } from '../loopback.ts';
import { plainFunctionName } from './function-name.ts';
import { LambdaServiceError, tooLarge } from './service-error.ts';

export const INVOCATION_TYPES = ['RequestResponse', 'Event', 'DryRun'] as const;
export type InvocationType = (typeof INVOCATION_TYPES)[number];

/** Lambda's MB is 1,024 KB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MB = 1024 * 1024;
/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
const LONGEST_PAYLOAD_BYTES: Record<InvocationType, number> = { RequestResponse: 6 * MB, Event: MB, DryRun: 6 * MB };

/** Invoke's response: 200 with the function's answer or error, 202 for an event that was taken, 204 for a dry run. */
export interface InvokeAnswer {
  readonly status: 200 | 202 | 204;
  readonly requestId: string;
  /** JSON, empty where nobody waited for it. */
  readonly payload: string;
  /** There if the payload is a FunctionError. */
  readonly functionError?: 'Unhandled';
}

/**
 * @param name of the function, without ARN and qualifier
 * @param event JSON
 * @throws LambdaServiceError
 */
export type Invoke = (name: string, event: string, type: InvocationType, requestId: string) => Promise<InvokeAnswer>;

/** Gives ListFunctions its response. */
export type List = () => object;

/** Commands of the control address, such as `GET invocations`. */
export type Control = Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => object>>;

const CONTROL = '/__control/';

/**
 * Lambda's Invoke and ListFunctions on loopback, after https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html .
 * Any credentials are accepted. Its control address, `<url>/__control/`, takes the commands that are given.
 * @param port 0 takes any free one
 * @throws Error EADDRINUSE
 */
export function startInvokeServer(port: number, invoke: Invoke, list: List, control: Control): Promise<LoopbackServer> {
  return listenOnLoopback(
    async (incoming, outgoing) => {
      const requestId = randomUUID();
      outgoing.setHeader('x-amzn-RequestId', requestId);
      try {
        sendAnswer(outgoing, await handle(incoming, requestId, invoke, list, control));
      } catch (error) {
        sendError(outgoing, error);
      }
    },
    { port },
  );
}

async function handle(
  incoming: IncomingMessage,
  requestId: string,
  invoke: Invoke,
  list: List,
  control: Control,
): Promise<InvokeAnswer> {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  if (pathname.startsWith(CONTROL)) {
    const run = control[`${incoming.method} ${pathname.slice(CONTROL.length)}`];
    if (!run) throw new LambdaServiceError('UnknownOperationException', 404, 'There is no such control command.');
    const input = JSON.parse(checkJson(await readText(incoming, MB)));
    return { status: 200, requestId, payload: JSON.stringify(run(input)) };
  }
  if (incoming.method === 'GET' && /^\/2015-03-31\/functions\/?$/.test(pathname)) {
    return { status: 200, requestId, payload: JSON.stringify(list()) };
  }
  const [, path] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname) ?? [];
  if (path === undefined || incoming.method !== 'POST') {
    throw new LambdaServiceError(
      'UnknownOperationException',
      404,
      'Of Lambda, there are the actions Invoke and ListFunctions here.',
    );
  }
  const type = readType(incoming.headers['x-amz-invocation-type']);
  const body = await readText(incoming, LONGEST_PAYLOAD_BYTES[type]);
  const functionName = decode(path);
  const name = plainFunctionName(functionName, searchParams.get('Qualifier'));
  if (name === undefined) throw functionNotFound(functionName);
  return invoke(name, checkJson(body), type, requestId);
}

export function functionNotFound(name: string): LambdaServiceError {
  return new LambdaServiceError('ResourceNotFoundException', 404, `Function not found: ${name}`);
}

function readType(header: string | string[] | undefined): InvocationType {
  const type = INVOCATION_TYPES.find((known) => known === (header ?? 'RequestResponse'));
  if (type) return type;
  const message = `X-Amz-Invocation-Type is one of ${INVOCATION_TYPES.join(', ')}.`;
  throw new LambdaServiceError('InvalidParameterValueException', 400, message);
}

async function readText(incoming: IncomingMessage, limitBytes: number): Promise<string> {
  const body = await readBody(incoming, limitBytes);
  if (!body) throw tooLarge(limitBytes);
  return body.toString();
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new LambdaServiceError('InvalidParameterValueException', 400, 'FunctionName is not URL-encoded.');
  }
}

/** Where there is no payload, the event is an empty object. */
function checkJson(body: string): string {
  if (body === '') return '{}';
  try {
    JSON.parse(body);
    return body;
  } catch {
    // The parser's message quotes the body.
    throw new LambdaServiceError('InvalidRequestContentException', 400, 'Could not parse request body into json.');
  }
}

function sendAnswer(outgoing: ServerResponse, { status, payload, functionError }: InvokeAnswer): void {
  outgoing.writeHead(status, {
    ...(status === 200 && { 'content-type': 'application/json', 'X-Amz-Executed-Version': '$LATEST' }),
    ...(functionError && { 'X-Amz-Function-Error': functionError }),
  });
  outgoing.end(payload);
}

function sendError(outgoing: ServerResponse, error: unknown): void {
  if (!(error instanceof LambdaServiceError)) throw error;
  outgoing.writeHead(error.status, { 'content-type': 'application/json', 'x-amzn-ErrorType': error.name });
  outgoing.end(JSON.stringify(error.document));
}
