import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTransport } from '../../../lib/http/transport.ts';
import { createEventBus } from '../../../lib/results/event-bus.ts';
import { startPublisher } from '../../../lib/results/publisher.ts';
import { MAX_ENTRY_BYTES, type ResultEvent, SOURCE, sizeOf } from '../../../lib/results/result.ts';
import type { Clock } from '../../../lib/time/clock.ts';
import type { AwsFault } from '../../../local/aws-json.ts';
import { type EntryFault, LOCAL_BUS, startEventBus } from '../../../local/event-bus.ts';
import { createTestClock } from '../../support/clock.ts';

/** What a request to EventBridge may take. */
const REQUEST_TIMEOUT_MS = 2_000;
/** How often the client sends a request. */
const ATTEMPTS = 3;

/** An event that EventBridge counts as so many bytes. */
function eventOf(name: string, bytes = 200): ResultEvent {
  const event = { source: SOURCE, detailType: 'Lookup Succeeded', detail: JSON.stringify({ name, text: '' }) } as const;
  const text = 'x'.repeat(Math.max(0, bytes - sizeOf(event)));
  return { ...event, detail: JSON.stringify({ name, text }) };
}
const nameOf = ({ detail }: Pick<ResultEvent, 'detail'>) => JSON.parse(detail).name as string;

/** A publisher before a bus at that address. */
function createPublisher(url: string, clock: Clock = createTestClock({ skipWaitsMs: 0 })) {
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', url);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const transport = createTransport(clock);
  const deadline = new AbortController();
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await transport.close();
  });
  const { publish, flush } = startPublisher(createEventBus(LOCAL_BUS, transport, clock), clock, deadline.signal);
  const publishAll = (events: readonly ResultEvent[]) => {
    const codes = events.map(publish);
    flush();
    return Promise.all(codes);
  };
  const publishNow = async (event: ResultEvent) => (await publishAll([event]))[0];
  return { publish, flush, publishAll, publishNow, deadline };
}

async function start() {
  const bus = await startEventBus();
  onTestFinished(() => bus.close());
  const clock = createTestClock({ skipWaitsMs: 0 });
  const published = () => bus.events.map(({ detailText }) => nameOf({ detail: detailText }));
  return { bus, clock, published, ...createPublisher(bus.url, clock) };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `event-${index}`);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate();
}

test('ten results are sent at once, the rest when nothing else comes', async () => {
  const { bus, publishAll, published } = await start();
  const codes = await publishAll(names(25).map((name) => eventOf(name)));
  expect(codes).toEqual(Array(25).fill(undefined));
  expect(published().sort()).toEqual(names(25).sort());
  expect(bus.requests.map(({ entries }) => entries).sort()).toEqual([10, 10, 5]);
});

test('a result waits for others to go with, for 50 ms at most', async () => {
  const { bus, clock, publish, published } = await start();
  const first = publish(eventOf('first'));
  clock.advance(49);
  const others = names(5).map((name) => publish(eventOf(name)));
  await setImmediate();
  expect(bus.requests).toEqual([]);
  clock.advance(1);
  await Promise.all([first, ...others]);
  expect(bus.requests.map(({ entries }) => entries)).toEqual([6]);
  expect(published()).toEqual(['first', ...names(5)]);
  expect(clock.pending()).toBe(0);
});

test('the largest events of all go one by one', async () => {
  const { bus, publishAll } = await start();
  const codes = await publishAll(names(3).map((name) => eventOf(name, MAX_ENTRY_BYTES)));
  expect(codes).toEqual([undefined, undefined, undefined]);
  expect(bus.requests.map(({ entries }) => entries)).toEqual([1, 1, 1]);
});

test('a request is filled to the last byte, and not beyond', async () => {
  const { bus, publishAll } = await start();
  await publishAll([eventOf('one', MAX_ENTRY_BYTES / 2), eventOf('two', MAX_ENTRY_BYTES / 2)]);
  expect(bus.requests.map(({ entries }) => entries)).toEqual([2]);
  await publishAll([eventOf('three', MAX_ENTRY_BYTES / 2), eventOf('four', MAX_ENTRY_BYTES / 2 + 1)]);
  expect(bus.requests.map(({ entries }) => entries)).toEqual([2, 1, 1]);
});

test('of a request, each caller is told of its own entry', async () => {
  const { bus, publishAll, published } = await start();
  bus.fail({ errorCode: 'InternalFailure', after: 1 });
  bus.fail({ errorCode: 'ThrottlingException', after: 1 });
  const codes = await publishAll(names(5).map((name) => eventOf(name)));
  expect(codes).toEqual([undefined, 'InternalFailure', undefined, 'ThrottlingException', undefined]);
  expect(published()).toEqual(['event-0', 'event-2', 'event-4']);
});

test('a bus that refuses everything is asked once, and each caller is told', async () => {
  const { bus, publishAll } = await start();
  bus.fail({ times: 9, status: 400, type: 'AccessDeniedException' });
  const codes = await publishAll(names(3).map((name) => eventOf(name)));
  expect(codes).toEqual(Array(3).fill('AccessDeniedException'));
  expect(bus.requests).toHaveLength(1);
});

test('a bus that is broken is asked three times, and what comes afterwards is still put', async () => {
  const { bus, publishNow, published } = await start();
  bus.fail({ times: ATTEMPTS });
  expect(await publishNow(eventOf('first'))).toBe('InternalException');
  expect(await publishNow(eventOf('second'))).toBeUndefined();
  expect(bus.requests).toHaveLength(ATTEMPTS + 1);
  expect(published()).toEqual(['second']);
});

test('at the deadline, whatever is not on the bus is given up at once, and so is all that comes later', async () => {
  const { bus, publishNow, published, deadline } = await start();
  bus.fail({ hang: true, times: 9 });
  const first = publishNow(eventOf('first'));
  await until(() => bus.requests.length > 0);
  const second = publishNow(eventOf('second'));
  deadline.abort(new Error('The time is over.'));
  expect([await first, await second, await publishNow(eventOf('third'))]).not.toContain(undefined);
  expect(published()).toEqual([]);
});

test('at the deadline, a wait before the next attempt is given up too', async () => {
  const { bus, publishNow, deadline } = await start();
  bus.fail({ times: 9, status: 400, type: 'ThrottlingException' });
  const first = publishNow(eventOf('first'));
  await until(() => bus.requests.length > 0);
  deadline.abort(new Error('The time is over.'));
  expect(await first).toEqual(expect.any(String));
  expect(bus.requests).toHaveLength(1);
});

test.each([
  ['names no entries', '{}'],
  ['names fewer entries than were sent', '{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}'],
  ['gives an entry neither id nor code', '{"Entries":[{"EventId":"1"},{}]}'],
])('where the answer %s, an event counts as not taken', async (_what, body) => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { publishAll } = createPublisher(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [, second] = await publishAll(names(2).map((name) => eventOf(name)));
  expect(second).toBe('unknown');
});

interface Wave {
  /** Bytes of each event. */
  readonly sizes: readonly number[];
  readonly faults: readonly (AwsFault | EntryFault)[];
  /** Whether the first request is never answered. */
  readonly hangs: boolean;
}

const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 150, max: 2_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 2_000, max: 90_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(MAX_ENTRY_BYTES / 2, MAX_ENTRY_BYTES - 1, MAX_ENTRY_BYTES) },
);
const times = fc.integer({ min: 1, max: ATTEMPTS });
const fault: fc.Arbitrary<AwsFault | EntryFault> = fc.oneof(
  fc.record({
    errorCode: fc.constantFrom('InternalFailure', 'ThrottlingException', 'NotAuthorizedForSourceException'),
    entries: fc.integer({ min: 1, max: 12 }),
    after: fc.integer({ min: 0, max: 12 }),
  }),
  fc.record({ times }),
  fc.record({ times, reset: fc.constant(true) }),
  fc.record({ times, status: fc.constant(400), type: fc.constant('AccessDeniedException') }),
  // The client waits longest after these.
  fc.constant({ times: 1, status: 400, type: 'ThrottlingException' }),
);
const faults = fc.array(fault, { maxLength: 2 });
const wave: fc.Arbitrary<Wave> = fc.oneof(
  fc.record({ sizes: fc.array(size, { minLength: 1, maxLength: 30 }), faults, hangs: fc.constant(false) }),
  // They fit into one request: to turn the clock would end others that are on their way.
  fc.record({
    sizes: fc.array(fc.integer({ min: 150, max: 20_000 }), { minLength: 1, maxLength: 10 }),
    faults,
    hangs: fc.constant(true),
  }),
);

test('whatever the bus does, every event is put once at most, and its caller is told whether it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(wave, { minLength: 1, maxLength: 3 }), fc.boolean(), async (waves, isCutShort) => {
      const { bus, clock, publish, flush, deadline } = await start();
      const put: string[] = [];
      bus.onEvent(({ detailText }) => put.push(nameOf({ detail: detailText })));
      const told = new Map<string, string | undefined>();
      for (const [place, { sizes, faults, hangs }] of waves.entries()) {
        bus.reset();
        if (hangs) bus.fail({ hang: true });
        for (const each of faults) bus.fail(each);
        let settled = false;
        const all = Promise.all(
          sizes.map(async (bytes, index) => {
            const name = `${place}/${index}`;
            told.set(name, await publish(eventOf(name, bytes)));
          }),
        ).finally(() => {
          settled = true;
        });
        flush();
        await until(() => settled || bus.requests.length > 0);
        if (isCutShort && place === waves.length - 1) deadline.abort(new Error('The time is over.'));
        else if (hangs) clock.advance(REQUEST_TIMEOUT_MS);
        await all;
        for (const { entries, bytes } of bus.requests) {
          expect(entries).toBeLessThanOrEqual(10);
          expect(bytes).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
        }
      }
      expect(told.size).toBe(waves.reduce((sum, { sizes }) => sum + sizes.length, 0));
      expect(new Set(put).size).toBe(put.length);
      const taken = [...told].filter(([, code]) => code === undefined).map(([name]) => name);
      if (isCutShort) expect(put).toEqual(expect.arrayContaining(taken));
      else expect(taken.sort()).toEqual(put.sort());
      await until(() => clock.pending() === 0);
    }),
    { numRuns: 25 },
  );
});
