import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../local/simulators/server.ts';
import { USER_INFO } from '../../functions/huawei-cec/support.ts';
import { around, bodyOf, silence } from '../../functions/huawei-common/support.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';
import {
  cecWithChats,
  FIFO_QUEUE,
  inputOf,
  QUEUE,
  type QueueWorld,
  startQueueWorld,
  whileTurning,
} from '../../support/queue.ts';

const NUM_RUNS = 120;

/** What the vendor does with a request, the first times that a message is asked. */
const VENDOR_FAULTS = ['503', '429', 'hang', 'slow', 'html', 'half'] as const;
/** What is answered for good. */
const ENDS = { good: 'Lookup Succeeded', unknown: 'Lookup Failed', garbage: 'Lookup Failed', poison: 'Lookup Failed' };

type End = keyof typeof ENDS;

interface Planned {
  readonly end: End;
  readonly faults: readonly (typeof VENDOR_FAULTS)[number][];
  readonly group: string;
}

const message: fc.Arbitrary<Planned> = fc.record({
  end: fc.oneof(
    { weight: 4, arbitrary: fc.constant('good' as const) },
    fc.constantFrom<End>('unknown', 'garbage', 'poison'),
  ),
  faults: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.constantFrom(...VENDOR_FAULTS), { maxLength: 3 }),
  ),
  group: fc.constantFrom('a', 'b', 'c'),
});

const scenario = fc.record({
  fifo: fc.boolean(),
  messages: fc.array(message, { minLength: 1, maxLength: 100 }),
  reversed: fc.boolean(),
  /** So many are sent when the first batches are through: together with what comes again, received less often than that. */
  late: fc.nat(100),
  batchSize: fc.integer({ min: 1, max: 100 }),
  /** Of the first batches; later ones have what a function has. */
  remainingMs: fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 4 }),
  busFaults: fc.array(
    fc.oneof(
      fc.record({
        errorCode: fc.constant('ThrottlingException'),
        after: fc.nat(20),
        entries: fc.integer({ min: 1, max: 3 }),
      }),
      fc.record({
        status: fc.constant(400),
        type: fc.constant('AccessDeniedException'),
        times: fc.integer({ min: 1, max: 3 }),
      }),
      fc.record({ reset: fc.constant(true) }),
    ),
    { maxLength: 2 },
  ),
  queueFaults: fc.array(fc.record({ status: fc.constant(400), times: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 1,
  }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

/**
 * So few faults among the messages of a group that follow one another that nobody is received twenty times for the sake of
 * those before it: that is how a FIFO queue counts.
 */
function spare(messages: readonly Planned[]): Planned[] {
  const before = new Map<string, number[]>();
  return messages.map((planned) => {
    const counts = before.get(planned.group) ?? [];
    const left = 6 - counts.slice(-9).reduce((sum, count) => sum + count, 0);
    const faults = planned.faults.slice(0, Math.max(0, left));
    before.set(planned.group, [...counts, faults.length]);
    return { ...planned, faults };
  });
}

/** The vendor as the messages of a run have it. */
interface Plan {
  messages: readonly Planned[];
  /** Of each message, how often the vendor was asked for it. */
  asked: number[];
}

function startVendor(plan: Plan, clock: TestClock) {
  return around(cecWithChats, (request, answer): Answer | Promise<Answer> => {
    if (request.path !== USER_INFO) return answer();
    const place = Number(/\d+$/.exec((bodyOf(request) as { callId: string }).callId)?.[0]);
    const planned = plan.messages[place];
    const times = plan.asked[place] ?? 0;
    plan.asked[place] = times + 1;
    const end = () => (planned?.end === 'garbage' ? { status: 200, body: '{"no":"user"}' } : answer());
    switch (planned?.faults[times]) {
      case '503':
        return { status: 503, body: '{}' };
      case '429':
        return { status: 429, headers: { 'retry-after': '30' }, body: '{}' };
      case 'hang':
        return silence();
      case 'slow':
        return new Promise<void>((resolve) => clock.alarm(4_000, resolve)).then(end);
      case 'html':
        return { status: 502, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
      case 'half':
        return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"userNickname":"V' };
      default:
        return end();
    }
  });
}

const bodyFor = ({ end }: Planned, place: number) => {
  if (end === 'poison') return '{"input":';
  return { input: { ...inputOf(place), ...(end === 'unknown' && { callId: `none-${place}` }) } };
};

/** One batch, and what must be true of any. */
async function checkBatch(
  world: QueueWorld,
  queue: string,
  { batchSize, remainingMs, reversed }: { batchSize: number; remainingMs: number; reversed: boolean },
  groupOf: (id: string) => string,
) {
  const { clock, bus } = world;
  const before = bus.events.length;
  const endsAt = clock.now() + remainingMs;
  const { delivered, deleted, failure } = await whileTurning(
    clock,
    world.poll({ queue, batchSize, remainingMs, reversed }),
  );
  expect(failure).toBeUndefined();
  if (delivered.length === 0) return delivered;
  if (remainingMs >= 1_000) expect(clock.now()).toBeLessThanOrEqual(endsAt);

  const published = bus.events.slice(before).map(({ detail }) => String(detail['messageId']));
  const returned = delivered.filter((id) => !deleted.includes(id));
  const batch = world.batches.at(-1);
  expect(batch).toMatchObject({ messages: delivered.length, returned: returned.length, published: deleted.length });
  // Deleted is what has a result, and has one; what goes back has none, unless the time was over before the bus said that it has it.
  expect(published.filter((id) => deleted.includes(id)).sort()).toEqual([...deleted].sort());
  const late = published.filter((id) => !deleted.includes(id)).length;
  const cutShort = (batch?.unpublished['AbortError'] ?? 0) + (batch?.unpublished['TimeoutError'] ?? 0);
  expect(late).toBeLessThanOrEqual(cutShort);
  if (!queue.endsWith('.fifo')) return delivered;

  for (const group of new Set(delivered.map(groupOf))) {
    const ids = delivered.filter((id) => groupOf(id) === group);
    const firstBack = ids.findIndex((id) => returned.includes(id));
    // Nothing behind the first that goes back is answered.
    if (firstBack !== -1) expect(ids.slice(firstBack).every((id) => returned.includes(id))).toBe(true);
    expect(published.filter((id) => ids.includes(id))).toEqual(
      ids.slice(0, published.filter((id) => ids.includes(id)).length),
    );
  }
  return delivered;
}

async function check(world: QueueWorld, plan: Plan, run: Scenario): Promise<void> {
  const { clock, sqs, bus } = world;
  const queue = run.fifo ? FIFO_QUEUE : QUEUE;
  plan.messages = run.fifo ? spare(run.messages) : run.messages;
  plan.asked = [];
  bus.reset();
  const ids: string[] = [];
  const sendUpTo = (end: number) => {
    for (const [place, planned] of run.messages.entries()) {
      if (place < ids.length || place >= end) continue;
      ids.push(world.send(bodyFor(planned, place), { queue, ...(run.fifo && { groupId: planned.group }) }));
    }
  };
  sendUpTo(run.messages.length - run.late);
  const groupOf = (id: string) => run.messages[ids.indexOf(id)]?.group ?? '';
  for (const fault of run.busFaults) bus.fail(fault);
  for (const fault of run.queueFaults) sqs.fail(fault);

  const batchSize = run.fifo ? Math.min(run.batchSize, 10) : run.batchSize;
  for (let batches = 0; ; ) {
    const remainingMs = run.remainingMs[batches] ?? 15_000;
    const delivered = await checkBatch(
      world,
      queue,
      { batchSize, remainingMs, reversed: run.reversed && !run.fifo },
      groupOf,
    );
    if (delivered.length > 0) {
      batches += 1;
      continue;
    }
    if (ids.length < run.messages.length) {
      // When what went back for a minute or less can be received as well.
      clock.advance(60_000);
      sendUpTo(run.messages.length);
      continue;
    }
    const next = sqs.queues.nextVisibleAt(queue);
    if (next === undefined) break;
    clock.advance(next - clock.now());
  }

  expect(clock.pending() - hanging(plan)).toBeLessThanOrEqual(0);
  expect(sqs.queues.counts(queue)).toEqual({ visible: 0, inFlight: 0, delayed: 0, dead: 0 });
  const ends = run.messages.map(({ end }) => [ENDS[end]]);
  const kinds = ids.map((id) => [
    ...new Set(bus.events.filter(({ detail }) => detail['messageId'] === id).map(({ detailType }) => detailType)),
  ]);
  expect(kinds).toEqual(ends);
  // A consumer drops by id: one for each message.
  expect(new Set(bus.events.map(({ detail }) => detail['id'])).size).toBe(ids.length);
}

/** Alarms of the simulator's own, for answers that nobody waits for any more. */
const hanging = ({ messages }: Plan) =>
  messages.reduce((sum, { faults }) => sum + faults.filter((fault) => fault === 'slow').length, 0);

describe('whatever becomes of a batch', () => {
  it('every message is one of answered, published as failed and handed back, and all are answered in the end', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (run) => {
        const clock = createTestClock({ skipWaitsMs: 0 });
        const plan: Plan = { messages: [], asked: [] };
        const world = await startQueueWorld({ simulation: startVendor(plan, clock), clock });
        await check(world, plan, run);
      }),
      { numRuns: NUM_RUNS, interruptAfterTimeLimit: 120_000 },
    );
  });
});
