import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createEventSource } from '../../../local/queue/event-source.ts';
import { USER_INFO } from '../../functions/huawei-cec/support.ts';
import { around, bodyOf, requestsTo, silence } from '../../functions/huawei-common/support.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';
import { resultsOn } from '../../support/messages.ts';
import { cecWithChats, inputOf, QUEUE, type QueueWorld, startQueueWorld, whileTurning } from '../../support/queue.ts';

const DOWN = { path: USER_INFO, status: 503, body: '{}' };

/** What the queue was told of a message that was received as often. */
async function delayAfter(world: QueueWorld, receives: number): Promise<number | undefined> {
  for (let count = 0; count < receives; count += 1) {
    const next = world.sqs.queues.nextVisibleAt(QUEUE);
    if (next !== undefined) world.clock.advance(next - world.clock.now());
    await world.poll();
  }
  return world.told.at(-1)?.seconds;
}

/** One batch, its records changed on their way. */
async function deliverWith(world: QueueWorld, change: (record: SQSRecord, index: number) => SQSRecord) {
  let answer: unknown;
  const deliver = async (event: unknown) => {
    answer = await world.deliver({ Records: (event as SQSEvent).Records.map(change) }, { remainingMs: 15_000 });
    return answer;
  };
  await createEventSource({ queues: world.sqs.queues, queue: QUEUE, deliver, batchSize: 20 }).poll();
  return answer;
}

describe('a message that is worth another try', () => {
  it.each([
    ['least', 0, [1, 2, 4, 8, 16, 32, 64, 128, 256, 450, 450]],
    ['most', 1 - Number.EPSILON, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]],
  ])('goes back for a wait that doubles up to a quarter of an hour: the %s', async (_, chance, waits) => {
    const world = await startQueueWorld({ random: () => chance });
    world.vendor.fail({ ...DOWN, times: waits.length });
    world.send({ input: inputOf(1) });

    await delayAfter(world, waits.length);

    expect(world.told.map(({ seconds }) => seconds)).toEqual(waits);
    expect(world.batches.at(-1)).toMatchObject({ returned: 1, problems: { 'vendor-unavailable': 1 } });
    await world.drain();
    expect(resultsOn(world.bus).map(({ type }) => type)).toEqual(['Lookup Succeeded']);
  });

  it.each([
    [429, 'vendor-rate-limited', '120', 1, 120],
    [503, 'vendor-unavailable', '120', 1, 120],
    [429, 'vendor-rate-limited', '1', 5, 24],
    [503, 'vendor-unavailable', '86400', 1, 3_600],
  ])(
    'goes back for as long as the vendor asks, if that is longer: %i %s, Retry-After %s, receive %i',
    async (status, code, retryAfter, receives, seconds) => {
      const world = await startQueueWorld();
      world.vendor.fail({ ...DOWN, status, headers: { 'retry-after': retryAfter }, times: receives });
      world.send({ input: inputOf(1) });

      expect(await delayAfter(world, receives)).toBe(seconds);
      expect(world.batches.at(-1)?.problems).toEqual({ [code]: 1 });
    },
  );

  it('keeps no other message from being begun', async () => {
    const world = await startQueueWorld();
    world.vendor.fail({ ...DOWN, times: 10 });
    for (let index = 0; index < 25; index += 1) world.send({ input: inputOf(index) });

    const { deleted } = await world.poll({ batchSize: 25 });

    expect(deleted).toHaveLength(15);
    expect(world.batches).toMatchObject([{ published: 15, returned: 10, notBegun: 0 }]);
  });

  it('is the one that goes back, in whatever order the batch was answered', async () => {
    const simulation = around(cecWithChats, (request, answer) =>
      request.path === USER_INFO && (bodyOf(request) as { callId: string }).callId === 'call-0'
        ? { status: 503, body: '{}' }
        : answer(),
    );
    const world = await startQueueWorld({ simulation, random: () => 0 });
    const ids = [0, 1, 2, 3].map((index) => world.send({ input: inputOf(index) }));

    // The later ones were received more often, and go first.
    const answer = await deliverWith(world, (record, index) => ({
      ...record,
      attributes: { ...record.attributes, ApproximateReceiveCount: String(index + 1) },
    }));

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: ids[0] }] });
    expect(world.told).toEqual([{ id: ids[0], seconds: 1 }]);
  });

  it('counts as received once and has no age, where the queue does not say', async () => {
    const world = await startQueueWorld();
    world.vendor.fail(DOWN);
    const id = world.send({ input: inputOf(1) });

    await deliverWith(world, ({ attributes: _unsaid, ...record }) => ({ ...record, attributes: {} as never }));

    expect(world.told).toEqual([{ id, seconds: 2 }]);
    expect(world.batches).toMatchObject([{ returned: 1 }]);
    expect(world.batches[0]).not.toHaveProperty('returnedAgeMs');
  });

  it('is told of with its age, of several the oldest', async () => {
    const world = await startQueueWorld();
    world.vendor.fail({ ...DOWN, times: 9 });
    world.send({ input: inputOf(1) });
    world.clock.advance(600_000);
    world.send({ input: inputOf(2) });
    const sent = world.clock.now();

    await world.poll();

    const waited = world.clock.now() - sent;
    expect(world.batches).toMatchObject([{ returned: 2, returnedAgeMs: 600_000 + waited }]);
  });

  it('goes to the dead-letter queue when it was received twenty times', async () => {
    const world = await startQueueWorld();
    world.vendor.fail({ ...DOWN, times: 99 });
    world.send({ input: inputOf(1) });

    await world.drain();

    expect(requestsTo(world, USER_INFO)).toHaveLength(20);
    expect(world.sqs.queues.counts(QUEUE)).toEqual({ visible: 0, inFlight: 0, delayed: 0, dead: 1 });
    expect(world.bus.events).toEqual([]);
  });
});

describe('a batch whose time runs out', () => {
  async function startHanging() {
    const asked: number[] = [];
    const simulation = around(cecWithChats, (request, answer) => {
      if (request.path !== USER_INFO) return answer();
      asked.push(request.at);
      // The first ten take all the time.
      return asked.length <= 10 ? silence() : answer();
    });
    const clock = createTestClock({ skipWaitsMs: 0 });
    const world = await startQueueWorld({ simulation, clock });
    const ids = Array.from({ length: 25 }, (_, index) => world.send({ input: inputOf(index) }));
    return { world, clock, ids };
  }

  it('hands back what was under way with a wait, and what was not begun at once', async () => {
    const { world, clock, ids } = await startHanging();
    const startedAt = clock.now();

    const { deleted, failure } = await whileTurning(clock, world.poll({ batchSize: 25 }));

    expect(failure).toBeUndefined();
    expect(deleted).toEqual([]);
    expect(clock.now() - startedAt).toBeLessThan(15_000);
    expect(requestsTo(world, USER_INFO)).toHaveLength(10);
    expect(world.batches).toMatchObject([
      { messages: 25, returned: 25, notBegun: 15, problems: { 'vendor-timeout': 10 }, visibilityFailures: {} },
    ]);
    const delays = ids.map((id) => world.told.find((each) => each.id === id)?.seconds);
    expect(delays.toSorted()).toEqual([...Array(15).fill(0), ...Array(10).fill(2)]);
    expect(clock.pending()).toBe(0);

    await whileTurning(clock, world.drain({ batchSize: 25 }));
    expect(new Set(resultsOn(world.bus).map(({ detail }) => detail['messageId']))).toEqual(new Set(ids));
    expect(world.bus.events).toHaveLength(25);
  });

  it('begins nothing that it could not end', async () => {
    const { world } = await startHanging();

    await world.poll({ batchSize: 25, remainingMs: 4_999 });

    expect(world.vendor.requests).toEqual([]);
    expect(world.batches).toMatchObject([{ returned: 25, notBegun: 25 }]);
    expect(world.told.map(({ seconds }) => seconds)).toEqual(Array(25).fill(0));
  });

  /** Twenty messages, every other one of which was received so often before. */
  async function deliverWithReceives(world: QueueWorld, clock: TestClock, receives: number): Promise<void> {
    const change = (record: SQSRecord, index: number) => {
      const attributes = { ...record.attributes, ApproximateReceiveCount: String(index % 2 === 0 ? 1 : receives) };
      return { ...record, attributes };
    };
    await whileTurning(clock, deliverWith(world, change));
  }

  it('begins with those that were received most often and with others by turns', async () => {
    const { world, clock } = await startHanging();

    await deliverWithReceives(world, clock, 19);

    const asked = requestsTo(world, USER_INFO).map((request) => (bodyOf(request) as { callId: string }).callId);
    expect(asked.sort()).toEqual([1, 3, 5, 7, 9, 10, 12, 14, 16, 18].map((index) => `call-${index}`).sort());
  });

  it('is not kept from its other answers by messages that take all the time each time', async () => {
    const clock = createTestClock({ skipWaitsMs: 0 });
    const simulation = around(cecWithChats, (request, answer) => {
      if (request.path !== USER_INFO) return answer();
      const { callId } = bodyOf(request) as { callId: string };
      return Number(callId.slice(5)) % 2 === 0 ? answer() : silence();
    });
    const world = await startQueueWorld({ simulation, clock });
    for (let index = 0; index < 20; index += 1) world.send({ input: inputOf(index) });

    await deliverWithReceives(world, clock, 5);

    expect(world.batches).toMatchObject([{ published: 10, returned: 10, problems: { 'vendor-timeout': 10 } }]);
  });

  it('does not wear out in minutes the receives of a message that never gets its turn', async () => {
    const { world, clock } = await startHanging();
    const startedAt = clock.now();

    for (let receive = 1; receive <= 19; receive += 1) {
      await world.poll({ batchSize: 25, remainingMs: 4_000 });
      const next = world.sqs.queues.nextVisibleAt(QUEUE);
      clock.advance(Math.max(0, (next ?? 0) - clock.now()) + 900_000);
    }

    expect(world.told.slice(0, 25).every(({ seconds }) => seconds === 0)).toBe(true);
    const waits = world.told.filter((_, index) => index % 25 === 0).map(({ seconds }) => seconds);
    expect(waits.reduce((sum, seconds) => sum + seconds)).toBeGreaterThan(3_600);
    expect(clock.now()).toBeGreaterThan(startedAt);
  });
});

describe('a queue that cannot be told', () => {
  it.each([
    ['fails', { times: 9 }, { InternalFailure: 1 }],
    ['resets the connection', { reset: true, times: 9 }, { ECONNRESET: 1 }],
    ['refuses the role', { status: 403, type: 'AccessDeniedException', times: 9 }, { AccessDeniedException: 1 }],
  ])('has the message at its own time, and the log says so: it %s', async (_, fault, visibilityFailures) => {
    const world = await startQueueWorld();
    world.vendor.fail(DOWN);
    world.sqs.fail(fault);
    world.send({ input: inputOf(1) });

    const { deleted, failure } = await world.poll();

    expect({ deleted, failure }).toEqual({ deleted: [], failure: undefined });
    expect(world.batches).toMatchObject([{ returned: 1, visibilityFailures }]);
    expect(world.sqs.queues.nextVisibleAt(QUEUE)).toBe(world.clock.now() + 90_000);
    await world.drain();
    expect(resultsOn(world.bus).map(({ type }) => type)).toEqual(['Lookup Succeeded']);
  });

  it('and does not answer at all keeps nobody waiting until the function’s time is over', async () => {
    const clock = createTestClock({ skipWaitsMs: 0 });
    const world = await startQueueWorld({
      simulation: around(cecWithChats, (request, answer) => (request.path === USER_INFO ? silence() : answer())),
      clock,
    });
    world.sqs.fail({ hang: true, times: 9 });
    world.send({ input: inputOf(1) });
    const startedAt = clock.now();

    const { failure } = await whileTurning(clock, world.poll());

    expect(failure).toBeUndefined();
    expect(world.sqs.requests).toHaveLength(1);
    expect(clock.now() - startedAt).toBeLessThan(15_000);
    expect(world.batches).toMatchObject([{ returned: 1, visibilityFailures: { AbortError: 1 } }]);
    expect(clock.pending()).toBe(0);
  });
});
