import { describe, expect, test } from 'vitest';
import { startChats } from '../../support/chats.ts';
import { resultsOn } from '../../support/messages.ts';
import { kinesisEvent, snsEvent, sqsEvent } from '../../support/service-events.ts';
import { startCec, structuredJson } from './cloud-events-support.ts';
import { FRONTS, invoke, readEvent } from './http-support.ts';

/* A size and a right are looked at before a text is read: a text that is no JSON tells which came first. */

const MIB = 1024 * 1024;
const noJson = (bytes: number) => 'x'.repeat(bytes);

test.each(FRONTS)('a body of more than 64 KiB is refused for its size: $name', async (front) => {
  const world = await startCec();
  for (const type of ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json']) {
    const large = front.event({ headers: { 'content-type': type }, body: noJson(64 * 1024 + 1) });
    expect(await invoke(world, large)).toMatchObject({ status: 413, body: { code: 'invalid-input' } });
    const small = front.event({ headers: { 'content-type': type }, body: noJson(64 * 1024) });
    expect(await invoke(world, small)).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
  }
});

test.each([
  ['SQS', sqsEvent],
  ['SNS', snsEvent],
  ['SQS behind SNS', (text: string) => sqsEvent(notification(text))],
  ['Kinesis', (text: string) => kinesisEvent([{ data: text }])],
])('a message of more than 1 MiB is refused for its size: %s', async (_service, eventOf) => {
  const world = await startChats();
  await world.deliver(eventOf(noJson(MIB + 1)));
  await world.deliver(eventOf(noJson(MIB / 2)));
  const problems = resultsOn(world.bus).map(({ detail }) => detail['problem']);
  expect(problems).toMatchObject([{ status: 413 }, { status: 400, detail: 'The message is not JSON.' }]);
});

const notification = (Message: string) =>
  JSON.stringify({ Type: 'Notification', MessageId: 'a', TopicArn: 'arn:aws:sns:eu-central-1:1:t', Message });

describe('a CloudEvent of a caller who may use no account', () => {
  const PRINCIPALS = '{"arn:aws:iam::111122223333:role/desk":["emea"]}';
  const [front] = FRONTS.filter(({ name }) => name === 'a load balancer');

  test('is refused before it is read, and the refusal is in the log', async () => {
    const world = await startCec({ accountAccess: PRINCIPALS });
    const answer = await invoke(world, front?.event(structuredJson(noJson(1_000))));
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden-account', retryable: false } });
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'forbidden-account', trigger: 'cloudevents' }]);
  });

  test('is read where the caller may use one', async () => {
    const world = await startCec({ accountAccess: PRINCIPALS });
    const sent = structuredJson(noJson(1_000));
    const event = { ...readEvent('http-api-iam.json'), ...sent, isBase64Encoded: false };
    expect(await invoke(world, event)).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
  });
});
