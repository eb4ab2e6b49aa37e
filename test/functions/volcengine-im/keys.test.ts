import { describe, expect, test } from 'vitest';
import { batchGetConversationParticipant as lookup } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import type { SimulatorClock, VendorSimulation } from '../../../local/simulators/server.ts';
import { demoAccount, volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { startWorld } from '../../support/world.ts';

const INPUT = { ConversationShortId: 1, ParticipantUserIds: [10001] };
const OLD = { accessKeyId: 'old-access-key-id', secretAccessKey: 'old secret access key' };
const NEW = { accessKeyId: 'new-access-key-id', secretAccessKey: 'new secret access key' };

const secretWith = (baseUrl: string, keys: object) => ({ baseUrl, region: demoAccount.region, appId: 1, ...keys });

/** A vendor whose account's keys can be rotated, and a secret with these. */
async function start(keys: object = OLD) {
  let simulation: VendorSimulation;
  let replaceKeys: (account: object) => void = () => {};
  const w = await startWorld({
    lookup,
    simulation: (clock: SimulatorClock) => {
      replaceKeys = (account) => {
        simulation = volcengineIm(clock, { account });
      };
      replaceKeys(OLD);
      return { name: 'volcengine-im', answer: (request, vendorCase) => simulation.answer(request, vendorCase) };
    },
    secret: (baseUrl) => secretWith(baseUrl, keys),
  });
  return { ...w, replaceKeys, putKeys: (changed: object) => w.putSecret('default', secretWith(w.vendor.url, changed)) };
}

describe('keys that the vendor refuses', () => {
  test.each([
    ['InvalidAccessKey', { ...OLD, accessKeyId: 'unknown-access-key-id' }],
    ['SignatureDoesNotMatch', { ...OLD, secretAccessKey: 'another secret access key' }],
    ['SignatureDoesNotMatch', { ...OLD, region: 'ap-southeast-1' }],
  ])('with %s are read again once; the same ones are not sent again', async (code, keys) => {
    const w = await start(keys);

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({
      code: 'vendor-auth-failed',
      retryable: false,
      vendor: { name: 'volcengine-im', code },
    });
    expect(w.vendor.requests).toHaveLength(1);
    expect(w.secretsManager.requests).toHaveLength(2);
    expect(w.clock.pending()).toBe(0);
  });

  test.each([
    ['InvalidAccessKey', NEW],
    ['SignatureDoesNotMatch', { ...OLD, secretAccessKey: NEW.secretAccessKey }],
  ])('with %s after a rotation are read again, and one more attempt succeeds', async (_code, rotated) => {
    const w = await start();
    expect((await w.call(INPUT)).status).toBe(200);
    w.replaceKeys(rotated);
    w.putKeys(rotated);

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(2);
    expect(w.secretsManager.requests).toHaveLength(2);
    expect(w.outcomes[1]?.renewals).toEqual(['bad-credential']);
    expect(w.clock.pending()).toBe(0);
  });

  test('and whose successors it refuses too end in vendor-auth-failed after one more attempt', async () => {
    const w = await start();
    await w.call(INPUT);
    w.replaceKeys(NEW);
    w.putKeys({ ...NEW, secretAccessKey: 'mistyped' });

    const response = await w.call(INPUT);

    expect(response.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: 'SignatureDoesNotMatch' } });
    expect(w.vendor.requests).toHaveLength(3);
    expect(w.secretsManager.requests).toHaveLength(2);
  });

  test('are read again once for all who ask at once', async () => {
    const w = await start();
    await w.call(INPUT);
    w.replaceKeys(NEW);
    w.putKeys(NEW);
    w.clock.advance(1_000);

    const responses = await Promise.all([w.call(INPUT), w.call(INPUT), w.call(INPUT)]);

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(w.secretsManager.requests).toHaveLength(2);
  });

  test('are a refusal still while Secrets Manager does not answer', async () => {
    const w = await start();
    await w.call(INPUT);
    w.replaceKeys(NEW);
    w.secretsManager.fail({ times: 10 });

    const response = await w.call(INPUT);

    expect(response.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: 'InvalidAccessKey' } });
    expect(w.vendor.requests).toHaveLength(2);
  });

  test.each([
    ['InvalidAccessKey:100009:401', 'by name'],
    ['SignatureDoesNotMatch:100010:401', 'by name'],
    ['MissingAuthenticationToken:-:200', 'by name'],
    ['MissingSignature:-:401', 'by name'],
    ['InvalidClientTokenId:-:401', 'by name'],
    ['InvalidSecretToken:-:200', 'by name: a session token that has expired'],
    ['InvalidAuthorization:-:400', 'by name'],
    ['InvalidCredential:-:400', 'by name'],
    ['InnerApiNeedAccountInfo:-:400', 'by name'],
    ['Unlisted:-:401', 'by the status, since no table has its name'],
    ['Unlisted.Detail:999999:401', 'by the status, since no table has its name'],
    ['Renamed:100003:401', 'by number'],
    ['Renamed:100005:401', 'by number'],
    ['Renamed:100011:401', 'by number'],
    ['Renamed:100024:400', 'by number'],
    ['Renamed:100025:400', 'by number'],
    ['Renamed:100026:401', 'by number: a session token that has expired'],
  ])('are told with %s, %s', async (error) => {
    const w = await start();
    w.vendor.fail({ vendorCase: `error:${error}` });

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body.code).toBe('vendor-auth-failed');
    expect(w.vendor.requests).toHaveLength(1);
    expect(w.secretsManager.requests).toHaveLength(2);
  });
});

test('keys stand in no problem and no outcome, also where the vendor repeats them', async () => {
  const w = await start();
  const said = `${OLD.accessKeyId}/${OLD.secretAccessKey}`;
  w.vendor.fail({
    status: 401,
    body: JSON.stringify({
      ResponseMetadata: { RequestId: said, Error: { CodeN: 100010, Code: said, Message: `not ${said}, ${said}` } },
    }),
  });

  const response = await w.call(INPUT);

  expect(response.body.vendor).toEqual({
    name: 'volcengine-im',
    code: '[redacted]/[redacted]',
    message: 'not [redacted]/[redacted], [redacted]/[redacted]',
    requestId: '[redacted]/[redacted]',
  });
  const outputs = response.text + JSON.stringify(w.outcomes);
  expect(outputs).not.toContain(OLD.accessKeyId);
  expect(outputs).not.toContain(OLD.secretAccessKey);
});

describe('the secret', () => {
  test('may have white space around its keys', async () => {
    const w = await start({ accessKeyId: ` ${OLD.accessKeyId}\n`, secretAccessKey: `\t${OLD.secretAccessKey} ` });

    expect((await w.call(INPUT)).status).toBe(200);
  });

  test.each([
    ['no access key id', { ...OLD, accessKeyId: undefined }, '/accessKeyId'],
    ['a blank access key id', { ...OLD, accessKeyId: '  ' }, '/accessKeyId'],
    ['no secret access key', { ...OLD, secretAccessKey: undefined }, '/secretAccessKey'],
    ['no region', { ...OLD, region: undefined }, '/region'],
    ['a region that would break the scope', { ...OLD, region: 'cn/north' }, '/region'],
    ['an app id of 0', { ...OLD, appId: 0 }, '/appId'],
    ['an app id beyond 32 bits', { ...OLD, appId: 2_147_483_648 }, '/appId'],
    ['a plain address that is not loopback', { ...OLD, baseUrl: 'http://rtc.volcengineapi.com' }, '/baseUrl'],
    ['an unknown field', { ...OLD, secretKey: 'x' }, '/secretKey'],
  ])('with %s is misconfigured, told by its field', async (_what, settings, pointer) => {
    const w = await start(settings);

    const response = await w.call(INPUT);

    expect(response.status).toBe(500);
    expect(response.body).toMatchObject({ code: 'misconfigured', retryable: false });
    expect(response.body.detail).toContain(pointer);
    expect(w.vendor.requests).toHaveLength(0);
    expect(w.clock.pending()).toBe(0);
  });
});
