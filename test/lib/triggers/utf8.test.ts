import { describe, expect, test } from 'vitest';
import { startChats, told } from '../../support/chats.ts';
import { failure } from '../../support/invoke.ts';
import { loginParams, participants, userInfo } from '../../support/lookups.ts';
import { resultsOn, startMessageWorld } from '../../support/messages.ts';
import { dynamodbEvent, eventBridgeEvent, kinesisEvent, snsEvent, sqsEvent } from '../../support/service-events.ts';
import { startWorld } from '../../support/world.ts';
import { ask, startCec, structuredJson } from './cloud-events-support.ts';
import { FRONTS, invoke } from './http-support.ts';

/* Bytes that are no text, and texts that no bytes can hold: refused before anything is asked. */

const [before = '', after = ''] = JSON.stringify({ account: 'ls120201', password: 'Sample-%' }).split('%');
const loginWith = (...bytes: number[]) => Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);

const NO_UTF8 = [
  ['a latin-1 letter', [0xfc]],
  ['a letter of windows-1252', [0x80]],
  ['GBK', [0xd6, 0xd0]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['a surrogate in three bytes', [0xed, 0xa0, 0x80]],
  ['a character that is cut off', [0xe4, 0xbd]],
  ['a character beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
] as const;

const base64Fronts = FRONTS.filter(({ name }) => name.includes('base64'));

describe.each(base64Fronts)('a request body over $name', (front) => {
  const eventOf = (bytes: Buffer) => ({
    ...front.event({ headers: { 'content-type': 'application/json' }, body: '' }),
    body: bytes.toString('base64'),
  });

  test.each(NO_UTF8)('with %s in its password is refused, and no password is tried', async (_what, bytes) => {
    const world = await startWorld(loginParams);
    const answer = await invoke(world, eventOf(loginWith(...bytes)));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input', retryable: false } });
    expect(answer.body.detail).toBe('The request body is not UTF-8. Send JSON in UTF-8.');
    expect(world.vendor.requests).toEqual([]);
    expect(world.secretsManager.requests).toEqual([]);
  });

  test('is sent on as it is with any character, the one for lost characters among them', async () => {
    for (const character of ['ü', '小', '😀', '\ufffd', '\uffff']) {
      const world = await startWorld(loginParams);
      await invoke(world, eventOf(loginWith(...Buffer.from(character))));
      expect(JSON.parse(String(world.vendor.requests.at(-1)?.body)).password).toBe(`Sample-${character}`);
    }
  });
});

test.each(FRONTS.filter(({ name }) => !name.includes('base64')))(
  'a request body with half of a surrogate pair is refused: $name',
  async (front) => {
    const world = await startWorld(loginParams);
    const sent = { headers: { 'content-type': 'application/json' }, body: `${before}\ud800${after}` };
    expect(await invoke(world, front.event(sent))).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
    expect(world.vendor.requests).toEqual([]);
  },
);

test.each(FRONTS.filter(({ name }) => !name.includes('base64')))(
  'a request body in which the service has replaced bytes is refused: $name',
  async (front) => {
    const bytes = loginWith(0xfc);
    const sent = (length: number) => ({
      headers: { 'content-type': 'application/json', 'content-length': String(length) },
      body: bytes.toString('utf8'),
    });
    const world = await startWorld(loginParams);
    const refused = await invoke(world, front.event(sent(bytes.length)));
    expect(refused).toMatchObject({
      status: 400,
      body: { detail: 'The request body is not UTF-8. Send JSON in UTF-8.' },
    });
    expect(world.vendor.requests).toEqual([]);

    // The same text, as a client may have written it.
    await invoke(world, front.event(sent(Buffer.byteLength(bytes.toString('utf8')))));
    expect(JSON.parse(String(world.vendor.requests.at(-1)?.body)).password).toBe('Sample-\ufffd');
  },
);

describe('half of a surrogate pair that JSON spells', () => {
  test.each(['\\ud800', '\\udc00', '\\uDBFF', '\\ude00\\ud83d', '\\ud83d '])(
    'is refused by its field: %s',
    async (half) => {
      const world = await startWorld(loginParams);
      const response = await world.call(undefined, { body: before + half + after });
      expect(response).toMatchObject({
        status: 400,
        body: { code: 'invalid-input', errors: [{ pointer: '/password' }] },
      });
      expect(world.vendor.requests).toEqual([]);
    },
  );

  test('is no half where the other one follows', async () => {
    const world = await startWorld(loginParams);
    await world.call(undefined, { body: `${before}\\ud83d\\ude00${after}` });
    expect(JSON.parse(String(world.vendor.requests.at(-1)?.body)).password).toBe('Sample-😀');
  });

  test('is refused in every field', async () => {
    const world = await startWorld(userInfo);
    const body = '{"callId":"\\ud800","userId":"\\ud800","tenantId":"a\\udc00"}';
    const { errors } = (await world.call(undefined, { body })).body;
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/callId', '/userId', '/tenantId']);
  });

  test('is refused in an invocation of the function', async () => {
    const world = await startWorld(loginParams);
    const { problem } = await failure(world, `{"input":${before}\\ud800${after}}`);
    expect(problem).toMatchObject({ code: 'invalid-input', errors: [{ pointer: '/input/password' }] });
    expect(world.vendor.requests).toEqual([]);
  });

  const text = '{"input":{"callId":"\\ud800","userId":"1","tenantId":"1"}}';
  const item = { input: { M: { callId: { S: '\ud800' }, userId: { S: '1' }, tenantId: { S: '1' } } } };

  test.each([
    ['SQS', sqsEvent(text)],
    ['SNS', snsEvent(text)],
    ['EventBridge', eventBridgeEvent(JSON.parse(text))],
    ['Kinesis', kinesisEvent([{ data: text }])],
    ['DynamoDB', dynamodbEvent([{ item }])],
  ])('is refused in a message of %s', async (_service, event) => {
    const world = await startChats();
    await world.deliver(event);
    expect(told(world)).toEqual(['invalid-input']);
    expect(resultsOn(world.bus)[0]?.detail['problem']).toMatchObject({ errors: [{ pointer: '/input/callId' }] });
    expect(world.asked).toEqual([]);
  });

  test('is refused as a correlation id', async () => {
    const world = await startMessageWorld(participants);
    await world.deliver(snsEvent('{"input":{},"correlationId":"\\ud800"}'));
    const { detail } = resultsOn(world.bus)[0] ?? {};
    expect(detail).not.toHaveProperty('correlationId');
    expect(detail?.['problem']).toMatchObject({ errors: [{ pointer: '/correlationId' }] });
  });
});

describe('bytes that are no UTF-8', () => {
  const bytes = Buffer.concat([Buffer.from('{"callId":"'), Buffer.from([0xfc]), Buffer.from('"}')]);

  test('are refused as the data of a record of Kinesis', async () => {
    const world = await startChats();
    await world.deliver(kinesisEvent([{ data: bytes }]));
    expect(told(world)).toEqual(['invalid-input']);
  });

  test('are refused as the data of a CloudEvent in base64', async () => {
    const event = { id: '1', source: '/desk', specversion: '1.0', type: 'ask', data_base64: bytes.toString('base64') };
    const world = await startCec();
    const answer = await ask(world, structuredJson(event));
    expect(answer.event.data.problem).toMatchObject({
      code: 'invalid-input',
      detail: 'The data of the CloudEvent is not UTF-8. Send JSON in UTF-8.',
    });
    expect(world.vendor.requests).toEqual([]);
  });

  test('are refused as the body of CloudEvents', async () => {
    const [front] = base64Fronts;
    const headers = { 'content-type': 'application/cloudevents+json' };
    const world = await startCec();
    const event = { ...front?.event({ headers, body: '' }), body: bytes.toString('base64') };
    expect(await invoke(world, event)).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
  });
});
