import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EventBus, LOCAL_BUS, startEventBus } from '../../local/event-bus.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const ARN = `arn:aws:events:eu-central-1:123456789012:event-bus/${LOCAL_BUS}`;
const LIMIT = 262_144;

let bus: EventBus;
let client: EventBridgeClient;

beforeEach(async () => {
  bus = await startEventBus({ clock: { now: () => Date.UTC(2026, 0, 2, 3, 4, 5) } });
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', bus.url);
  client = new EventBridgeClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  vi.unstubAllEnvs();
  await bus.close();
});

const entry = (change: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
  EventBusName: LOCAL_BUS,
  Source: 'test',
  DetailType: 'Something Happened',
  Detail: '{"n":1}',
  ...change,
});

const put = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));

const failureOf = (sent: Promise<unknown>) =>
  sent.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('an event', () => {
  it('is kept as it was sent, under the id of the answer', async () => {
    const { Entries = [], FailedEntryCount } = await put(
      entry({ Detail: '{ "name": "小七", "id": 1e400 }', Resources: ['arn:one'] }),
    );

    expect(FailedEntryCount).toBe(0);
    expect(bus.events).toEqual([
      {
        id: Entries[0]?.EventId,
        bus: LOCAL_BUS,
        source: 'test',
        detailType: 'Something Happened',
        detail: { name: '小七', id: Number.POSITIVE_INFINITY },
        detailText: '{ "name": "小七", "id": 1e400 }',
        resources: ['arn:one'],
        time: '2026-01-02T03:04:05.000Z',
        entryBytes: 4 + 18 + Buffer.byteLength('{ "name": "小七", "id": 1e400 }') + 7,
      },
    ]);
    expect(Entries[0]?.EventId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('may bring its own time, which counts as 14 bytes', async () => {
    await put(entry(), entry({ Time: new Date('2020-02-03T04:05:06Z') }));

    expect(bus.events.map(({ time }) => time)).toEqual(['2026-01-02T03:04:05.000Z', '2020-02-03T04:05:06.000Z']);
    expect(Number(bus.events[1]?.entryBytes) - Number(bus.events[0]?.entryBytes)).toBe(14);
  });

  it('finds its bus by name and by ARN', async () => {
    await put(entry(), entry({ EventBusName: ARN }));
    expect(bus.events.map(({ bus: name }) => name)).toEqual([LOCAL_BUS, LOCAL_BUS]);

    const other = await startEventBus({ buses: [ARN.replace(LOCAL_BUS, 'other'), 'default'] });
    vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', other.url);
    const otherClient = new EventBridgeClient({
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    });
    const { EventBusName: _, ...toDefault } = entry();
    await otherClient.send(new PutEventsCommand({ Entries: [entry({ EventBusName: 'other' }), toDefault] }));
    expect(other.events.map(({ bus: name }) => name)).toEqual(['other', 'default']);
    otherClient.destroy();
    await other.close();
  });

  it('for a bus that is not there fails, and says which there are', async () => {
    await expect(put(entry(), entry({ EventBusName: 'unknown' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Event bus unknown does not exist here; there is contact-lookups-local. Rules are not run.',
    });
    const { EventBusName: _, ...toDefault } = entry();
    await expect(put(toDefault)).rejects.toThrow('Event bus default does not exist here');
    expect(bus.events).toEqual([]);
  });

  it('is told to who listens, until they stop', async () => {
    const heard: string[] = [];
    const stop = bus.onEvent(({ detailText }) => heard.push(detailText));
    await put(entry({ Detail: '{"n":1}' }), entry({ Detail: '{"n":2}' }));
    stop();
    await put(entry({ Detail: '{"n":3}' }));

    expect(heard).toEqual(['{"n":1}', '{"n":2}']);
  });
});

describe('an entry that is wrong', () => {
  it.each([
    ['has no Source', { Source: undefined }, 'InvalidArgument', 'Source is a required argument.'],
    ['has no DetailType', { DetailType: undefined }, 'InvalidArgument', 'DetailType is a required argument.'],
    ['has no Detail', { Detail: undefined }, 'InvalidArgument', 'Detail is a required argument.'],
    ['has too long a DetailType', { DetailType: 'x'.repeat(129) }, 'InvalidArgument', '128'],
    ['has text as Detail', { Detail: 'text' }, 'MalformedDetail', 'Detail is malformed.'],
    ['has a list as Detail', { Detail: '[{}]' }, 'MalformedDetail', 'Detail is malformed.'],
    ['has null as Detail', { Detail: 'null' }, 'MalformedDetail', 'Detail is malformed.'],
  ])('because it %s fails by itself', async (_, change, code, message) => {
    const { Entries, FailedEntryCount } = await put(entry(), entry(change as object), entry());

    expect(FailedEntryCount).toBe(1);
    expect(Entries).toEqual([
      { EventId: bus.events[0]?.id },
      { ErrorCode: code, ErrorMessage: expect.stringContaining(message) },
      { EventId: bus.events[1]?.id },
    ]);
  });
});

describe('a request', () => {
  it.each([0, 11])('of %i entries is refused as a whole', async (count) => {
    const refused = await failureOf(put(...Array.from({ length: count }, () => entry())));

    expect(refused).toMatchObject({ name: 'ValidationException', $metadata: { httpStatusCode: 400 } });
    expect(bus.events).toEqual([]);
    expect(bus.requests).toEqual([{ entries: count, bytes: count * 29 }]);
  });

  it('of 10 entries and of as many bytes as may be is taken, of one byte more refused', async () => {
    await put(...Array.from({ length: 10 }, () => entry()));
    const fill = (bytes: number) => entry({ Detail: `{"n":"${'x'.repeat(bytes - 4 - 18 - 8)}"}` });
    await put(fill(LIMIT - 29), entry());
    expect(bus.requests.at(-1)).toEqual({ entries: 2, bytes: LIMIT });
    expect(bus.events).toHaveLength(12);

    for (const entries of [[fill(LIMIT - 28), entry()], [fill(LIMIT + 1)]]) {
      expect(await failureOf(put(...entries))).toMatchObject({
        name: 'ValidationException',
        message: 'Total size of the entries in the request is over the limit.',
      });
    }
    expect(bus.events).toHaveLength(12);
  });

  it('that names no possible bus is refused, and so is one of another action or without JSON', async () => {
    expect(await failureOf(put(entry({ EventBusName: 'no bus' })))).toMatchObject({ name: 'ValidationException' });

    const send = async (target: string, body: string) => {
      const response = await fetch(bus.url, {
        method: 'POST',
        headers: { ...JSON_TYPE, 'x-amz-target': target },
        body,
      });
      return [response.status, ((await response.json()) as { __type: string }).__type];
    };
    expect(await send('AWSEvents.ListRules', '{}')).toEqual([400, 'UnknownOperationException']);
    expect(await send('AmazonSQS.PutEvents', '{}')).toEqual([400, 'UnknownOperationException']);
    expect(await send('AWSEvents.PutEvents', 'text')).toEqual([400, 'SerializationException']);
    expect(await send('AWSEvents.PutEvents', '{"Entries":{}}')).toEqual([400, 'SerializationException']);
  });
});

describe('a fault', () => {
  it('meets as many requests as it is told, with the error it is told', async () => {
    bus.fail({ times: 2, status: 400, type: 'ThrottlingException' });
    bus.fail({ status: 503 });

    expect(await failureOf(put(entry()))).toMatchObject({ name: 'ThrottlingException' });
    expect(await failureOf(put(entry()))).toMatchObject({ name: 'ThrottlingException' });
    expect(await failureOf(put(entry()))).toMatchObject({
      name: 'InternalException',
      $metadata: { httpStatusCode: 503 },
    });
    expect((await put(entry())).FailedEntryCount).toBe(0);
    expect(bus.requests).toHaveLength(4);
  });

  it('meets entries, after as many as it is told, over several requests', async () => {
    bus.fail({ errorCode: 'ThrottlingException', entries: 2, after: 1 });

    const first = await put(entry(), entry());
    const second = await put(entry(), entry());
    expect(first).toMatchObject({ FailedEntryCount: 1, Entries: [{}, { ErrorCode: 'ThrottlingException' }] });
    expect(second).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }, {}] });
    expect(bus.events).toHaveLength(2);
  });

  it('can reset the connection, never answer, and answer late', async () => {
    bus.fail({ reset: true });
    expect(await failureOf(put(entry()))).toMatchObject({ code: 'ECONNRESET' });

    bus.fail({ hang: true });
    const requests = bus.requests.length;
    const controller = new AbortController();
    const aborted = client.send(new PutEventsCommand({ Entries: [entry()] }), { abortSignal: controller.signal });
    await vi.waitFor(() => expect(bus.requests.length).toBeGreaterThan(requests), { interval: 1 });
    controller.abort();
    expect(await failureOf(aborted)).toMatchObject({ name: 'AbortError' });
    expect(bus.events).toHaveLength(0);

    bus.fail({ delayMs: 20 });
    const start = performance.now();
    await put(entry());
    expect(performance.now() - start).toBeGreaterThan(18);
  });
});

describe('the control address', () => {
  const control = async (path: string, init?: RequestInit) =>
    (await fetch(`${bus.url}/__control/${path}`, { headers: JSON_TYPE, ...init })).json();

  it('gives another process the events after those it has', async () => {
    await put(entry({ Detail: '{"n":1}' }), entry({ Detail: '{"n":2}' }));
    expect(await control('events')).toEqual({ next: 2, events: bus.events });

    await put(entry({ Detail: '{"n":3}' }));
    expect(await control('events?after=2')).toMatchObject({ next: 3, events: [{ detail: { n: 3 } }] });
    expect(await control('events?after=3')).toEqual({ next: 3, events: [] });
    expect(await control('requests')).toEqual([
      { entries: 2, bytes: 58 },
      { entries: 1, bytes: 29 },
    ]);
  });

  it('takes faults of requests and of entries, and forgets everything', async () => {
    await control('faults', { method: 'POST', body: '{"errorCode":"InternalFailure"}' });
    await control('faults', { method: 'POST', body: '{"status":500,"times":2}' });

    expect(await failureOf(put(entry()))).toMatchObject({ name: 'InternalException' });
    await control('', { method: 'DELETE' });
    expect((await put(entry())).FailedEntryCount).toBe(0);
    expect([bus.events.length, bus.requests.length]).toEqual([1, 1]);
    expect(await control('nothing')).toEqual({ error: 'no control command GET nothing' });
  });
});
