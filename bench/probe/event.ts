import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { CallDescription } from '../cases.ts';

/** What a measuring process is told, as its first argument. */
export interface ProbeTask {
  readonly bundle: string;
  readonly call: CallDescription;
}

export type ProbedHandler = (
  event: APIGatewayProxyEventV2,
  context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
) => Promise<APIGatewayProxyStructuredResultV2>;

const FUNCTION_TIMEOUT_MS = 15_000;
const FIRST_DISTINCT = 100_000;
const DISTINCT_VALUES = 5_000;

/** The task's call number `index`, as API Gateway's HTTP API and Lambda hand it to a function. */
export function createCall({ call }: ProbeTask, index: number): Parameters<ProbedHandler> {
  const { input, headers, distinct } = call;
  const changing = distinct && { [distinct]: String(FIRST_DISTINCT + (index % DISTINCT_VALUES)) };
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: 'POST /v1/lookup',
    rawPath: '/v1/lookup',
    rawQueryString: '',
    headers: { 'content-type': 'application/json', ...headers },
    requestContext: {
      accountId: '123456789012',
      apiId: 'bench',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: { method: 'POST', path: '/v1/lookup', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'bench' },
      requestId: 'request',
      routeKey: 'POST /v1/lookup',
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 1_767_225_600_000,
    },
    body: JSON.stringify({ ...input, ...changing }),
    isBase64Encoded: false,
  };
  const endsAt = Date.now() + FUNCTION_TIMEOUT_MS;
  return [event, { awsRequestId: `request-${index}`, getRemainingTimeInMillis: () => endsAt - Date.now() }];
}
