import { stringifyJson } from '../../lib/json/int64.ts';
import type { LocalFunction } from '../lambda/functions.ts';
import { sendAsynchronously } from './asynchronous.ts';
import { cloudEventRequests, sendCloudEvents } from './cloud-event.ts';
import { sendDirectly } from './direct.ts';
import { dynamodbRecords } from './dynamodb.ts';
import type { Listener } from './ending.ts';
import { eventBridgeEvent } from './eventbridge.ts';
import { kinesisRecords } from './kinesis.ts';
import type { LocalServices } from './local-services.ts';
import type { Order } from './order.ts';
import { s3Event } from './s3.ts';
import { snsEvent, snsNotification } from './sns.ts';
import { sendAsStream } from './stream.ts';
import { sendThroughQueue } from './through-queue.ts';

/**
 * Sends messages as the order's service would, and waits until each has come to its end.
 * @throws Error where a message cannot be sent, or a part of `npm start` does not answer
 */
export function send(
  messages: readonly unknown[],
  order: Order,
  { handlerFile }: LocalFunction,
  local: LocalServices,
  listener: Listener,
): Promise<void> {
  const { service, lookup, group } = order;
  const texts = messages.map(stringifyJson);
  const throughQueue = (bodies: readonly string[]) => sendThroughQueue(bodies, order, local, listener);
  const asynchronously = (events: readonly object[]) =>
    sendAsynchronously(events.map(stringifyJson), order, local, listener);

  switch (service) {
    case 'sqs':
    case 'sqs-fifo':
      return throughQueue(texts);
    case 'sns-sqs':
      return throughQueue(texts.map((text) => stringifyJson(snsNotification(text, lookup, group))));
    case 'eventbridge-sqs':
      return throughQueue(messages.map((message) => stringifyJson(eventBridgeEvent(message))));
    case 'sns':
      return asynchronously(texts.map((text) => snsEvent(text, lookup)));
    case 'eventbridge':
      return asynchronously(messages.map(eventBridgeEvent));
    case 's3':
      return asynchronously(messages.map(s3Event));
    case 'event':
      return sendAsynchronously(texts, order, local, listener);
    case 'kinesis':
      return sendAsStream(kinesisRecords(texts, lookup, Date.now()), order, local, listener);
    case 'dynamodb':
      return sendAsStream(dynamodbRecords(messages, lookup, Date.now()), order, local, listener);
    case 'cloudevent': {
      // A test holds files and routes together (test/package/template.test.ts).
      const path = handlerFile.replace(/^functions/, '/v1').replace(/\.ts$/, '');
      return sendCloudEvents(cloudEventRequests(messages, order.mode), path, order, local, listener);
    }
    case 'invoke':
      return sendDirectly(texts, order, local, listener);
  }
}
