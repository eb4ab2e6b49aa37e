import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClock, type Simulator, startSimulator } from '../../local/simulators/server.ts';
import { demoAccount, verifySignature, volcengineIm } from '../../local/simulators/volcengine-im.ts';

const { default: Signer } = createRequire(import.meta.url)(
  '@volcengine/openapi/lib/base/sign.js',
) as typeof import('@volcengine/openapi/lib/base/sign.js');

const QUERY = 'Action=BatchGetConversationParticipant&Version=2020-12-01';
const SAMPLE = '{"AppId":1,"ConversationShortId":1,"ParticipantUserIds":[10001,10002]}';
const BIG =
  '{"AppId":1,"ConversationShortId":7203245678901234567,' +
  '"ParticipantUserIds":[9223372036854775807,7203245678901234568]}';

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator((clock) => volcengineIm(clock));
});

afterEach(() => simulator.close());

interface Signing {
  readonly body?: string;
  readonly query?: string;
  readonly at?: number;
  readonly accessKeyId?: string;
  readonly secret?: string;
  readonly token?: string;
  readonly signed?: readonly string[];
  /** Headers to put on or take off (undefined) after the signing. */
  readonly afterwards?: Readonly<Record<string, string | undefined>>;
}

/** A signer of the test's own, written from the construction in docs/6369/67269. */
async function ask(signing: Signing = {}): Promise<Response> {
  const { body = SAMPLE, query = QUERY, at = simulator.clock.now(), token, afterwards = {} } = signing;
  const { accessKeyId = demoAccount.accessKeyId, secret = demoAccount.secretAccessKey } = signing;
  const date = new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    host: new URL(simulator.url).host,
    'x-content-sha256': sha256(body),
    'x-date': date,
    ...(token ? { 'x-security-token': token } : {}),
  };
  const signed = (signing.signed ?? Object.keys(headers)).toSorted();
  const canonicalHeaders = signed.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = ['POST', '/', query, canonicalHeaders, signed.join(';'), sha256(body)].join('\n');
  const scope = `${date.slice(0, 8)}/cn-north-1/rtc/request`;
  const key = scope.split('/').reduce<string | Buffer>((each, part) => hmac(each, part), secret);
  const signature = hmac(key, `HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString('hex');
  const authorization =
    `HMAC-SHA256 Credential=${accessKeyId}/${scope}, ` + `SignedHeaders=${signed.join(';')}, Signature=${signature}`;
  const sent = Object.entries({ ...headers, authorization, ...afterwards }).filter((entry) => entry[1] !== undefined);
  return fetch(`${simulator.url}/?${query}`, { method: 'POST', headers: sent as [string, string][], body });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

async function errorOf(response: Response): Promise<unknown[]> {
  const { ResponseMetadata, Result } = (await response.json()) as {
    ResponseMetadata: { Error: { Code: string; CodeN?: number } };
    Result?: unknown;
  };
  expect(Result).toBeUndefined();
  return [response.status, ResponseMetadata.Error.Code, ResponseMetadata.Error.CodeN];
}

async function participantsOf(response: Response): Promise<Record<string, unknown>[]> {
  const { Result } = (await response.json()) as { Result: { Participants: Record<string, unknown>[] } };
  return Result.Participants;
}

describe('data', () => {
  test("answers the page's sample with the sample, another action's name included", async () => {
    const response = await ask();

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      ResponseMetadata: {
        RequestId: expect.any(String),
        Action: 'BatchModifyConversationParticipant',
        Version: '2020-12-01',
        Service: 'rtc',
        Region: 'cn-north-1',
      },
      Result: {
        Participants: [
          {
            ConversationShortId: 1,
            ParticipantUserId: 10001,
            Level: 1,
            NickName: 'NickName1',
            Operator: 10,
            Status: 0,
            CreateTime: 1669694619,
            Ext: { key: 'value', 's:from': 'biz' },
            Role: 1,
            BlockTime: 0,
          },
          {
            ConversationShortId: 1,
            ParticipantUserId: 10002,
            Level: 20,
            NickName: 'NickName2',
            Operator: 10,
            Status: 0,
            CreateTime: 1669694619,
            Ext: { key: 'value', 's:from': 'biz' },
            Role: 0,
            BlockTime: 0,
          },
        ],
      },
    });
  });

  test('reads and writes ids of 64 bits as bare integers with every digit', async () => {
    const text = await (await ask({ body: BIG })).text();

    expect(text).toContain('"ConversationShortId":7203245678901234567,');
    expect(text).toContain('"ParticipantUserId":9223372036854775807');
    expect(text).toContain('"ParticipantUserId":7203245678901234568');
    // One less is the same double: only a reader that keeps the digits can tell them apart.
    const neighbour = BIG.replace('7203245678901234567', '7203245678901234566');
    expect(await errorOf(await ask({ body: neighbour }))).toEqual([200, 'ConversationNotFound', undefined]);
  });

  test('leaves out users who are not in the conversation', async () => {
    const body = '{"AppId":1,"ConversationShortId":1,"ParticipantUserIds":[10002,99]}';
    expect((await participantsOf(await ask({ body }))).map((each) => each['ParticipantUserId'])).toEqual([10002]);
  });

  test.each([
    ['{"AppId":1,"ConversationShortId":2,"ParticipantUserIds":[1]}', 'ConversationNotFound'],
    ['{"AppId":7,"ConversationShortId":1,"ParticipantUserIds":[1]}', 'AppNotFound'],
    ['{"ConversationShortId":1,"ParticipantUserIds":[1]}', 'InvalidParam'],
    ['{"AppId":1,"ConversationShortId":1}', 'InvalidParam'],
    ['{"AppId":1,"ConversationShortId":1,"ParticipantUserIds":[0]}', 'InvalidParam'],
    ['{"AppId":1,"ConversationShortId":"1","ParticipantUserIds":[1]}', 'JsonParsingError'],
    ['{"AppId":1,"ConversationShortId":1,"ParticipantUserIds":["10001"]}', 'JsonParsingError'],
    ['{"AppId":1,"ConversationShortId":1,"ParticipantUserIds":10001}', 'JsonParsingError'],
    ['{"AppId":1,"ConversationShortId":9223372036854775808,"ParticipantUserIds":[1]}', 'JsonParsingError'],
    ['{"AppId":1,"ConversationShortId":1.5,"ParticipantUserIds":[1]}', 'JsonParsingError'],
    ['{"AppId":000000,"ConversationShortId":000001,"ParticipantUserIds":[000002]}', 'JsonParsingError'],
    ['null', 'JsonParsingError'],
  ])('refuses %s under HTTP 200, with the code %s and no CodeN', async (body, code) => {
    expect(await errorOf(await ask({ body }))).toEqual([200, code, undefined]);
  });
});

describe('signature', () => {
  const { vectors } = JSON.parse(
    readFileSync(new URL('../vectors/volcengine-signature-vectors.json', import.meta.url), 'utf8'),
  ) as {
    vectors: {
      id: string;
      region: string;
      service: string;
      xDate: string;
      credentials: { accessKeyId: string; secretAccessKey: string };
      request: {
        method: string;
        path: string;
        query: Record<string, string>;
        signedHeaderValues: Record<string, string>;
        body: string;
      };
      expected: { authorization: string };
    }[];
  };

  test.each(vectors)('accepts the published example $id, and refuses it when one thing differs', (vector) => {
    const { method, path, query, signedHeaderValues, body } = vector.request;
    const headers = Object.fromEntries(
      Object.entries({ ...signedHeaderValues, Authorization: vector.expected.authorization }).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]),
    );
    const request = { method, path, query: new URLSearchParams(query), headers, body: Buffer.from(body) };
    const account = { ...vector.credentials, region: vector.region, service: vector.service };
    const signedAt = new Date(vector.xDate.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')).getTime();

    const mismatch = expect.objectContaining({ status: 401, codeN: 100010, code: 'SignatureDoesNotMatch' });
    expect(verifySignature(request, account, signedAt)).toBeUndefined();
    expect(verifySignature({ ...request, method: 'PUT' }, account, signedAt)).toEqual(mismatch);
    expect(verifySignature({ ...request, path: '/x' }, account, signedAt)).toEqual(mismatch);
    expect(verifySignature({ ...request, body: Buffer.from('{}') }, account, signedAt)).toEqual(mismatch);
    expect(
      verifySignature({ ...request, headers: { ...headers, host: 'elsewhere.example' } }, account, signedAt),
    ).toEqual(mismatch);
    expect(verifySignature(request, { ...account, region: 'ap-southeast-1' }, signedAt)).toEqual(mismatch);
    expect(verifySignature(request, { ...account, service: 'vod' }, signedAt)).toEqual(mismatch);
  });

  test("accepts what the vendor's own Signer signs when it is given the host", async () => {
    const { host } = new URL(simulator.url);
    const request = {
      region: 'cn-north-1',
      method: 'POST',
      pathname: '/',
      params: Object.fromEntries(new URLSearchParams(QUERY)),
      headers: { Host: host, 'Content-Type': 'application/json' } as Record<string, string>,
      body: SAMPLE,
    };
    const { accessKeyId, secretAccessKey: secretKey } = demoAccount;
    new Signer(request, 'rtc').addAuthorization({ accessKeyId, secretKey }, new Date(simulator.clock.now()));

    expect(request.headers['Authorization']).toContain('SignedHeaders=host;x-content-sha256;x-date,');
    const { headers, body } = request;
    expect((await fetch(`${simulator.url}/?${QUERY}`, { method: 'POST', headers, body })).status).toBe(200);
  });

  test('checks content-type only if SignedHeaders lists it', async () => {
    const afterwards = { 'content-type': 'text/plain' };
    expect((await ask({ signed: ['host', 'x-content-sha256', 'x-date'], afterwards })).status).toBe(200);
    expect(await errorOf(await ask({ afterwards }))).toEqual([401, 'SignatureDoesNotMatch', 100010]);
  });

  test('escapes names and values of the query by RFC 3986', async () => {
    expect((await ask({ query: `${QUERY}&X-Extra=a%20b%21%2A` })).status).toBe(200);
  });

  test.each<[string, Signing, [number, string, number]]>([
    ['a wrong secret', { secret: 'another' }, [401, 'SignatureDoesNotMatch', 100010]],
    ['an unknown access key', { accessKeyId: 'another' }, [401, 'InvalidAccessKey', 100009]],
    ['a host that is not signed', { signed: ['x-content-sha256', 'x-date'] }, [401, 'SignatureDoesNotMatch', 100010]],
    ['a date that is not signed', { signed: ['host', 'x-content-sha256'] }, [401, 'SignatureDoesNotMatch', 100010]],
    ['no X-Date', { afterwards: { 'x-date': undefined } }, [400, 'MissingRequestInfo', 100004]],
    ['no Authorization', { afterwards: { authorization: undefined } }, [400, 'MissingRequestInfo', 100004]],
    ['no X-Content-Sha256', { afterwards: { 'x-content-sha256': undefined } }, [400, 'MissingRequestInfo', 100004]],
    [
      "another body's X-Content-Sha256",
      { signed: ['host', 'x-date'], afterwards: { 'x-content-sha256': sha256('{}') } },
      [401, 'SignatureDoesNotMatch', 100010],
    ],
    [
      'an Authorization of another kind',
      { afterwards: { authorization: 'Bearer x' } },
      [401, 'SignatureDoesNotMatch', 100010],
    ],
    ['an X-Date with dashes', { afterwards: { 'x-date': '2024-06-19T07:13:06Z' } }, [400, 'InvalidTimestamp', 100006]],
    ['an X-Date of no calendar', { afterwards: { 'x-date': '20249999T071306Z' } }, [400, 'InvalidTimestamp', 100006]],
    ['another action', { query: QUERY.replace('BatchGet', 'BatchAdd') }, [404, 'InvalidActionOrVersion', 100008]],
    ['another version', { query: QUERY.replace('2020', '2022') }, [404, 'InvalidActionOrVersion', 100008]],
    ['no action', { query: 'Version=2020-12-01' }, [400, 'MissingParameter', 100002]],
  ])('refuses %s', async (_what, signing, error) => {
    expect(await errorOf(await ask(signing))).toEqual(error);
  });

  test("takes a signature for 900 s, or X-Expires, by the simulator's clock", async () => {
    const at = simulator.clock.now();
    simulator.clock.advance(890_000);
    expect((await ask({ at })).status).toBe(200);
    const short = `${QUERY}&X-Expires=60`;
    expect(await errorOf(await ask({ at, query: short }))).toEqual([400, 'InvalidTimestamp', 100006]);
    simulator.clock.advance(20_000);
    expect(await errorOf(await ask({ at }))).toEqual([400, 'InvalidTimestamp', 100006]);
    expect((await ask({ at, query: `${QUERY}&X-Expires=3600` })).status).toBe(200);
  });

  test("refuses a time in the future, and its Date header tells the simulator's time", async () => {
    simulator.clock.advance(-3_600_000);
    const before = simulator.clock.now();
    const refused = await ask({ at: Date.now() });
    const date = Date.parse(refused.headers.get('date') ?? '');

    expect(await errorOf(refused)).toEqual([400, 'InvalidTimestamp', 100006]);
    // It has no milliseconds.
    expect(date).toBeGreaterThan(before - 1_000);
    expect(date).toBeLessThanOrEqual(simulator.clock.now());
    expect((await ask({ at: date })).status).toBe(200);
  });

  test('asks for the session token, signed, where the account has one', async () => {
    await simulator.close();
    const account = { sessionToken: 'demo session token' };
    simulator = await startSimulator((clock) => volcengineIm(clock, { account }));
    const unsigned = { 'x-security-token': account.sessionToken };

    expect((await ask({ token: account.sessionToken })).status).toBe(200);
    expect(await errorOf(await ask())).toEqual([400, 'MissingRequestInfo', 100004]);
    expect(await errorOf(await ask({ afterwards: unsigned }))).toEqual([401, 'SignatureDoesNotMatch', 100010]);
    expect(await errorOf(await ask({ token: 'another' }))).toEqual([401, 'InvalidAccessKey', 100009]);
  });
});

test('takes 100 requests a second and refuses the next until a second has passed', async () => {
  // A clock of its own that stands still, so that a slow machine counts the same.
  let now = Date.now();
  const clock = { ...createClock(), now: () => now };
  await simulator.close();
  simulator = await startSimulator((own) => volcengineIm(own), { clock });

  const statuses = await Promise.all(Array.from({ length: 101 }, async () => (await ask()).status));
  expect(statuses.filter((status) => status === 200)).toHaveLength(100);
  expect(await errorOf(await ask())).toEqual([429, 'FlowLimitExceeded', 100018]);
  now += 1000;
  expect((await ask()).status).toBe(200);
});

describe('vendor cases', () => {
  test.each<[string, [number, string, number | undefined]]>([
    ['error:InternalServiceTimeout:100016:504', [504, 'InternalServiceTimeout', 100016]],
    ['error:FlowLimitExceeded.QPSOverLimit:-:200', [200, 'FlowLimitExceeded.QPSOverLimit', undefined]],
    ['error-200-no-coden', [200, 'NoAuth', undefined]],
    ['invalid-timestamp', [400, 'InvalidTimestamp', 100006]],
    ['flow-limit-429', [429, 'FlowLimitExceeded', 100018]],
    ['account-flow-limit-400', [400, 'AccountFlowLimitExceeded', 100027]],
    ['internal-500', [500, 'InternalError', 100014]],
  ])('%s answers its error once, then the data again', async (vendorCase, error) => {
    simulator.fail({ vendorCase });
    expect(await errorOf(await ask())).toEqual(error);
    expect(await participantsOf(await ask())).toHaveLength(2);
  });

  test.each<[string, unknown]>([
    ['participants-null', null],
    ['participants-empty', []],
    ['reordered', [expect.objectContaining({ ParticipantUserId: 10002 }), expect.anything()]],
    [
      'optional-absent',
      [
        { ConversationShortId: 1, ParticipantUserId: 10001, Operator: 10, Role: 1 },
        { ConversationShortId: 1, ParticipantUserId: 10002, Operator: 10, Role: 0 },
      ],
    ],
    [
      'unknown-codes',
      [expect.objectContaining({ Role: 9, Status: 7 }), expect.objectContaining({ Role: 9, Status: 7 })],
    ],
  ])('%s succeeds in another shape', async (vendorCase, participants) => {
    simulator.fail({ vendorCase });
    expect(await participantsOf(await ask())).toEqual(participants);
  });

  test('wrong-region succeeds under another region', async () => {
    simulator.fail({ vendorCase: 'wrong-region' });
    expect(await (await ask()).json()).toMatchObject({ ResponseMetadata: { Region: 'us-east-1' } });
  });

  test('html-502 answers no JSON', async () => {
    simulator.fail({ vendorCase: 'html-502' });
    const response = await ask();
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
  });

  test('a shape does not excuse a wrong signature', async () => {
    simulator.fail({ vendorCase: 'reordered' });
    expect(await errorOf(await ask({ secret: 'another' }))).toEqual([401, 'SignatureDoesNotMatch', 100010]);
  });
});
