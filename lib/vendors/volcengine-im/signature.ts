import { createHmac, hash } from 'node:crypto';

/** The keys of a Volcengine account. The secret looks like base64 and is not: it is used as text. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

/** A request as it is signed; header names in lower case, the body as the text that is sent. */
export interface SignableRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The parts of a signature, as the vendor's worked examples print them. */
export interface Signature {
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly signature: string;
  readonly authorization: string;
}

/**
 * The headers to send with a request: those given, the time, the body's hash, the session token and the signature over
 * all of them and the host. https://www.volcengine.com/docs/6369/67269
 * @param epochMs the time by the vendor's clock
 */
export function signedHeaders(
  request: SignableRequest,
  keys: SigningKeys,
  scope: SigningScope,
  epochMs: number,
): Record<string, string> {
  const headers = {
    ...request.headers,
    'x-content-sha256': sha256(request.body),
    'x-date': basicDate(epochMs),
    ...(keys.sessionToken && { 'x-security-token': keys.sessionToken }),
  };
  const signed = { ...headers, host: new URL(request.url).host };
  return { ...headers, authorization: sign({ ...request, headers: signed }, keys, scope).authorization };
}

/** Signs over exactly the headers given, `x-date` among them. */
export function sign(request: SignableRequest, keys: SigningKeys, scope: SigningScope): Signature {
  const { pathname, searchParams } = new URL(request.url);
  const headers = Object.entries(request.headers)
    // The vendor's npm signer collapses white space inside a value; its Go and Python signers only trim.
    .map(([name, value]) => [name.toLowerCase(), value.replace(/\s+/g, ' ').trim()] as const)
    .sort(([one], [other]) => compare(one, other));
  const names = headers.map(([name]) => name).join(';');
  const canonicalRequest = [
    request.method,
    pathname,
    canonicalQuery(searchParams),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');

  const date = headers.find(([name]) => name === 'x-date')?.[1] ?? '';
  const day = date.slice(0, 8);
  const credentialScope = `${day}/${scope.region}/${scope.service}/request`;
  const stringToSign = ['HMAC-SHA256', date, credentialScope, sha256(canonicalRequest)].join('\n');
  const key = [day, scope.region, scope.service, 'request'].reduce<string | Buffer>(hmac, keys.secretAccessKey);
  const signature = hmac(key, stringToSign).toString('hex');
  return {
    canonicalRequest,
    stringToSign,
    signature,
    authorization: `HMAC-SHA256 Credential=${keys.accessKeyId}/${credentialScope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/** RFC 3986 names and values, sorted by raw name as the vendor's SDKs do; repeated names keep their order. */
function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .sort(([one], [other]) => compare(one, other))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** `YYYYMMDDTHHMMSSZ`. */
function basicDate(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d+/g, '');
}

function sha256(text: string): string {
  return hash('sha256', text);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
