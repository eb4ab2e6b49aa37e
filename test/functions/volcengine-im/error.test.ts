import { describe, expect, test, vi } from 'vitest';
import { batchGetConversationParticipant as lookup } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { demoAccount, volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { FUNCTION_TIMEOUT_MS, startWorld } from '../../support/world.ts';

const INPUT = { ConversationShortId: 1, ParticipantUserIds: [10001] };

const start = () =>
  startWorld({
    lookup,
    simulation: volcengineIm,
    secret: (baseUrl) => ({
      baseUrl,
      region: demoAccount.region,
      accessKeyId: demoAccount.accessKeyId,
      secretAccessKey: demoAccount.secretAccessKey,
      appId: 1,
    }),
  });

/** `<Code>:<CodeN or ->:<HTTP status>`, as the vendor's simulator takes them. */
type Row = readonly [error: string, status: number, problem: string, retryable: boolean, attempts: number];

const LIMITED: readonly Row[] = [
  ['FlowLimitExceeded:100018:429', 429, 'vendor-rate-limited', true, 3],
  ['FlowLimitExceeded:-:200', 429, 'vendor-rate-limited', true, 3],
  ['AccountFlowLimitExceeded:100027:400', 429, 'vendor-rate-limited', true, 3],
  ['AccountFlowLimitExceeded:-:200', 429, 'vendor-rate-limited', true, 3],
  ['FlowLimitExceeded.QPSOverLimit:-:200', 429, 'vendor-rate-limited', true, 3],
  ['Renamed:100034:400', 429, 'vendor-rate-limited', true, 3],
  ['Renamed:100035:400', 429, 'vendor-rate-limited', true, 3],
  ['Unlisted:-:429', 429, 'vendor-rate-limited', true, 3],
  ['RequestLimitExceeded:-:429', 429, 'vendor-rate-limited', true, 3],
  ['RequestLimitExceeded:-:200', 429, 'vendor-rate-limited', true, 3],
];

const UNAVAILABLE: readonly Row[] = [
  ['InternalError:100014:500', 502, 'vendor-unavailable', true, 3],
  ['InternalError:-:200', 502, 'vendor-unavailable', true, 3],
  ['InternalError.Unknown:-:400', 502, 'vendor-unavailable', true, 3],
  ['InternalServiceTimeout:100016:504', 502, 'vendor-unavailable', true, 3],
  ['InternalServiceTimeout:-:200', 502, 'vendor-unavailable', true, 3],
  ['ServiceUnavailable:100019:503', 502, 'vendor-unavailable', true, 3],
  ['ServiceUnavailableTemporarily:-:200', 502, 'vendor-unavailable', true, 3],
  ['Renamed:100019:200', 502, 'vendor-unavailable', true, 3],
  ['Unlisted:-:503', 502, 'vendor-unavailable', true, 3],
  ...[
    'UndefinedError',
    'FailToConnect',
    'InternalServiceError',
    'InternalServiceTimeout',
    'ServiceUnavailableTemp',
  ].map((code) => [`${code}:-:200`, 502, 'vendor-unavailable', true, 3] as const),
  ['Renamed:100015:200', 502, 'vendor-unavailable', true, 3],
];

const NOT_FOUND: readonly Row[] = [
  'ConversationNotFound',
  'ParticipantNotFound',
  'ParticipantNotInConversation',
].flatMap((code) =>
  [`${code}:-:200`, `${code}:-:400`, `${code}:-:500`].map((error) => [error, 404, 'not-found', false, 1] as const),
);

const DENIED: readonly Row[] = [
  ['AccessDenied:100013:403', 502, 'vendor-auth-failed', false, 1],
  ['AccessDenied.NoPermissionForApp:-:200', 502, 'vendor-auth-failed', false, 1],
  ['LackPolicy:100012:403', 502, 'vendor-auth-failed', false, 1],
  ['LackPolicy:-:200', 502, 'vendor-auth-failed', false, 1],
  ['LackProjectPolicy:-:401', 502, 'vendor-auth-failed', false, 1],
  ['LackProjectPolicy:-:200', 502, 'vendor-auth-failed', false, 1],
  ['Unlisted:-:403', 502, 'vendor-auth-failed', false, 1],
  ['Unlisted.Detail:999999:403', 502, 'vendor-auth-failed', false, 1],
];

const MISCONFIGURED: readonly Row[] = ['AppNotFound', 'UnsupportedRegion'].flatMap((code) =>
  [`${code}:-:200`, `${code}:-:400`, `${code}:-:500`].map((error) => [error, 500, 'misconfigured', false, 1] as const),
);

const REJECTED: readonly Row[] = [
  ['MissingParameter:100002:400', 422, 'vendor-rejected', false, 1],
  ['MissingRequestInfo:100004:400', 422, 'vendor-rejected', false, 1],
  ['ServiceNotFound:100007:404', 422, 'vendor-rejected', false, 1],
  ['InvalidActionOrVersion:100008:404', 422, 'vendor-rejected', false, 1],
  ['JsonParsingError:-:200', 422, 'vendor-rejected', false, 1],
  ['InvalidParam:-:400', 422, 'vendor-rejected', false, 1],
  ['InvalidParam:-:500', 422, 'vendor-rejected', false, 1],
  ['InvalidParameter.AppId:-:200', 422, 'vendor-rejected', false, 1],
  ['NoAuth:-:200', 422, 'vendor-rejected', false, 1],
  ['AppStatusException:-:200', 422, 'vendor-rejected', false, 1],
  ['ConversationShortIdsHasInvalidElem:-:200', 422, 'vendor-rejected', false, 1],
  ['Unlisted:-:200', 422, 'vendor-rejected', false, 1],
  ['Unlisted:999999:400', 422, 'vendor-rejected', false, 1],
  ['constructor:-:200', 422, 'vendor-rejected', false, 1],
  ['MethodNotAllowed:-:405', 422, 'vendor-rejected', false, 1],
  ['MethodNotAllowed:-:200', 422, 'vendor-rejected', false, 1],
];

describe('an error of the vendor, under whatever HTTP status', () => {
  test.each([...LIMITED, ...UNAVAILABLE, ...NOT_FOUND, ...DENIED, ...MISCONFIGURED, ...REJECTED])(
    '%s answers %i %s',
    async (error, status, problem, retryable, attempts) => {
      const w = await start();
      w.vendor.fail({ vendorCase: `error:${error}`, times: 10 });

      const response = await w.call(INPUT);

      const [code] = error.split(':');
      expect(response.status).toBe(status);
      expect(response.body).toMatchObject({
        type: `urn:contact-lookups:problem:${problem}`,
        status,
        code: problem,
        retryable,
        vendor: {
          name: 'volcengine-im',
          code,
          message: `${code}.`,
          requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        },
      });
      expect(response.headers['retry-after']).toBe(status === 429 ? '1' : undefined);
      expect(w.vendor.requests).toHaveLength(attempts);
      expect(w.secretsManager.requests).toHaveLength(1);
      expect(w.outcomes[0]).toMatchObject({ outcome: 'failed', problem, vendorCode: code, attempts });
      expect(w.clock.pending()).toBe(0);
    },
  );

  test.each(['error-200-no-coden', 'flow-limit-429', 'account-flow-limit-400', 'internal-500'])(
    'is met as the simulator has it: %s',
    async (vendorCase) => {
      const w = await start();
      w.vendor.fail({ vendorCase });

      const response = await w.call(INPUT);

      const refused = vendorCase === 'error-200-no-coden';
      expect(response.status).toBe(refused ? 422 : 200);
      expect(w.vendor.requests).toHaveLength(refused ? 1 : 2);
    },
  );

  test('counts by its number alone where it has no name', async () => {
    const w = await start();
    w.vendor.fail({ status: 400, body: '{"ResponseMetadata":{"RequestId":"r","Error":{"CodeN":100027}}}' });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(2);
  });

  test('is one as a text too, which is passed on', async () => {
    const w = await start();
    w.vendor.fail({ body: '{"ResponseMetadata":{"RequestId":"r","Error":"refused"},"Result":{"Participants":[]}}' });

    const response = await w.call(INPUT);

    expect(response.status).toBe(422);
    expect(response.body).toMatchObject({
      code: 'vendor-rejected',
      vendor: { name: 'volcengine-im', message: 'refused', requestId: 'r' },
    });
  });

  test.each(['{}', '[]', '""', 'null', '{"CodeN":0,"Code":"","Message":""}', '{"Code":"","Data":{}}'])(
    'is none where it is empty: %s',
    async (error) => {
      const w = await start();
      w.vendor.fail({ body: `{"ResponseMetadata":{"RequestId":"r","Error":${error}},"Result":{"Participants":[]}}` });

      const response = await w.call(INPUT);

      expect(response.status).toBe(200);
      expect(response.body).toMatchObject({ data: { Participants: [] }, meta: { vendorRequestId: 'r' } });
    },
  );

  test('is read from ResponseMetaData as well, as one page spells it', async () => {
    const w = await start();
    const error = { Code: 'ConversationNotFound', Message: 'gone' };
    w.vendor.fail({ body: JSON.stringify({ ResponseMetaData: { RequestId: 'r', Error: error } }) });
    w.vendor.fail({ body: JSON.stringify({ ResponseMetaData: { RequestId: 's' }, Result: { Participants: [] } }) });

    const responses = [await w.call(INPUT), await w.call(INPUT)];

    expect(responses[0]?.body).toMatchObject({
      code: 'not-found',
      vendor: { code: 'ConversationNotFound', message: 'gone', requestId: 'r' },
    });
    expect(responses[1]?.body).toMatchObject({ data: { Participants: [] }, meta: { vendorRequestId: 's' } });
  });

  test.each([
    ['AppNotFound', '`appId`'],
    ['UnsupportedRegion', '`region`'],
  ])('that only another secret ends names the field of the secret: %s', async (code, field) => {
    const w = await start();
    w.vendor.fail({ vendorCase: `error:${code}:-:200` });

    expect((await w.call(INPUT)).body.detail).toContain(field);
  });

  test('is not-found where the caller gave the AppId that the vendor does not know', async () => {
    const w = await start();
    w.vendor.fail({ vendorCase: 'error:AppNotFound:-:200' });

    const response = await w.call({ ...INPUT, AppId: 7 });

    expect(response.body).toMatchObject({ code: 'not-found', status: 404, vendor: { code: 'AppNotFound' } });
    expect(response.body.detail).toContain('`AppId`');
  });

  test.each([
    ['NoAuth', 'belongs to another Volcengine account'],
    ['AppStatusException', 'is disabled'],
    ['MethodNotAllowed', '`baseUrl`'],
  ])('says in words of ours how an operator ends it: %s', async (code, words) => {
    const w = await start();
    w.vendor.fail({ vendorCase: `error:${code}:-:200` });

    expect((await w.call(INPUT)).body.detail).toContain(words);
  });

  test('waits as long as the vendor says', async () => {
    const w = await start();
    const error = '{"ResponseMetadata":{"Error":{"Code":"FlowLimitExceeded"}}}';
    w.vendor.fail({ status: 429, headers: { 'retry-after': '3' }, body: error });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    const [first, second] = w.vendor.requests;
    expect(Number(second?.at) - Number(first?.at)).toBe(3_050);
  });
});

describe('no answer', () => {
  test.each([
    ['HTML under 502', { vendorCase: 'html-502', times: 3 }],
    ['a 503 without a body', { status: 503, times: 3 }],
    ['a reset connection', { reset: true, times: 3 }],
  ])('%s is sent again twice', async (_what, fault) => {
    const w = await start();
    w.vendor.fail(fault);

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-unavailable', retryable: true });
    expect(w.vendor.requests).toHaveLength(3);
    expect(w.clock.pending()).toBe(0);
  });

  test.each([
    ['HTML under 502', { vendorCase: 'html-502', times: 2 }],
    ['a 429 without a body', { status: 429, times: 2 }],
    ['a reset connection', { reset: true, times: 2 }],
    ['a reset in the middle of the answer', { truncate: true, times: 2 }],
  ])('%s twice, and then one, is an answer', async (_what, fault) => {
    const w = await start();
    w.vendor.fail(fault);

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(3);
    expect(w.clock.pending()).toBe(0);
  });

  test.each([
    ['HTML under 200', { status: 200, body: '<html></html>' }, true],
    [
      'JSON with leading zeros, which is none',
      { status: 200, body: '{"ResponseMetadata":{},"Result":{"a":000001}}' },
      true,
    ],
    ['a 404 without a body', { status: 404 }, false],
    [
      'a redirect, with which the signature must not go on',
      { status: 307, headers: { location: '/elsewhere' } },
      false,
    ],
  ])('%s is not sent again', async (_what, fault, retryable) => {
    const w = await start();
    w.vendor.fail(fault);

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-unavailable', retryable });
    expect(w.vendor.requests.map(({ path }) => path)).toEqual(['/']);
  });

  test('within the time that the function has left is vendor-timeout', async () => {
    const w = await start();
    w.vendor.fail({ delayMs: 60_000 });

    const call = w.call(INPUT);
    await vi.waitFor(() => expect(w.vendor.requests).toHaveLength(1), { interval: 1 });
    w.clock.advance(FUNCTION_TIMEOUT_MS);
    const response = await call;

    expect(response.status).toBe(504);
    expect(response.body).toMatchObject({ code: 'vendor-timeout', retryable: true });
    expect(w.clock.pending()).toBe(0);
  });
});
