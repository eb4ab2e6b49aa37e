import { expect, test } from 'vitest';
import { findOnlineAgent } from '../../../functions/huawei-isdp/find-online-agent.ts';
import { huaweiIsdp } from '../../../local/simulators/huawei-isdp.ts';
import { isdpSecret } from '../../support/accounts.ts';
import { answersTo, inputOf, messageOf, startChats, told } from '../../support/chats.ts';
import { resultsOn, startMessageWorld } from '../../support/messages.ts';
import { eventBridgeEvent, serviceEvent } from '../../support/service-events.ts';

test('the detail of an event is the message, as envelope or as bare input', async () => {
  const world = await startChats();
  expect(await world.deliver(eventBridgeEvent(messageOf(1)))).toBeUndefined();
  await world.deliver(eventBridgeEvent(inputOf(2)));
  expect(told(world)).toEqual([...answersTo(1), 'Visitor 2']);
  expect(resultsOn(world.bus)[0]?.detail).toMatchObject({
    trigger: 'eventbridge',
    messageId: '3c7a9f52-0000-4000-8000-000000000009',
    account: 'default',
    correlationId: 'order-1',
  });
  expect(resultsOn(world.bus)[1]?.detail).not.toHaveProperty('correlationId');
});

test('a retryable failure is thrown by its code, and the second invocation publishes', async () => {
  const world = await startChats();
  world.down.add(1);
  const event = eventBridgeEvent(messageOf(1));
  await expect(world.deliver(event, { requestId: 'request' })).rejects.toMatchObject({ name: 'vendor-unavailable' });
  expect(told(world)).toEqual([]);
  world.down.clear();
  await world.deliver(event, { requestId: 'request' });
  expect(told(world)).toEqual(answersTo(1));
});

test('an input transformer needs to write source, detail-type and detail alone; then the invocation names the event', async () => {
  const world = await startChats();
  const event = { source: 'example.telephony', 'detail-type': 'Call Ended', detail: messageOf(1) };
  await world.deliver(event, { requestId: 'request' });
  await world.deliver(event, { requestId: 'request' });
  await world.deliver(event, { requestId: 'another' });
  const ids = resultsOn(world.bus).map(({ detail }) => detail['id']);
  expect(told(world)).toEqual(answersTo(1, 1, 1));
  expect(resultsOn(world.bus)[0]?.detail['messageId']).toBe('request');
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
});

test('an id that is empty names nothing: results of two such events have ids of their own', async () => {
  const world = await startChats();
  for (const chat of [1, 2]) {
    const event = { id: '', source: 'example.telephony', 'detail-type': 'Call Ended', detail: messageOf(chat) };
    await world.deliver(event, { requestId: `request-${chat}` });
  }
  expect(told(world)).toEqual(answersTo(1, 2));
  expect(new Set(resultsOn(world.bus).map(({ detail }) => detail['id'])).size).toBe(2);
});

test('a schedule asks a lookup that needs no input', async () => {
  const world = await startMessageWorld({ lookup: findOnlineAgent, simulation: huaweiIsdp, secret: isdpSecret });
  await world.deliver(serviceEvent('eventbridge-scheduled'));
  expect(resultsOn(world.bus)).toMatchObject([
    { type: 'Lookup Succeeded', detail: { lookup: 'findOnlineAgent', trigger: 'eventbridge' } },
  ]);
});

test("another service's event without a mapping is published as failed, and nothing is asked", async () => {
  const world = await startChats();
  expect(await world.deliver(serviceEvent('s3-eventbridge'))).toBeUndefined();
  expect(resultsOn(world.bus)).toMatchObject([
    { type: 'Lookup Failed', detail: { problem: { code: 'invalid-input', retryable: false } } },
  ]);
  expect(world.vendor.requests).toEqual([]);
});
