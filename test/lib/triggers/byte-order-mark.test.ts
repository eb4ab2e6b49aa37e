import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readSecretsFile } from '../../../local/secrets-file.ts';
import { readMessages } from '../../../local/send/messages.ts';
import { checkAccountSecret } from '../../../scripts/account-secret.ts';
import { cecSecret } from '../../support/accounts.ts';
import { answersTo, messageOf, startChats, told } from '../../support/chats.ts';
import { userInfo } from '../../support/lookups.ts';
import { eventBridgeEvent, kinesisEvent, snsEvent, sqsEvent } from '../../support/service-events.ts';
import { startWorld } from '../../support/world.ts';
import { ask, eventOf, startCec, structuredJson } from './cloud-events-support.ts';
import { FRONTS, invoke } from './http-support.ts';

/* RFC 8259, 8.1: who reads JSON may skip a byte order mark. It is skipped wherever a text of JSON comes in. */

const BOM = '\ufeff';
const withMark = (value: unknown) => BOM + JSON.stringify(value);

const notification = (message: string) => {
  const { Type, MessageId, TopicArn, Message } = snsEvent(message).Records[0]?.Sns ?? {};
  return { Type, MessageId, TopicArn, Message };
};

test.each(FRONTS)('before a request body it is skipped: $name', async (front) => {
  const world = await startWorld(userInfo);
  const sent = { headers: { 'content-type': 'application/json' }, body: withMark(userInfo.input) };
  expect(await invoke(world, front.event(sent))).toMatchObject({ status: 200 });
});

test.each([
  ['SQS', sqsEvent(withMark(messageOf(1)))],
  ['SQS behind SNS, before both', sqsEvent(withMark(notification(withMark(messageOf(1)))))],
  ['SQS behind EventBridge', sqsEvent(withMark(eventBridgeEvent(messageOf(1))))],
  ['SNS', snsEvent(withMark(messageOf(1)))],
  ['Kinesis', kinesisEvent([{ data: withMark(messageOf(1)) }])],
])('before a message it is skipped: %s', async (_service, event) => {
  const world = await startChats();
  await world.deliver(event);
  expect(told(world)).toEqual(answersTo(1));
});

describe('in CloudEvents it is skipped', () => {
  test.each([
    ['before the data in binary mode', () => binary(withMark(userInfo.input))],
    ['before an event', () => structuredJson(withMark(eventOf(userInfo.input)))],
    ['before data in base64', () => structuredJson(JSON.stringify(inBase64(withMark(userInfo.input))))],
  ])('%s', async (_place, sent) => {
    const { event } = await ask(await startCec(), sent());
    expect(event.type).toBe('contact-lookups.lookup.succeeded');
  });
});

const inBase64 = (text: string) => ({
  id: '1',
  source: '/desk',
  specversion: '1.0',
  type: 'ask',
  datacontenttype: 'application/json',
  data_base64: Buffer.from(text).toString('base64'),
});

const binary = (body: string) => ({
  headers: {
    'content-type': 'application/json',
    'ce-id': '1',
    'ce-source': '/desk',
    'ce-specversion': '1.0',
    'ce-type': 'ask',
  },
  body,
});

test('before a secret it is skipped, in the cloud and where a secret is stored', async () => {
  const world = await startWorld(userInfo);
  const secret = withMark(cecSecret(world.vendor.url));
  world.putSecret('marked', secret);
  expect(await world.call(userInfo.input, { account: 'marked' })).toMatchObject({ status: 200 });
  expect(() => checkAccountSecret('huawei-cec/marked', secret)).not.toThrow();
});

test('before a file it is skipped: of secrets, and of messages', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'marked-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'file.json');
  const secrets = { 'huawei-cec/default': cecSecret('https://192.0.2.1') };
  await writeFile(file, withMark(secrets));
  expect(await readSecretsFile(file)).toEqual(secrets);
  await writeFile(file, withMark([messageOf(1)]));
  expect(await readMessages(file)).toEqual([messageOf(1)]);
});

test('before a mapping it is skipped', async () => {
  vi.stubEnv('EVENT_MAPPING', withMark({ sns: { 'input.$': '$.asked', 'correlationId.$': '$.order' } }));
  const world = await startChats();
  await world.deliver(snsEvent({ asked: messageOf(1).input, order: 'order-1' }));
  expect(told(world)).toEqual(answersTo(1));
});

test('before an answer of a vendor it is skipped', async () => {
  const world = await startWorld(userInfo);
  world.vendor.fail({ path: 'getUserInfoBycallId', body: withMark({ userId: '1' }) });
  expect((await world.call(userInfo.input)).body.data).toEqual({ userId: '1' });
});
