/** A response as the HTTP API sends it. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

const JSON_TYPE = { 'content-type': 'application/json' };
/** Node.js sets them. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'keep-alive', 'transfer-encoding'];

/** An answer of API Gateway itself. */
export const message = (status: number, text: string): ApiResponse => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify({ message: text }),
});

/** The function failed, or its response breaks the payload format. */
export const internalServerError = message(500, 'Internal Server Error');

/**
 * Reads a function's response in payload format 2.0. Without a `statusCode` all of it is the body:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @param payload JSON
 */
export function readResponse(payload: string): ApiResponse {
  const value: unknown = JSON.parse(payload);
  if (typeof value !== 'object' || value === null || !('statusCode' in value)) {
    return { status: 200, headers: JSON_TYPE, body: typeof value === 'string' ? value : payload };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = value as Response;
  if (!isStatus(statusCode) || !isObject(headers) || !Array.isArray(cookies) || typeof body !== 'string') {
    return internalServerError;
  }
  const given = Object.entries(headers).map(([name, text]) => [name.toLowerCase(), String(text)] as const);
  return {
    status: Number(statusCode),
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ...Object.fromEntries(given.filter(([name]) => !OF_THE_CONNECTION.includes(name))),
      ...(cookies.length > 0 && { 'set-cookie': cookies.map(String) }),
    },
    body: isBase64Encoded === true ? Buffer.from(body, 'base64') : body,
  };
}

type Response = Readonly<Record<'statusCode' | 'headers' | 'cookies' | 'body' | 'isBase64Encoded', unknown>>;

const isStatus = (value: unknown) => Number.isInteger(Number(value)) && Number(value) >= 100 && Number(value) <= 599;

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
