import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { batchGetConversationParticipant } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import type { ProblemDocument } from '../../../lib/problem.ts';
import { volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { TOKEN, USER_INFO } from '../../functions/huawei-cec/support.ts';
import { around, requestsTo } from '../../functions/huawei-common/support.ts';
import { volcengineSecret } from '../../support/accounts.ts';
import { createTestClock } from '../../support/clock.ts';
import { resultsOn } from '../../support/messages.ts';
import { cecWithChats, inputOf, QUEUE, startQueueWorld } from '../../support/queue.ts';
import { serviceEvent } from '../../support/service-events.ts';

const EMPTY = { visible: 0, inFlight: 0, delayed: 0, dead: 0 };

describe('a message of a queue', () => {
  it('is answered on the bus, and deleted', async () => {
    const world = await startQueueWorld();
    const id = world.send({ input: inputOf(1), correlationId: 'order-1' });

    const { deleted } = await world.poll();

    expect(deleted).toEqual([id]);
    expect(resultsOn(world.bus)).toEqual([
      {
        type: 'Lookup Succeeded',
        detail: {
          id: expect.stringMatching(/^[0-9a-f]{32}$/),
          lookup: 'getUserInfoByCallId',
          correlationId: 'order-1',
          account: 'default',
          requestId: expect.any(String),
          trigger: 'sqs',
          messageId: id,
          data: expect.objectContaining({ userNickname: 'Visitor 1' }),
          meta: expect.objectContaining({ attempts: 1 }),
        },
      },
    ]);
    expect(world.sqs.requests).toEqual([]);
    expect(world.clock.pending()).toBe(0);
  });

  it('is named in the log with its trigger, and its batch has a line', async () => {
    const world = await startQueueWorld();
    const id = world.send({ input: inputOf(1) });

    await world.poll();

    expect(world.outcomes).toMatchObject([{ trigger: 'sqs', messageId: id, outcome: 'succeeded' }]);
    expect(world.batches).toEqual([
      {
        lookup: 'getUserInfoByCallId',
        requestId: world.outcomes[0]?.requestId,
        trigger: 'sqs',
        messages: 1,
        published: 1,
        returned: 0,
        notBegun: 0,
        problems: {},
        unpublished: {},
        visibilityFailures: {},
      },
    ]);
  });

  it('is read out of an SNS notification and out of an EventBridge event, by their ids', async () => {
    const world = await startQueueWorld();
    const notification = (text: string) => ({
      Type: 'Notification',
      MessageId: 'sns-1',
      TopicArn: 'arn:aws:sns:eu-central-1:111122223333:lookups',
      Message: text,
    });
    const event = { id: 'event-1', source: 'shop', 'detail-type': 'Asked', detail: { input: inputOf(2) } };
    world.send(notification(JSON.stringify({ input: inputOf(1) })));
    world.send(event);
    world.send(notification(JSON.stringify(event)));
    world.send(event);

    await world.poll();

    const details = resultsOn(world.bus).map(({ detail }) => detail);
    expect(details.map(({ data }) => (data as { userNickname: string }).userNickname).sort()).toEqual([
      'Visitor 1',
      'Visitor 2',
      'Visitor 2',
      'Visitor 2',
    ]);
    // The same event, by whatever way and however often it came, has one result.
    expect(new Set(details.map(({ id }) => id)).size).toBe(2);
  });
});

describe('what Lambda put into a dead-letter queue, moved back', () => {
  it('is read as the notification of SNS that it is', async () => {
    const world = await startQueueWorld();
    const [record] = serviceEvent('sns').Records;
    const Message = JSON.stringify({ input: inputOf(1), correlationId: 'moved' });
    world.send({ Records: [{ ...record, Sns: { ...record?.Sns, Message } }] });

    await world.poll();

    expect(resultsOn(world.bus)).toMatchObject([{ type: 'Lookup Succeeded', detail: { correlationId: 'moved' } }]);
  });

  it('is mapped as a record of another service, as it would be by itself', async () => {
    const { callId: _callId, ...rest } = inputOf(1);
    const input = { 'callId.$': '$.s3.object.key', ...rest };
    vi.stubEnv('EVENT_MAPPING', JSON.stringify({ event: { input, 'correlationId.$': '$.s3.bucket.name' } }));
    const world = await startQueueWorld();
    const [record] = serviceEvent('s3').Records;
    const named = { ...record, s3: { ...record?.s3, object: { ...record?.s3.object, key: 'call-1' } } };
    world.send({ Records: [named] });
    // Of several, a message cannot be one request.
    world.send({ Records: [named, named] });

    await world.poll();

    expect(
      resultsOn(world.bus)
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['Lookup Failed', 'Lookup Succeeded']);
  });
});

describe('a message that is large by what it is wrapped in', () => {
  const event = (detail: object) => ({ id: 'event', source: 'shop', 'detail-type': 'Asked', detail });

  it('is read, as long as it is itself no larger than 64 KiB', async () => {
    vi.stubEnv('EVENT_MAPPING', JSON.stringify({ eventbridge: { 'input.$': '$.detail.lookup' } }));
    const world = await startQueueWorld();
    world.send(event({ lookup: inputOf(1), other: 'x'.repeat(200_000) }));
    world.send(event({ lookup: { ...inputOf(2), callId: 'x'.repeat(65_536) } }));

    await world.poll();

    const results = resultsOn(world.bus);
    expect(results.find(({ type }) => type === 'Lookup Succeeded')?.detail['data']).toMatchObject({
      userNickname: 'Visitor 1',
    });
    expect(results.find(({ type }) => type === 'Lookup Failed')?.detail['problem']).toMatchObject({ status: 413 });
  });
});

describe('an event as the service sends it', () => {
  // Their inputs lack fields, so that none is answered with data: what counts is where the message was found.
  it.each([
    ['sqs-standard.json', ['order-1', 'order-2']],
    ['sqs-standard-fair.json', ['order-3']],
    ['sqs-fifo.json', ['order-4', 'order-5', 'order-6']],
    ['sqs-sns.json', ['order-7']],
    ['sqs-sns-fifo.json', ['order-8']],
    ['sqs-eventbridge.json', ['order-11']],
    ['sqs-s3.json', [undefined]],
  ])('is read: %s', async (file, names) => {
    const world = await startQueueWorld();
    const event = JSON.parse(readFileSync(new URL(`../../events/${file}`, import.meta.url), 'utf8'));

    expect(await world.deliver(event)).toEqual({ batchItemFailures: [] });

    const details = resultsOn(world.bus).map(({ detail }) => detail);
    expect(details.map(({ correlationId }) => correlationId).sort()).toEqual(names);
    expect(details.every(({ trigger }) => trigger === 'sqs')).toBe(true);
    const problems = details.map(({ problem }) => problem as ProblemDocument);
    expect(problems.every(({ code }) => code === 'invalid-input')).toBe(true);
  });
});

describe('a poison message', () => {
  const POISON: [string, unknown, string][] = [
    ['that is not JSON', '{"callId":', 'invalid-input'],
    ['with a wrong input', { callId: 1 }, 'invalid-input'],
    ['with a field that an envelope has not', { input: inputOf(1), extra: 1 }, 'invalid-input'],
    ['over 64 KiB', { input: { ...inputOf(1), callId: 'x'.repeat(65_536) } }, 'invalid-input'],
    ['for an account that has no secret', { input: inputOf(1), account: 'nobody' }, 'unknown-account'],
    ['for what the vendor does not know', { input: { ...inputOf(1), callId: 'call-none' } }, 'not-found'],
  ];

  it.each(POISON)('%s is published as failed at once and deleted, and holds nobody up', async (_, body, code) => {
    const world = await startQueueWorld();
    const before = world.send({ input: inputOf(1) });
    const poison = world.send(body);
    const after = world.send({ input: inputOf(2) });

    const { deleted } = await world.poll();

    expect(deleted).toEqual([before, poison, after]);
    const byMessage = Object.groupBy(resultsOn(world.bus), ({ detail }) => String(detail['messageId']));
    expect(byMessage[poison]).toMatchObject([
      { type: 'Lookup Failed', detail: { problem: { code, retryable: false } } },
    ]);
    expect(byMessage[before]).toMatchObject([{ type: 'Lookup Succeeded' }]);
    expect(byMessage[after]).toMatchObject([{ type: 'Lookup Succeeded' }]);
    expect(world.sqs.queues.counts(QUEUE)).toEqual(EMPTY);
  });

  it('points into the envelope that its input stood in', async () => {
    const world = await startQueueWorld();
    world.send({ input: { ...inputOf(1), callId: '' }, correlationId: 'order-1' });

    await world.poll();

    const [{ detail } = { detail: {} }] = resultsOn(world.bus);
    expect(detail).toMatchObject({ correlationId: 'order-1', problem: { errors: [{ pointer: '/input/callId' }] } });
  });
});

describe('the vendor', () => {
  it('is asked once for each delivery, and again only after a refused token', async () => {
    const world = await startQueueWorld();
    world.vendor.fail({ path: USER_INFO, times: 1, vendorCase: 'expired-401' });
    world.vendor.fail({ path: USER_INFO, times: 1, status: 503, body: '{}' });
    world.send({ input: inputOf(1) });

    const first = await world.poll();
    expect(first.deleted).toEqual([]);
    expect(requestsTo(world, USER_INFO)).toHaveLength(2);
    expect(requestsTo(world, TOKEN)).toHaveLength(2);

    await world.drain();
    expect(requestsTo(world, USER_INFO)).toHaveLength(3);
    expect(resultsOn(world.bus).map(({ type }) => type)).toEqual(['Lookup Succeeded']);
  });

  it('answers as many messages at the same time as fit its rate, and no more', async () => {
    let underWay = 0;
    let most = 0;
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const simulation = around(cecWithChats, async ({ path }, answer) => {
      if (path !== USER_INFO) return answer();
      underWay += 1;
      most = Math.max(most, underWay);
      await gate;
      underWay -= 1;
      return answer();
    });
    const world = await startQueueWorld({ simulation });
    for (let index = 0; index < 30; index += 1) world.send({ input: inputOf(index) });

    const polled = world.poll({ batchSize: 30 });
    await vi.waitFor(() => expect(underWay).toBe(10));
    // Whatever left with these ten has arrived when two more have come and gone.
    for (let index = 0; index < 2; index += 1) await fetch(`${world.vendor.url}/__control/requests`);
    open();

    expect((await polled).deleted).toHaveLength(30);
    expect(most).toBe(10);
  });

  it('keeps to a process’s share of its rate', async () => {
    vi.stubEnv('VENDOR_QPS_SHARE', '5');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const clock = createTestClock({ skipWaitsMs: 0 });
    const world = await startQueueWorld({
      lookup: batchGetConversationParticipant,
      simulation: volcengineIm,
      secret: volcengineSecret,
      clock,
    });
    for (let index = 0; index < 40; index += 1) {
      world.send({ input: { ConversationShortId: 7, ParticipantUserIds: [index + 1] } });
    }

    const polled = world.poll({ batchSize: 40 });
    for (let count = 5; count <= 40; count += 5) {
      await vi.waitFor(() => expect(world.vendor.requests).toHaveLength(count), { interval: 1 });
      // What is kept between two windows: lib/pipeline/rate-limiter.ts.
      if (count < 40) clock.advance(1_050);
    }

    expect((await polled).deleted).toHaveLength(40);
    const times = world.vendor.requests.map(({ at }) => at);
    const inASecond = times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length);
    expect(Math.max(...inASecond)).toBe(5);
    expect(times).toHaveLength(40);
  });
});

describe('a fair queue', () => {
  it('has groups without an order: one that goes back takes nobody along', async () => {
    const world = await startQueueWorld();
    world.vendor.fail({ path: USER_INFO, status: 503, body: '{}' });
    for (let index = 0; index < 5; index += 1) world.send({ input: inputOf(index) }, { groupId: 'tenant' });

    const { deleted } = await world.poll();

    expect(deleted).toHaveLength(4);
    expect(world.told).toEqual([{ id: expect.any(String), seconds: 2 }]);
  });
});
