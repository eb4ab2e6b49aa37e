import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Poll } from '../../../local/queue/event-source.ts';
import type { Answer, Fault, ReceivedRequest } from '../../../local/simulators/server.ts';
import { TOKEN, USER_INFO } from '../../functions/huawei-cec/support.ts';
import { around, bodyOf, requestsTo, silence } from '../../functions/huawei-common/support.ts';
import { cecSecret } from '../../support/accounts.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';
import { cecWithChats, inputOf, QUEUE, type QueueWorld, startQueueWorld } from '../../support/queue.ts';
import { FUNCTION_TIMEOUT_MS } from '../../support/world.ts';

const MESSAGES = 100;
const BATCH = 10;
const MAX_RECEIVES = 20;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** For how long Lambda gathers a batch, so that one has more than a single message. */
const WINDOW_MS = 5_000;

/**
 * Tries of one message in any minute: they come at least 1, 2, 4, 8, 16 and 32 s after one another, which is more than a
 * minute from the first to the seventh.
 */
const TRIES_IN_A_MINUTE = 6;
/** The shortest of the longest waits: half of a quarter of an hour. */
const LONGEST_LEAST_WAIT_S = 450;

/** Chance that is the same with each run: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function createChance(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The most of these times that any span has. */
function mostWithin(times: readonly number[], spanMs: number): number {
  let most = 0;
  let first = 0;
  times.forEach((at, index) => {
    while ((times[first] ?? at) <= at - spanMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}

/** Polls, as Lambda does, until the queue is empty or the time is there. */
async function pollUntil(world: QueueWorld, clock: TestClock, endsAt: number, poll = pollOnce): Promise<void> {
  for (;;) {
    const { delivered, failure } = await poll(world, clock);
    expect(failure).toBeUndefined();
    if (delivered.length > 0) continue;
    const next = world.sqs.queues.nextVisibleAt(QUEUE);
    if (next === undefined || next > endsAt) return;
    clock.advance(next + WINDOW_MS - clock.now());
  }
}

const pollOnce = (world: QueueWorld, _clock: TestClock) => world.poll({ batchSize: BATCH });

/** A batch of which nothing is answered: its time passes as soon as the vendor has all of it. */
async function pollHanging(world: QueueWorld, clock: TestClock): Promise<Poll> {
  const expected = requestsTo(world, USER_INFO).length + Math.min(BATCH, world.sqs.queues.counts(QUEUE).visible);
  const polled = world.poll({ batchSize: BATCH });
  await vi.waitFor(() => expect(requestsTo(world, USER_INFO).length).toBe(expected), { interval: 1 });
  clock.advance(FUNCTION_TIMEOUT_MS - 2_000);
  return polled;
}

/** Every request is answered, and none is in the dead-letter queue. */
function expectAllAnswered({ bus, sqs, clock }: QueueWorld, ids: readonly string[]): void {
  expect(new Set(bus.events.map(({ detail }) => detail['messageId']))).toEqual(new Set(ids));
  expect(bus.events).toHaveLength(ids.length);
  expect(new Set(bus.events.map(({ detailType }) => detailType))).toEqual(new Set(['Lookup Succeeded']));
  expect(sqs.queues.counts(QUEUE)).toEqual({ visible: 0, inFlight: 0, delayed: 0, dead: 0 });
  expect(clock.pending()).toBe(0);
}

/**
 * @param each requests of one delivery, at most
 * @param leastS what the vendor asked for, in seconds
 */
function expectNoStorm(requests: readonly ReceivedRequest[], each: number, leastS: number): void {
  const times = requests.map(({ at }) => at);
  expect(times.length).toBeLessThanOrEqual(MESSAGES * MAX_RECEIVES * each);
  expect(mostWithin(times, MINUTE_MS)).toBeLessThanOrEqual(MESSAGES * TRIES_IN_A_MINUTE * each);
  const byMessage = Map.groupBy(requests, (request) => (bodyOf(request) as { callId: string }).callId);
  expect(byMessage.size).toBe(MESSAGES);
  for (const ofOne of byMessage.values()) {
    // What is sent again at once is sent by the same clock.
    const tries = [...new Set(ofOne.map(({ at }) => at))];
    expect(ofOne.length).toBeLessThanOrEqual(tries.length * each);
    tries.slice(1).forEach((at, index) => {
      const leastMs = Math.max(leastS, Math.min(LONGEST_LEAST_WAIT_S, 2 ** index)) * 1_000;
      expect(at - (tries[index] ?? at)).toBeGreaterThanOrEqual(leastMs);
    });
  }
}

const sendAll = (world: QueueWorld) =>
  Array.from({ length: MESSAGES }, (_, index) => world.send({ input: inputOf(index) }));

/**
 * What the dead vendor does with a request for a lookup, how many such requests one delivery may make of it, and for how
 * many seconds it asks.
 */
const DEATHS: readonly [string, Fault | 'silence', number, number][] = [
  // A kept connection that is reset may have been idle, and is tried once more at once.
  ['resets connections', { reset: true }, 2, 0],
  ['answers 503', { status: 503, body: '{}' }, 1, 0],
  ['answers 429 with Retry-After', { status: 429, headers: { 'retry-after': '300' }, body: '{}' }, 1, 300],
  ['does not answer', 'silence', 1, 0],
];

describe('a vendor that is dead for an hour, and then alive', () => {
  it.each(DEATHS)(
    'has answered every message in the end, and saw no storm: it %s',
    async (_, death, each, leastS) => {
      const clock = createTestClock({ skipWaitsMs: 0 });
      let dead = true;
      const simulation = around(cecWithChats, (request, answer): Answer | Promise<Answer> =>
        dead && death === 'silence' && request.path === USER_INFO ? silence() : answer(),
      );
      const world = await startQueueWorld({ simulation, clock, random: createChance() });
      if (death !== 'silence') world.vendor.fail({ path: USER_INFO, times: 1_000_000, ...death });
      const ids = sendAll(world);
      const startedAt = clock.now();

      await pollUntil(world, clock, startedAt + HOUR_MS, death === 'silence' ? pollHanging : pollOnce);
      expect(world.bus.events).toEqual([]);
      const requests = requestsTo(world, USER_INFO);
      expect(requests.length).toBeGreaterThanOrEqual(MESSAGES * 5);
      expectNoStorm(requests, each, leastS);

      dead = false;
      world.vendor.reset();
      clock.advance(startedAt + HOUR_MS - clock.now());
      await pollUntil(world, clock, Number.POSITIVE_INFINITY);
      expectAllAnswered(world, ids);
      expect(requestsTo(world, USER_INFO)).toHaveLength(MESSAGES);
    },
    60_000,
  );

  it('has answered every message in the end: no connection is taken', async () => {
    const clock = createTestClock();
    const gate = await startGate();
    const world = await startQueueWorld({
      simulation: cecWithChats,
      clock,
      random: createChance(),
      secret: () => cecSecret(gate.url),
    });
    gate.target = world.vendor.url;
    const ids = sendAll(world);
    const startedAt = clock.now();
    await gate.shut();

    await pollUntil(world, clock, startedAt + HOUR_MS);
    expect(world.vendor.requests).toEqual([]);
    expect(world.bus.events).toEqual([]);

    await gate.open();
    clock.advance(startedAt + HOUR_MS - clock.now());
    await pollUntil(world, clock, Number.POSITIVE_INFINITY);
    expectAllAnswered(world, ids);
  });

  it('has answered every message in the end, and saw no storm: its token endpoint answers 503', async () => {
    const clock = createTestClock();
    const world = await startQueueWorld({ clock, random: createChance() });
    world.vendor.fail({ path: TOKEN, times: 1_000_000, status: 503, body: '{}' });
    const ids = sendAll(world);
    const startedAt = clock.now();

    await pollUntil(world, clock, startedAt + HOUR_MS);
    expect(requestsTo(world, USER_INFO)).toEqual([]);
    const mints = requestsTo(world, TOKEN).map(({ at }) => at);
    // All messages together wait for the pause after a failed mint, which grows to between 15 and 30 s
    // (lib/credentials/pause.ts). A mint has three attempts: those of the first minute begin at least 0.5, 1, 2, 4, 8 and
    // 15 s after one another, later ones at least 15 s, of which a minute holds five.
    expect(mints.length).toBeGreaterThan(60);
    expect(mostWithin(mints, MINUTE_MS)).toBeLessThanOrEqual(3 * 8);
    expect(mints.length).toBeLessThanOrEqual(3 * (HOUR_MS / 15_000 + 6));

    world.vendor.reset();
    clock.advance(startedAt + HOUR_MS - clock.now());
    await pollUntil(world, clock, Number.POSITIVE_INFINITY);
    expectAllAnswered(world, ids);
    expect(requestsTo(world, USER_INFO)).toHaveLength(MESSAGES);
  });
});

/** An address that can be shut, and then refuses connections; open, it passes them on. */
async function startGate() {
  const gate = { target: '', url: '', open: () => listen(port), shut };
  const server = createServer((socket) => {
    const onward = connect(Number(new URL(gate.target).port), '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => end.destroy());
  });
  const listen = (at: number) => new Promise<void>((resolve) => void server.listen(at, '127.0.0.1', resolve));
  function shut(): Promise<void> {
    return new Promise((resolve) => void server.close(() => resolve()));
  }
  onTestFinished(() => void server.close());
  await listen(0);
  const { port } = server.address() as AddressInfo;
  gate.url = `http://127.0.0.1:${port}`;
  return gate;
}
