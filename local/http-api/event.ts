import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/*
 * A request as an HTTP API hands it to a function, in payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html . Where that page
 * is silent, as was seen of API Gateway: which bodies are Base64 (https://github.com/ministackorg/ministack/pull/766), the
 * path decoded and the query as it came (https://github.com/aws/aws-lambda-dotnet/pull/1901).
 */

/** Stands for any. */
const ACCOUNT_ID = '123456789012';
const TEXT_TYPE = /^(text\/[^;]+|application\/(json|xml|javascript))\s*(;|$)/i;
/** Of one connection, or read by the service itself. */
const NOT_FORWARDED = new Set(['connection', 'cookie', 'expect', 'keep-alive', 'te', 'transfer-encoding', 'upgrade']);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export interface Target {
  /** Decoded. */
  readonly path: string;
  /** As it came. */
  readonly query: string;
}

/** @returns undefined if the path is not URL-encoded */
export function readTarget(url: string): Target | undefined {
  const end = url.includes('?') ? url.indexOf('?') : url.length;
  try {
    return { path: decodeURIComponent(url.slice(0, end)), query: url.slice(end + 1) };
  } catch {
    return undefined;
  }
}

/** @param requestId that the answer has as well, in `apigw-requestid` */
export function describeRequest(
  incoming: IncomingMessage,
  { path, query }: Target,
  body: Buffer,
  { routeKey, requestId, now }: { readonly routeKey: string; readonly requestId: string; readonly now: number },
): APIGatewayProxyEventV2 {
  const { method = '', headersDistinct, httpVersion, socket } = incoming;
  const domainName = (headersDistinct['host']?.[0] ?? '').replace(/:\d+$/, '');
  const sourceIp = socket.remoteAddress ?? '';
  const cookies = (headersDistinct['cookie'] ?? []).flatMap((line) => line.split(/;\s*/)).filter((cookie) => cookie);
  const isText = TEXT_TYPE.test(headersDistinct['content-type']?.[0] ?? '');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers: describeHeaders(incoming, body.length, now),
    ...(query !== '' && { queryStringParameters: readQuery(query) }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: 'local',
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method,
        path,
        protocol: `HTTP/${httpVersion}`,
        sourceIp,
        userAgent: headersDistinct['user-agent']?.[0] ?? '',
      },
      requestId,
      routeKey,
      stage: '$default',
      time: describeTime(new Date(now)),
      timeEpoch: now,
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function describeHeaders({ headersDistinct, socket }: IncomingMessage, bodyBytes: number, now: number) {
  const headers: Record<string, string> = {};
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    if (!NOT_FORWARDED.has(name)) headers[name] = values.join(',');
  }
  const seconds = Math.floor(now / 1000).toString(16);
  return {
    ...headers,
    'content-length': String(bodyBytes),
    'x-amzn-trace-id': `Root=1-${seconds}-${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    'x-forwarded-for': [...(headersDistinct['x-forwarded-for'] ?? []), socket.remoteAddress].join(', '),
    'x-forwarded-port': String(socket.localPort),
    'x-forwarded-proto': 'http',
  };
}

/** Decoded, values of one name joined. */
function readQuery(query: string): Record<string, string> {
  const values = new URLSearchParams(query);
  return Object.fromEntries([...values.keys()].map((name) => [name, values.getAll(name).join(',')]));
}

/** As the Common Log Format has it: `20/Sep/2026:10:15:30 +0000`. */
function describeTime(date: Date): string {
  const [day, time] = date.toISOString().split(/[T.]/);
  const [year, , dayOfMonth] = day?.split('-') ?? [];
  return `${dayOfMonth}/${MONTHS[date.getUTCMonth()]}/${year}:${time} +0000`;
}
