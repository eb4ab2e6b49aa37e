import { expect, test, vi } from 'vitest';
import { answersTo, inputOf, startChats, told } from '../../support/chats.ts';
import { resultsOn } from '../../support/messages.ts';
import { serviceEvent } from '../../support/service-events.ts';

const { userId, tenantId } = inputOf(1);

/** A chat is named by the S3 object's key, or by a mail's subject. */
const mapTo = (callId: string, correlationId: string) =>
  vi.stubEnv(
    'EVENT_MAPPING',
    JSON.stringify({
      event: { input: { 'callId.$': callId, userId, tenantId }, 'correlationId.$': correlationId },
      eventbridge: { input: { 'callId.$': '$.detail.object.key', userId, tenantId }, 'correlationId.$': '$.id' },
    }),
  );
const mapS3 = () => mapTo('$.s3.object.key', '$.s3.object.eTag');

function s3Event(...chats: readonly number[]) {
  const [record] = serviceEvent('s3').Records;
  return {
    Records: chats.map((chat) => ({
      ...record,
      s3: { ...record?.s3, object: { ...record?.s3.object, key: `1700000000-${chat}`, eTag: `order-${chat}` } },
    })),
  };
}

test('a notification of S3 is mapped by the stage', async () => {
  mapS3();
  const world = await startChats();
  expect(await world.deliver(s3Event(1), { requestId: 'request' })).toBeUndefined();
  expect(told(world)).toEqual(answersTo(1));
  expect(resultsOn(world.bus)[0]?.detail).toMatchObject({ trigger: 'event', messageId: 'request' });
});

test('an event of S3 by EventBridge is mapped as such', async () => {
  mapS3();
  const world = await startChats();
  const event = serviceEvent('s3-eventbridge');
  await world.deliver({ ...event, detail: { ...(event.detail as object), object: { key: '1700000000-2' } } });
  expect(told(world)).toEqual([`${event.id}: Visitor 2`]);
});

test('a mail of SES is mapped by the stage', async () => {
  mapTo('$.ses.mail.commonHeaders.subject', '$.ses.mail.messageId');
  const world = await startChats();
  const [record] = serviceEvent('ses').Records;
  const ses = structuredClone(record?.ses);
  if (ses?.mail.commonHeaders) ses.mail.commonHeaders.subject = '1700000000-20';
  await world.deliver({ Records: [{ ...record, ses }] });
  expect(told(world)).toEqual([`${ses?.mail.messageId}: Visitor 20`]);
});

test('an event that is no list of records is mapped as a whole', async () => {
  mapTo('$.call', '$.name');
  const world = await startChats();
  await world.deliver({ call: '1700000000-3', name: 'order-3' });
  expect(told(world)).toEqual(answersTo(3));
});

test('with a mapping, a message as we take it is still an invocation of the function itself', async () => {
  mapS3();
  const world = await startChats();
  expect(await world.deliver({ input: inputOf(1) })).toMatchObject({ data: { userNickname: 'Visitor 1' } });
  expect(world.bus.requests).toEqual([]);
});

test('records of an event are answered each for itself, and one that is worth another try brings all of them again', async () => {
  mapS3();
  const world = await startChats();
  world.down.add(2);
  const again = world.deliver(s3Event(1, 2, 99), { requestId: 'request' });
  await expect(again).rejects.toMatchObject({ name: 'vendor-unavailable' });
  expect(told(world).sort()).toEqual([...answersTo(1), 'order-99: not-found']);
  world.down.clear();
  await world.deliver(s3Event(1, 2, 99), { requestId: 'request' });
  const results = resultsOn(world.bus);
  expect(results).toHaveLength(5);
  expect(new Set(results.map(({ detail }) => `${detail['correlationId']} ${detail['id']}`)).size).toBe(3);
  expect(new Set(results.map(({ detail }) => detail['messageId']))).toEqual(
    new Set(['request/0', 'request/1', 'request/2']),
  );
});

test('the log names each record by its invocation and its place', async () => {
  mapS3();
  const world = await startChats();
  const requestId = '7c2b1f6e-3c1d-4f0e-9d0e-2a0f3f1c9f10';
  await world.deliver(s3Event(1, 2), { requestId });
  expect(world.outcomes.map(({ messageId }) => messageId).sort()).toEqual([`${requestId}/0`, `${requestId}/1`]);
});

test('records of a service without a mapping are published as failed', async () => {
  const world = await startChats();
  expect(await world.deliver(s3Event(1))).toBeUndefined();
  expect(told(world)).toEqual(['invalid-input']);
  expect(world.vendor.requests).toEqual([]);
});

test('without a bus the error names what is missing, and nothing is asked', async () => {
  mapS3();
  const world = await startChats();
  vi.stubEnv('RESULT_BUS', '');
  const { handler, vendor } = world.coldStart();
  const delivered = handler(s3Event(1), { awsRequestId: 'request', getRemainingTimeInMillis: () => 15_000 });
  await expect(delivered).rejects.toThrow('RESULT_BUS');
  expect(vendor.requests).toEqual([]);
});
