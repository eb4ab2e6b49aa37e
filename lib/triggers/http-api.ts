import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { parseJson } from '../json/int64.ts';
import type { LookupAnswer, LookupRequest } from '../pipeline/invocation.ts';
import { Problem, toProblem } from '../problem.ts';
import type { AccountAccess } from './account-access.ts';

const MAX_BODY_BYTES = 64 * 1024;
const DEFAULT_ACCOUNT = 'default';

/** Answers a request; throws Problem. */
export type Answer = (request: LookupRequest) => Promise<LookupAnswer>;

/** An API Gateway HTTP API event, payload format 2.0, and its answer; the names of its headers come in lower case. */
export async function answerHttp(
  event: APIGatewayProxyEventV2,
  requestId: string,
  accountAccess: AccountAccess,
  answer: Answer,
): Promise<APIGatewayProxyStructuredResultV2> {
  // Answers hold personal data and some hold passwords: nothing on the way may keep them.
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  try {
    const callerGuid = event.headers['guid'];
    const { data, meta } = await answer({
      readInput: () => readInput(event),
      account: event.headers['x-vendor-account'] ?? DEFAULT_ACCOUNT,
      mayUse: accountAccess(event),
      ...(callerGuid !== undefined && { callerGuid }),
      keepGuid: (guid) => {
        headers['guid'] = guid;
      },
      requestId,
    });
    headers['content-type'] = 'application/json';
    return { statusCode: 200, headers, body: JSON.stringify({ data, meta }) };
  } catch (error) {
    const problem = toProblem(error);
    headers['content-type'] = 'application/problem+json';
    if (problem.retryAfterSeconds !== undefined) headers['retry-after'] = String(problem.retryAfterSeconds);
    return { statusCode: problem.status, headers, body: JSON.stringify(problem.document(requestId)) };
  }
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
