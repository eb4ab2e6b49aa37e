import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { parseJson } from '../json/int64.ts';
import type { LookupAnswer, LookupRequest } from '../pipeline/invocation.ts';
import { Problem, toProblem } from '../problem.ts';

const MAX_BODY_BYTES = 64 * 1024;
const DEFAULT_ACCOUNT = 'default';
/** Answers hold personal data and some hold passwords: nothing on the way may keep them. */
const NO_STORE = { 'cache-control': 'no-store' };

/** An API Gateway HTTP API event, payload format 2.0, as a request for a lookup; header names come in lower case. */
export function toRequest(event: APIGatewayProxyEventV2, requestId: string): LookupRequest {
  const callerGuid = event.headers['guid'];
  return {
    readInput: () => readInput(event),
    account: event.headers['x-vendor-account'] ?? DEFAULT_ACCOUNT,
    ...(callerGuid !== undefined && { callerGuid }),
    requestId,
  };
}

export function toResult({ data, meta, callerGuid }: LookupAnswer): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', ...NO_STORE, ...(callerGuid && { guid: callerGuid }) },
    body: JSON.stringify({ data, meta }),
  };
}

export function toProblemResult(error: unknown, requestId: string): APIGatewayProxyStructuredResultV2 {
  const problem = toProblem(error);
  const { retryAfterSeconds } = problem;
  return {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      ...NO_STORE,
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify(problem.document(requestId)),
  };
}

function readInput(event: APIGatewayProxyEventV2): unknown {
  if (!isJson(event.headers['content-type'])) {
    throw new Problem('invalid-input', 'The request must have the content type application/json.', { status: 415 });
  }
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) {
    throw new Problem('invalid-input', 'The request body is larger than 64 KiB.', { status: 413 });
  }
  try {
    return parseJson(bytes.toString('utf8'));
  } catch {
    // The parser's message quotes the body, which may hold a password.
    throw new Problem('invalid-input', 'The request body is not JSON.');
  }
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType?.trim() ?? '');
}
