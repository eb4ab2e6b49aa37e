import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { createEventSource } from '../../../local/queue/event-source.ts';
import type { ReceivedRequest } from '../../../local/simulators/server.ts';
import { USER_INFO } from '../../functions/huawei-cec/support.ts';
import { around, bodyOf, requestsTo, silence } from '../../functions/huawei-common/support.ts';
import { createTestClock } from '../../support/clock.ts';
import {
  cecWithChats,
  FIFO_QUEUE,
  inputOf,
  type QueueWorld,
  startQueueWorld,
  whileTurning,
} from '../../support/queue.ts';

const queue = FIFO_QUEUE;

/** Sends one message for each letter, the group's name; its input is by its place. */
function sendGroups(world: QueueWorld, groups: string): string[] {
  return [...groups].map((groupId, index) => world.send({ input: inputOf(index) }, { queue, groupId }));
}

/** Places of the messages that the bus has results of, in the bus's order. */
const publishedOf = ({ bus }: QueueWorld, ids: readonly string[]) =>
  bus.events.map(({ detail }) => ids.indexOf(String(detail['messageId'])));

const askedOf = (world: QueueWorld) => requestsTo(world, USER_INFO).map(placeOf);

const placeOf = (request: ReceivedRequest) => Number((bodyOf(request) as { callId: string }).callId.slice(5));

/** A vendor with which the messages of these places fail, each as often. */
function failing(places: Readonly<Record<number, number>>) {
  const left = { ...places };
  return around(cecWithChats, (request, answer) => {
    if (request.path !== USER_INFO) return answer();
    const place = placeOf(request);
    const times = left[place] ?? 0;
    if (times === 0) return answer();
    left[place] = times - 1;
    return { status: 503, body: '{}' };
  });
}

describe('a group of a FIFO queue', () => {
  it('loses none but the message that fails for good, where it is delivered one by one as it is wired', async () => {
    const world = await startQueueWorld({ simulation: failing({ 0: 99 }) });
    const ids = sendGroups(world, 'aaaaaaaaaa');

    await world.drain({ queue, batchSize: 1 });

    expect(publishedOf(world, ids)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(world.sqs.queues.counts(queue)).toMatchObject({ visible: 0, inFlight: 0, dead: 1 });
  });

  it('is answered in its order, and its results are on the bus in that order', async () => {
    // Each earlier message of a group takes the vendor longer than all later ones.
    let release = () => {};
    const simulation = around(cecWithChats, async (request, answer) => {
      if (request.path === USER_INFO && placeOf(request) === 0) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return answer();
    });
    const world = await startQueueWorld({ simulation });
    const ids = sendGroups(world, 'abababcccc');

    const polled = world.poll({ queue });
    // All other groups are through while the first message of its group is still under way.
    await vi.waitFor(() => expect(world.bus.events).toHaveLength(7));
    expect(askedOf(world).filter((place) => [0, 2, 4].includes(place))).toEqual([0]);
    release();

    expect((await polled).deleted).toHaveLength(10);
    const order = publishedOf(world, ids);
    for (const group of ['a', 'b', 'c']) {
      const places = [...'abababcccc'].flatMap((each, place) => (each === group ? [place] : []));
      expect(order.filter((place) => places.includes(place))).toEqual(places);
    }
  });

  it('keeps nobody waiting but its own, be there more of it than are answered at the same time', async () => {
    let release = () => {};
    const simulation = around(cecWithChats, async (request, answer) => {
      if (request.path === USER_INFO && placeOf(request) === 0) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return answer();
    });
    const vendor = { ...getUserInfoByCallId.vendor, maxConcurrency: 2 };
    const world = await startQueueWorld({ simulation, lookup: { ...getUserInfoByCallId, vendor } as never });
    const ids = sendGroups(world, 'aaaabb');

    const polled = world.poll({ queue });
    await vi.waitFor(() => expect(publishedOf(world, ids)).toEqual([4, 5]));
    release();

    expect((await polled).deleted).toHaveLength(6);
    expect(publishedOf(world, ids)).toEqual([4, 5, 0, 1, 2, 3]);
  });

  it('keeps its order also where a result is slow to be published', async () => {
    const world = await startQueueWorld();
    world.bus.fail({ delayMs: 50 });
    const ids = sendGroups(world, 'aaa');

    await world.poll({ queue });

    expect(publishedOf(world, ids)).toEqual([0, 1, 2]);
  });

  it('keeps its order also where a later message was received more often', async () => {
    const world = await startQueueWorld();
    const ids = sendGroups(world, 'aaa');
    const deliver = (event: unknown) => {
      const records = (event as SQSEvent).Records.map((record, index) => ({
        ...record,
        attributes: { ...record.attributes, ApproximateReceiveCount: String(index + 1) },
      }));
      return world.deliver({ Records: records });
    };

    await createEventSource({ queues: world.sqs.queues, queue, deliver, batchSize: 10 }).poll();

    expect(publishedOf(world, ids)).toEqual([0, 1, 2]);
  });

  it('goes back from its first failure on, together, while others go on', async () => {
    const world = await startQueueWorld({ simulation: failing({ 2: 1 }) });
    const ids = sendGroups(world, 'aaaaabbb');

    const { deleted } = await world.poll({ queue });

    expect(askedOf(world).sort()).toEqual([0, 1, 2, 5, 6, 7]);
    expect(deleted).toEqual([0, 1, 5, 6, 7].map((place) => ids[place]));
    expect(world.told).toEqual([2, 3, 4].map((place) => ({ id: ids[place], seconds: 2 })));
    expect(world.batches).toMatchObject([{ returned: 3, notBegun: 2, problems: { 'vendor-unavailable': 1 } }]);

    await world.drain({ queue });
    expect(publishedOf(world, ids).filter((place) => place < 5)).toEqual([0, 1, 2, 3, 4]);
  });

  it('is not held up by a failure that no other try would mend', async () => {
    const world = await startQueueWorld();
    const ids = [
      world.send({ input: inputOf(0) }, { queue }),
      world.send('{', { queue }),
      world.send({ input: inputOf(2) }, { queue }),
    ];

    const { deleted } = await world.poll({ queue });

    expect(deleted).toEqual(ids);
    expect(publishedOf(world, ids)).toEqual([0, 1, 2]);
  });

  it('goes back from the first result on that the bus did not take', async () => {
    const world = await startQueueWorld();
    world.bus.fail({ errorCode: 'ThrottlingException', after: 1 });
    const ids = sendGroups(world, 'aaa');

    const { deleted } = await world.poll({ queue });

    expect(deleted).toEqual([ids[0]]);
    expect(askedOf(world)).toEqual([0, 1]);
    await world.drain({ queue });
    expect(publishedOf(world, ids)).toEqual([0, 1, 2]);
  });

  it('waits as long as the vendor asks for its first failure', async () => {
    const world = await startQueueWorld();
    world.vendor.fail({ path: USER_INFO, status: 429, headers: { 'retry-after': '77' }, body: '{}' });
    sendGroups(world, 'aab');

    await world.poll({ queue });

    // Which of the two groups meets the fault is chance.
    expect(new Set(world.told.map(({ seconds }) => seconds))).toEqual(new Set([77]));
    expect([1, 2]).toContain(world.told.length);
  });

  it('is never out of order, whatever fails how often', async () => {
    const world = await startQueueWorld({ simulation: failing({ 0: 2, 3: 1, 4: 3, 7: 1, 9: 4, 11: 1 }) });
    const groups = 'abbabcabcabcab';
    const ids = sendGroups(world, groups);

    await world.drain({ queue, batchSize: 5 });

    const order = publishedOf(world, ids);
    for (const group of ['a', 'b', 'c']) {
      const places = [...groups].flatMap((each, place) => (each === group ? [place] : []));
      expect(order.filter((place) => places.includes(place))).toEqual(places);
    }
    expect(order).toHaveLength(groups.length);
  });

  it('goes back whole where its first message takes all the time', async () => {
    let hangs = true;
    const clock = createTestClock({ skipWaitsMs: 0 });
    const simulation = around(cecWithChats, (request, answer) =>
      hangs && request.path === USER_INFO ? silence() : answer(),
    );
    const world = await startQueueWorld({ simulation, clock });
    const ids = sendGroups(world, 'aaab');

    const { deleted } = await whileTurning(clock, world.poll({ queue }));

    expect(deleted).toEqual([]);
    expect(askedOf(world).sort()).toEqual([0, 3]);
    expect(world.told).toEqual(ids.map((id) => ({ id, seconds: 2 })));
    hangs = false;
    await whileTurning(clock, world.drain({ queue }));
    expect(publishedOf(world, ids).filter((place) => place < 3)).toEqual([0, 1, 2]);
  });
});
