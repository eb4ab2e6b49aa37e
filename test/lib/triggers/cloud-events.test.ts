import { describe, expect, test, vi } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { batchGetConversationParticipant } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import type { Lookup } from '../../../lib/lookup.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { demoAccount, volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { around } from '../../functions/huawei-common/support.ts';
import {
  ask,
  batchOf,
  binary,
  eventOf,
  INPUT,
  MODES,
  startCec,
  structured,
  structuredJson,
  USER_INFO,
} from './cloud-events-support.ts';
import { FRONTS, readEvent } from './http-support.ts';

const modes = Object.entries(MODES).map(([mode, write]) => ({ mode, write }));
const ways = FRONTS.flatMap((front) => modes.map((each) => ({ ...each, front, name: front.name })));

describe.each(ways)('over $name, in the mode $mode', ({ write, front, mode }) => {
  test('an event that the SDK writes is answered by one that the SDK reads', async () => {
    const world = await startCec();
    const answer = await ask(world, write(eventOf({ input: INPUT, correlationId: 'order-1' })), { front });

    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(answer.headers['content-type']).toBe(
      {
        binary: 'application/json',
        structured: 'application/cloudevents+json',
        batch: 'application/cloudevents-batch+json',
      }[mode],
    );
    expect(answer.events).toHaveLength(1);
    expect(answer.event).toMatchObject({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      source: 'contact-lookups',
      type: 'contact-lookups.lookup.succeeded',
      subject: 'getUserInfoByCallId',
      time: new Date(world.clock.now()).toISOString(),
      datacontenttype: 'application/json',
    });
    expect(answer.event.data).toEqual({
      id: answer.event.id,
      lookup: 'getUserInfoByCallId',
      correlationId: 'order-1',
      account: 'default',
      requestId: 'a-request',
      trigger: 'cloudevents',
      messageId: 'event-1',
      data: expect.objectContaining({ userNickname: 'Visitor' }),
      meta: expect.any(Object),
    });
    // The sender's own name for the event may be any text: the log has none that is no id of AWS's.
    expect(world.outcomes).toMatchObject([{ outcome: 'succeeded', trigger: 'cloudevents' }]);
    expect(world.outcomes[0]).not.toHaveProperty('messageId');
  });
});

describe.each(modes)('in the mode $mode', ({ write }) => {
  test('the data may be the bare input', async () => {
    const answer = await ask(await startCec(), write(eventOf(INPUT)));
    expect(answer.event).toMatchObject({ type: 'contact-lookups.lookup.succeeded' });
    expect(answer.event.data).not.toHaveProperty('correlationId');
  });

  test('an event that is sent twice is answered twice, by the same id', async () => {
    const world = await startCec();
    const event = eventOf(INPUT);
    const first = await ask(world, write(event), { requestId: 'first' });
    const second = await ask(world.coldStart(), write(event), { requestId: 'second' });
    expect(second.event.id).toBe(first.event.id);
  });

  test('events are told apart by their source and their id', async () => {
    const world = await startCec();
    const ids = [];
    for (const attributes of [{}, { id: 'event-2' }, { source: '/example/other' }]) {
      // One that is answered, and one that cannot be.
      ids.push((await ask(world, write(eventOf(INPUT, attributes)))).event.id);
      ids.push(
        (await ask(world, write(eventOf('text', { ...attributes, id: 'text', datacontenttype: 'text/plain' })))).event
          .id,
      );
    }
    // Two of the six share id and source.
    expect(new Set(ids).size).toBe(5);
  });

  test('the account comes from the header, and from the envelope before it', async () => {
    const world = await startCec();
    const header = { 'x-vendor-account': 'emea' };
    const sent = [
      write(eventOf(INPUT)),
      write(eventOf({ input: INPUT })),
      write(eventOf({ input: INPUT, account: 'default' })),
    ];
    for (const { headers, body } of sent) await ask(world, { headers: { ...headers, ...header }, body: body ?? null });
    expect(world.outcomes.map(({ account }) => account)).toEqual(['emea', 'emea', 'default']);
  });
});

test('extension attributes are taken, whatever their type', async () => {
  const world = await startCec();
  const event = eventOf(INPUT, { traceparent: '00-0af7-b7ad-01', attempt: 2, sampled: true });
  for (const sent of [binary(event), structured(event), batchOf([event])]) {
    expect((await ask(world, sent)).event.type).toBe('contact-lookups.lookup.succeeded');
  }
});

test('an attribute that is null is one that is absent', async () => {
  const event = {
    specversion: '1.0',
    id: '1',
    source: '/s',
    type: 't',
    subject: null,
    datacontenttype: null,
    data: INPUT,
  };
  const answer = await ask(await startCec(), structuredJson(event));
  expect(answer.event.type).toBe('contact-lookups.lookup.succeeded');
});

test.each([
  ['application/json; charset=utf-8'],
  ['Application/JSON'],
  ['text/json'],
  ['application/vnd.example.call+json'],
])('data of the type %s is JSON', async (datacontenttype) => {
  const world = await startCec();
  const event = eventOf(INPUT, { datacontenttype });
  const sent = { ...binary(event), body: JSON.stringify(INPUT) };
  for (const each of [sent, structured(event)]) {
    expect((await ask(world, each)).event.type).toBe('contact-lookups.lookup.succeeded');
  }
});

test('data may come in base64 in the JSON format', async () => {
  const data_base64 = Buffer.from(JSON.stringify({ input: INPUT, correlationId: 'ü' })).toString('base64');
  const event = { specversion: '1.0', id: '1', source: '/s', type: 't', data_base64 };
  const answer = await ask(await startCec(), structuredJson(event));
  expect(answer.event.data).toMatchObject({ correlationId: 'ü', data: { userNickname: 'Visitor' } });
});

test('integers of 64 bits keep their digits, in base64 too', async () => {
  const { region, accessKeyId, secretAccessKey } = demoAccount;
  const world = await startCec({
    lookup: batchGetConversationParticipant,
    simulation: volcengineIm,
    secret: (baseUrl) => ({ baseUrl, region, accessKeyId, secretAccessKey, appId: 1 }),
  });
  const data = '{"ConversationShortId":7203245678901234567,"ParticipantUserIds":[9223372036854775807]}';
  const attributes = '"specversion":"1.0","id":"1","source":"/s","type":"t"';
  const { headers } = binary(eventOf(undefined));
  for (const sent of [
    structuredJson(`{${attributes},"data":${data}}`),
    structuredJson(`{${attributes},"data_base64":"${Buffer.from(data).toString('base64')}"}`),
    { ...(headers && { headers }), body: data },
  ]) {
    await ask(world, sent);
  }
  const asked = `{"AppId":1,${data.slice(1)}`;
  expect(world.vendor.requests.map(({ body }) => String(body))).toEqual([asked, asked, asked]);
});

describe('the requests in test/events', () => {
  test.each([
    ['cloudevents-binary.json', ['ce-27'], ['order-27']],
    ['cloudevents-structured.json', ['ce-26'], ['order-26']],
    ['cloudevents-batch.json', ['ce-28', 'ce-29'], ['order-28', 'order-29']],
  ])('%s is read: its input lacks two fields', async (file, ids, correlationIds) => {
    const { events, status } = await ask(await startCec(), readEvent(file));
    expect(status).toBe(200);
    expect(events.map(({ data }) => data.messageId)).toEqual(ids);
    expect(events.map(({ data }) => data.correlationId)).toEqual(correlationIds);
    for (const { type, data } of events) {
      expect(type).toBe('contact-lookups.lookup.failed');
      expect(data.problem.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
        '/input/userId',
        '/input/tenantId',
      ]);
    }
  });

  test('a load balancer’s body in base64 is read', async () => {
    const front = { name: 'as it is', event: () => readEvent('alb-base64.json') };
    const { event } = await ask(await startCec(), {}, { front });
    expect(event.data).toMatchObject({
      messageId: '25',
      correlationId: 'order-25',
      problem: { code: 'invalid-input' },
    });
  });
});

test.each(['canary ', ''])('an id that only has one of AWS in it is not in the log: after "%s"', async (before) => {
  const world = await startCec();
  const id = `${before}7c2b1f6e-3c1d-4f0e-9d0e-2a0f3f1c9f10${before ? '' : ' canary'}`;
  await ask(world, structured(eventOf(INPUT, { id })));
  expect(world.outcomes).toMatchObject([{ outcome: 'succeeded', trigger: 'cloudevents' }]);
  expect(world.outcomes[0]).not.toHaveProperty('messageId');
});

describe('a batch', () => {
  test('has an answer of its own for each event, whatever its source and id have in them', async () => {
    const world = await startCec();
    const event = { specversion: '1.0', type: 't', data: INPUT };

    const { events } = await ask(
      world,
      batchOf([
        { ...event, source: '/a', id: 'b\nc' },
        { ...event, source: '/a\nb', id: 'c' },
      ]),
    );

    expect(events).toHaveLength(2);
    expect(events[0]?.id).not.toBe(events[1]?.id);
  });

  test('without an event is answered without one, and nothing is asked of anybody', async () => {
    const world = await startCec();
    const { status, text, events } = await ask(world, batchOf([]));
    expect({ status, text, events }).toEqual({ status: 200, text: '[]', events: [] });
    expect(world.secretsManager.requests).toEqual([]);
    expect(world.outcomes).toEqual([]);
  });

  test('is answered side by side as far as the vendor’s rate goes, in its order', async () => {
    const maxConcurrency = 3;
    let begun = 0;
    let answered = 0;
    let most = 0;
    const lookup: Lookup = {
      ...getUserInfoByCallId,
      vendor: { ...getUserInfoByCallId.vendor, maxConcurrency },
      question: (input) => {
        begun += 1;
        return getUserInfoByCallId.question(input as typeof INPUT);
      },
    };
    const simulation = around(huaweiCec, async ({ path }, answer) => {
      if (path !== USER_INFO) return answer();
      // Nobody is answered before three are under way.
      await vi.waitUntil(() => begun >= maxConcurrency);
      most = Math.max(most, begun - answered);
      answered += 1;
      return answer();
    });
    const world = await startCec({ simulation, lookup });
    const ids = Array.from({ length: 20 }, (_, index) => `event-${index}`);

    const { events } = await ask(world, batchOf(ids.map((id) => eventOf(INPUT, { id }))));

    expect(most).toBe(maxConcurrency);
    expect(events.map(({ data }) => data.messageId)).toEqual(ids);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['contact-lookups.lookup.succeeded']));
    expect(new Set(events.map(({ id }) => id)).size).toBe(20);
    expect(world.clock.pending()).toBe(0);
  });
});
