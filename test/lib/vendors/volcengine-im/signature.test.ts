import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sign, signedHeaders } from '../../../../lib/vendors/volcengine-im/signature.ts';
import published from '../../../vectors/volcengine-signature-vectors.json' with { type: 'json' };

/** By `require` and by its own path: the package's main module reads credentials from the environment. */
const { default: Signer } = createRequire(import.meta.url)(
  '@volcengine/openapi/lib/base/sign.js',
) as typeof import('@volcengine/openapi/lib/base/sign.js');

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe.each(published.vectors)('the published example $id, $name', (vector) => {
  const { request, credentials, region, service, expected, publishedValues } = vector;
  const signed = sign(
    {
      method: request.method,
      url: `https://${vector.host}${request.path}?${new URLSearchParams(Object.entries(request.query))}`,
      headers: Object.fromEntries(Object.entries(request.signedHeaderValues)),
      body: request.body,
    },
    { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey },
    { region, service },
  );

  test('has this canonical request and hash', () => {
    expect(signed.canonicalRequest).toBe(expected.canonicalRequest);
    expect(sha256(signed.canonicalRequest)).toBe(publishedValues.canonicalRequestSha256);
    expect(sha256(request.body)).toBe(expected.payloadSha256);
  });

  test('has this string to sign', () => {
    expect(signed.stringToSign).toBe(expected.stringToSign);
  });

  test('has this signature and Authorization', () => {
    expect(signed.signature).toBe(publishedValues.signature);
    expect(signed.authorization).toBe(expected.authorization);
  });
});

/*
 * What the vendor's Signer and ours both define. Left out, since the Signer has them as quirks and we send none of them:
 * - names of query parameters that look like integers, which JavaScript's object order takes out of the ASCII sort, and
 *   `__proto__`, which is no field of its own there;
 * - empty names, which it drops, and repeated names, whose values it sorts where the documentation keeps their order;
 * - lone surrogates, which it drops from queries and throws on in bodies, and which URLs and UTF-8 have not;
 * - bodies: it hashes none that is empty, and no bytes, so it is given the hash in X-Content-Sha256, which is always sent;
 * - its list of headers that it never signs (content-type is one): the documentation signs those that are listed.
 */
const name = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((text) => text.isWellFormed() && !/^(0|[1-9]\d*)$/.test(text) && text !== '__proto__');
const value = fc.string({ maxLength: 40, unit: 'grapheme' }).filter((text) => text.isWellFormed());
const query = fc.dictionary(name, value, { maxKeys: 8, noNullPrototype: true });

const headerName = fc
  .stringMatching(/^x-[a-z][a-z0-9-]{0,14}$/)
  .filter((text) => text !== 'x-date' && text !== 'x-content-sha256');
/** White space of every kind that JavaScript knows, at the ends and inside, in runs. */
const headerValue = fc.stringMatching(
  /^[ \t]{0,2}[!-~]{0,12}([ \t\n\v\f\r\u00a0\u2003\ufeff]{1,4}[!-~]{1,12}){0,3}[ \t]{0,2}$/,
);
const headers = fc.dictionary(headerName, headerValue, { maxKeys: 5, noNullPrototype: true });

const path = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}$/), { maxLength: 3 })
  .map((parts) => `/${parts.join('/')}`);
const epochMs = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2099, 11, 31) });
const key = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((text) => text.isWellFormed());
const scopes = fc.record({ region: fc.stringMatching(/^[a-z][a-z0-9-]{1,14}$/), service: fc.constant('rtc') });

const requests = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  path,
  query,
  headers,
  body: fc.oneof(fc.json(), value),
  epochMs,
  secretAccessKey: key,
  scope: scopes,
});

const encode = (text: string) => encodeURIComponent(text);

test('canonical request, string to sign and signature equal those of the vendor’s Signer', () => {
  fc.assert(
    fc.property(requests, ({ method, path: pathname, query: params, headers: own, body, epochMs: now, ...rest }) => {
      const search = Object.entries(params).map(([each, text]) => `${encode(each)}=${encode(text)}`);
      const url = `https://rtc.volcengineapi.com${pathname}?${search.join('&')}`;
      const keys = { accessKeyId: 'access-key-id', secretAccessKey: rest.secretAccessKey };
      const sent = signedHeaders(
        { method, url, headers: { ...own, 'content-type': 'application/json' }, body },
        keys,
        rest.scope,
        now,
      );
      const { authorization, ...covered }: Record<string, string> = { ...sent, host: 'rtc.volcengineapi.com' };

      const ours = sign({ method, url, headers: covered, body }, keys, rest.scope);

      // Its own spelling of the one header that it looks for.
      const { 'x-content-sha256': bodySha256, ...others } = covered;
      const signer = new Signer(
        {
          region: rest.scope.region,
          method,
          pathname,
          params: { ...params },
          headers: { ...others, 'X-Content-Sha256': bodySha256 },
        },
        rest.scope.service,
      );
      signer.isSignableHeader = () => true;
      const date = signer.getDateTime(new Date(now));
      const theirKeys = { accessKeyId: keys.accessKeyId, secretKey: keys.secretAccessKey };
      expect(covered['x-date']).toBe(date);
      expect(ours.canonicalRequest).toBe(signer.canonicalString());
      expect(ours.stringToSign).toBe(signer.stringToSign(date));
      expect(ours.signature).toBe(signer.signature(theirKeys, date).toString());
      expect(ours.authorization).toBe(signer.authorization(theirKeys, date));
      expect(authorization).toBe(ours.authorization);
    }),
    { numRuns: 300 },
  );
});

test('a header value with runs of white space inside is signed as the vendor’s Signer signs it', () => {
  const odd = fc.stringMatching(/^[!-~]{1,8}([ \t]{2,4}[!-~]{1,8}){1,3}$/);
  fc.assert(
    fc.property(odd, odd, epochMs, (one, other, now) => {
      const date = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
      const headers = { host: 'rtc.volcengineapi.com', 'x-date': date, 'x-one': one, 'x-security-token': other };
      const ours = sign({ method: 'POST', url: 'https://rtc.volcengineapi.com/', headers, body: '' }, KEYS, SCOPE);
      const signer = new Signer({ region: SCOPE.region, method: 'POST', pathname: '/', headers }, SCOPE.service);
      const theirKeys = { accessKeyId: KEYS.accessKeyId, secretKey: KEYS.secretAccessKey };
      expect(ours.authorization).toBe(signer.authorization(theirKeys, date));
    }),
    { numRuns: 200 },
  );
});

describe('the canonical query', () => {
  const canonicalQuery = (search: string) =>
    sign(
      { method: 'GET', url: `https://a.example/${search}`, headers: { 'x-date': '20260101T000000Z' }, body: '' },
      KEYS,
      SCOPE,
    ).canonicalRequest.split('\n')[2];

  test.each([
    ['', ''],
    ['?b=2&a=1', 'a=1&b=2'],
    ['?a=&b', 'a=&b='],
    ['?a=x%20y', 'a=x%20y'],
    ['?a=%e4%bd%a0', 'a=%E4%BD%A0'],
    [`?a=!'()*~_.-`, 'a=%21%27%28%29%2A~_.-'],
    ['?a=1&B=2', 'B=2&a=1'],
    ['?10=a&9=b&-1=c', '-1=c&10=a&9=b'],
    ['?k=b&k=a&a=0', 'a=0&k=b&k=a'],
  ])('of "%s" is "%s", by the documentation', (search, expected) => {
    expect(canonicalQuery(search)).toBe(expected);
  });
});

const KEYS = { accessKeyId: 'access-key-id', secretAccessKey: 'secret access key' };
const SCOPE = { region: 'cn-north-1', service: 'rtc' };

describe('the headers to send', () => {
  const request = {
    method: 'POST',
    url: 'https://rtc.volcengineapi.com/?Action=A&Version=1',
    headers: { 'content-type': 'application/json' },
    body: '',
  };
  const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 999);

  test('hold the time in whole seconds, the hash of the body and the signature over both', () => {
    const sent = signedHeaders(request, KEYS, SCOPE, NOW);

    expect(Object.keys(sent).toSorted()).toEqual(['authorization', 'content-type', 'x-content-sha256', 'x-date']);
    expect(sent['x-date']).toBe('20260102T030405Z');
    expect(sent['x-content-sha256']).toBe(EMPTY_SHA256);
    expect(sent['authorization']).toContain('SignedHeaders=content-type;host;x-content-sha256;x-date,');
    expect(sent['authorization']).toContain('Credential=access-key-id/20260102/cn-north-1/rtc/request,');
  });

  test('hold the session token of temporary keys, signed', () => {
    const sent = signedHeaders(request, { ...KEYS, sessionToken: 'token' }, SCOPE, NOW);

    expect(sent['x-security-token']).toBe('token');
    expect(sent['authorization']).toContain(';x-date;x-security-token,');
    expect(sent['authorization']).not.toBe(signedHeaders(request, KEYS, SCOPE, NOW)['authorization']);
  });

  test('take the secret as text: what looks like base64 is not decoded', () => {
    const secretAccessKey = 'c2VjcmV0IGFjY2VzcyBrZXk=';
    const decoded = Buffer.from(secretAccessKey, 'base64').toString();

    expect(signedHeaders(request, { ...KEYS, secretAccessKey }, SCOPE, NOW)['authorization']).not.toBe(
      signedHeaders(request, { ...KEYS, secretAccessKey: decoded }, SCOPE, NOW)['authorization'],
    );
  });

  test('hash a body beyond ASCII as its UTF-8 bytes', () => {
    const sent = signedHeaders({ ...request, body: '{"a":"座席 😀"}' }, KEYS, SCOPE, NOW);

    expect(sent['x-content-sha256']).toBe(
      createHash('sha256').update(Buffer.from('{"a":"座席 😀"}', 'utf8')).digest('hex'),
    );
  });
});
