import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { huaweiIsdp, ISDP_SAMPLE_AGENT } from '../../../local/simulators/huawei-isdp.ts';
import type { SimulatorClock } from '../../../local/simulators/server.ts';
import { failure, invoke as invokeDirectly, success } from '../../support/invoke.ts';
import { onlineAgents, participants, userInfo } from '../../support/lookups.ts';
import { resultsOn } from '../../support/messages.ts';
import { startQueueWorld } from '../../support/queue.ts';
import { snsEvent } from '../../support/service-events.ts';
import { startWorld, type World } from '../../support/world.ts';
import { batchOf, binary, eventOf, MODES } from './cloud-events-support.ts';
import { FRONTS, type Front, HTTP_API, invoke } from './http-support.ts';

/** As Lambda's runtime answers where more is returned: Function.ResponseSizeTooLarge. */
const LAMBDA_BYTES = 6_291_556;
/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html, "1 MB", taken as the smaller one. */
const LOAD_BALANCER_BYTES = 1_000_000;
const EVENT_BYTES = 262_144;

const LOAD_BALANCER = FRONTS.find(({ name }) => name === 'a load balancer') as Front;
const limitOf = ({ name }: Front) => (name.startsWith('a load balancer') ? LOAD_BALANCER_BYTES : LAMBDA_BYTES);
/** What Lambda counts: the JSON of all that the function returns. */
const bytesOf = (returned: unknown) => Buffer.byteLength(JSON.stringify(returned));
const sent = (input: unknown) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(input),
});

/** A tenant of so many agents, whose names are as long. */
const tenant = (count: number, agentName: string) => ({
  ...onlineAgents,
  simulation: (clock: SimulatorClock) =>
    huaweiIsdp(clock, {
      agents: Array.from({ length: count }, (_, index) => ({ ...ISDP_SAMPLE_AGENT, agentId: index + 1, agentName })),
    }),
});

interface Walked {
  readonly data: { readonly data: readonly { readonly agentId: string }[] };
  readonly meta: { readonly complete: boolean; readonly stopped?: string; readonly nextPageStart?: number };
}

/** Follows `nextPageStart` to the end. */
async function followPages(ask: (input: object) => Promise<Walked>) {
  const ids: string[] = [];
  const stops: string[] = [];
  for (let pageStart = 0; ; ) {
    const { data, meta } = await ask({ all: true, pageStart });
    ids.push(...data.data.map(({ agentId }) => agentId));
    if (meta.stopped === undefined) return { ids, stops };
    stops.push(meta.stopped);
    pageStart = meta.nextPageStart ?? Number.NaN;
  }
}

const everyId = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

describe('all pages of a large tenant', () => {
  test.each(
    [
      ...['客', '"', '😀', '\u0001'].map((letter) => ({ front: LOAD_BALANCER, letter })),
      ...FRONTS.map((front) => ({ front, letter: '客' })),
    ].map((each) => ({ ...each, what: each.front.name })),
  )(
    'end before the answer to $what is too large, with names of $letter, and go on from there',
    async ({ front, letter }) => {
      const limit = limitOf(front);
      const world = await startWorld(tenant(400, letter.repeat(limit === LAMBDA_BYTES ? 6_000 : 1_000)));

      const { ids, stops } = await followPages(async (input) => {
        const { result, status, body } = await invoke(world, front.event(sent(input)));
        expect(bytesOf(result)).toBeLessThanOrEqual(limit);
        expect(status).toBe(200);
        return body;
      });

      expect(ids).toEqual(everyId(400));
      expect(stops.length).toBeGreaterThan(0);
      expect(new Set(stops)).toEqual(new Set(['size']));
      for (const outcome of world.outcomes) expect(outcome.outcome).toBe('succeeded');
    },
  );

  test('fill most of the answer', async () => {
    const world = await startWorld(tenant(6_000, '李华'.repeat(150)));
    const { result, body } = await invoke(world, HTTP_API.event(sent({ all: true })));
    expect(body.meta).toMatchObject({ complete: false, stopped: 'size' });
    expect(bytesOf(result)).toBeGreaterThan(LAMBDA_BYTES * 0.95);
  });

  test('end before an invocation answers too much, or more than its message allows', async () => {
    const world = await startWorld(tenant(400, '客'.repeat(6_000)));
    for (const [maxResultBytes, limit] of [
      [undefined, LAMBDA_BYTES],
      [5_000_000, 5_000_000],
      [2_000_000, 2_000_000],
    ] as const) {
      const { ids, stops } = await followPages(async (input) => {
        const answer = await success(world, { input, ...(maxResultBytes && { maxResultBytes }) });
        expect(bytesOf(answer)).toBeLessThanOrEqual(limit);
        return answer as unknown as Walked;
      });
      expect(ids).toEqual(everyId(400));
      expect(new Set(stops)).toEqual(new Set(['size']));
    }
  });

  test('end before their event is too large for a bus', async () => {
    const world = await startQueueWorld(tenant(400, '客'.repeat(600)));
    const { ids, stops } = await followPages(async (input) => {
      world.send({ input });
      await world.drain();
      const { type, detail } = resultsOn(world.bus).at(-1) ?? {};
      expect(type).toBe('Lookup Succeeded');
      return detail as unknown as Walked;
    });
    expect(ids).toEqual(everyId(400));
    expect(new Set(stops)).toEqual(new Set(['size']));
    for (const { entryBytes } of world.bus.events) expect(entryBytes).toBeLessThanOrEqual(EVENT_BYTES);
    expect(world.batches.map(({ returned }) => returned)).toEqual(world.batches.map(() => 0));
  });

  test('of a batch of CloudEvents have an equal share of the answer each', async () => {
    const world = await startWorld(tenant(400, '"客'.repeat(500)));
    const events = [0, 1, 2].map((pageStart) =>
      eventOf({ all: true, pageStart, pageSize: 10 }, { id: `e${pageStart}` }),
    );
    const { result, body } = await invoke(world, LOAD_BALANCER.event(batchOf(events)));
    expect(bytesOf(result)).toBeLessThanOrEqual(LOAD_BALANCER_BYTES);
    for (const { data } of body) expect(data.meta).toMatchObject({ complete: false, stopped: 'size' });
  });

  test.each(Object.entries(MODES))('of one CloudEvent, in the mode %s, end by its size', async (_mode, write) => {
    const world = await startWorld(tenant(400, '客'.repeat(2_000)));
    const event = write(eventOf({ all: true, pageSize: 10 }));
    const { result, body } = await invoke(world, LOAD_BALANCER.event(event));
    expect(bytesOf(result)).toBeLessThanOrEqual(LOAD_BALANCER_BYTES);
    // In the mode binary the body is the event's data.
    const [{ meta, data }] = [body].flat();
    expect((meta ?? data.meta).stopped).toBe('size');
  });

  test('whose first page alone is too large are a problem, and only that page is asked for', async () => {
    const world = await startWorld(tenant(400, '客'.repeat(8_000)));
    const { status, body } = await invoke(world, LOAD_BALANCER.event(sent({ all: true })));
    expect({ status, body }).toMatchObject({ status: 500, body: { code: 'result-too-large', retryable: false } });
    expect(world.vendor.requests.filter(({ path }) => path.endsWith('findOnlineAgent'))).toHaveLength(1);
  });
});

describe('a result that is too large', () => {
  /** Huawei CEC answers with a nickname of so many letters. */
  const nickname = (world: World, length: number, letter: string) =>
    world.vendor.fail({
      path: 'getUserInfo',
      status: 200,
      body: JSON.stringify({ userNickname: letter.repeat(length), userId: '1' }),
    });

  test.each(FRONTS)('for $name is a problem, and a failure in the log', async (front) => {
    const world = await startWorld(userInfo);
    // Raw it is 4.2 MB or 0.7 MB, and has room; written as the text that a body is, it is twice as large.
    nickname(world, limitOf(front) / 3, '"');

    const { result, status, body } = await invoke(world, front.event(sent(userInfo.input)));

    expect({ status, body }).toMatchObject({
      status: 500,
      body: {
        code: 'result-too-large',
        retryable: false,
        detail: expect.stringMatching(/larger than the (6 MiB|1 MB)/),
      },
    });
    expect(bytesOf(result)).toBeLessThan(2_000);
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'result-too-large' }]);
  });

  test('for an invocation is an error, and a failure in the log', async () => {
    const world = await startWorld(userInfo);
    nickname(world, 1_000, '客');
    const { error, problem } = await failure(world, { input: userInfo.input, maxResultBytes: 3_000 });
    expect(error.errorType).toBe('result-too-large');
    expect(problem.detail).toContain('the 3000 bytes that the message allows (maxResultBytes)');
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'result-too-large' }]);
  });

  test('for a CloudEvent is a failed one', async () => {
    const world = await startWorld(userInfo);
    nickname(world, LAMBDA_BYTES / 4, '"');
    const { status, body } = await invoke(world, HTTP_API.event(binary(eventOf(userInfo.input))));
    expect({ status, body }).toMatchObject({ status: 200, body: { problem: { code: 'result-too-large' } } });
    expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'result-too-large' }]);
  });

  test('is told from one that fits, whatever its letters are and however near it is to the limit', async () => {
    const world = await startWorld(userInfo);
    const near = fc.record({
      letter: fc.constantFrom('x', '"', '\\', 'é', '客', '😀', '\u0001', '\n', '\u2028'),
      offset: fc.integer({ min: -6_000, max: 6_000 }),
    });
    await fc.assert(
      fc.asyncProperty(near, async ({ letter, offset }) => {
        const width = Buffer.byteLength(JSON.stringify(JSON.stringify(letter))) - 6;
        nickname(world, Math.floor((LOAD_BALANCER_BYTES + offset) / width), letter);
        const { result, status } = await invoke(world, LOAD_BALANCER.event(sent(userInfo.input)));
        expect(bytesOf(result)).toBeLessThanOrEqual(LOAD_BALANCER_BYTES);
        if (offset < -3_000) expect(status).toBe(200);
        if (offset >= 0) expect(status).toBe(500);
      }),
      { numRuns: 40 },
    );
  });
});

describe('errors of 64 KiB of bad ids', () => {
  const ids = Array.from({ length: 15_000 }, () => 'x');
  const input = { ConversationShortId: '1', ParticipantUserIds: ids };
  const told = /It has the first (\d+) of 15000 errors\.$/;

  function expectFew({ errors = [], detail }: { readonly errors?: readonly unknown[]; readonly detail: string }) {
    expect(errors.length).toBeGreaterThan(10);
    expect(told.exec(detail)?.[1]).toBe(String(errors.length));
    expect(JSON.stringify(errors).length).toBeLessThan(8_000);
  }

  test.each(FRONTS)('are the first of them and their number, over $name', async (front) => {
    const world = await startWorld(participants);
    const { status, body, text } = await invoke(world, front.event(sent(input)));
    expect(status).toBe(400);
    expect(text.length).toBeLessThan(16_000);
    expectFew(body);
  });

  test('are as many in an error of an invocation, in an event and in CloudEvents', async () => {
    const world = await startQueueWorld(participants);

    expectFew((await failure(world, { input })).problem);

    await world.deliver(snsEvent({ input }));
    expectFew(resultsOn(world.bus)[0]?.detail['problem'] as { detail: string });

    const events = [1, 2].map((id) =>
      eventOf({ ...input, ParticipantUserIds: ids.slice(0, 7_000) }, { id: `event-${id}` }),
    );
    const { body } = await invoke(world, HTTP_API.event(batchOf(events)));
    for (const { data } of body) expect(data.problem.detail).toMatch(/It has the first \d+ of 7000 errors\.$/);
  });

  test('are all of them where they are few', async () => {
    const world = await startWorld(participants);
    const few = { ...input, ParticipantUserIds: ids.slice(0, 5) };
    const { body } = await invoke(world, HTTP_API.event(sent(few)));
    expect(body.errors).toHaveLength(5);
    expect(body.detail).not.toContain('It has the first');
  });

  test('that name a long field are left out, and counted', async () => {
    const world = await startWorld(participants);
    const { body } = await invoke(world, HTTP_API.event(sent({ ['f'.repeat(60_000)]: 1 })));
    expect(body.errors).toHaveLength(2);
    expect(body.detail).toContain('It has the first 2 of 3 errors.');
  });
});

describe('a name of 4 MB or 20 KB', () => {
  test('that a vendor gives its request is told in its first 300 characters', async () => {
    const world = await startWorld(participants);
    world.vendor.fail({
      body: JSON.stringify({
        ResponseMetadata: { RequestId: 'r'.repeat(4_000_000) },
        Result: { ParticipantInfos: [] },
      }),
    });
    const { status, body } = await invoke(world, HTTP_API.event(sent(participants.input)));
    expect(status).toBe(200);
    expect(body.meta.vendorRequestId.length).toBeLessThanOrEqual(300);
  });

  test('that a sender gives its event is told in its first 1,024 characters', async () => {
    const world = await startWorld(userInfo);
    const event = eventOf(userInfo.input, { id: 'i'.repeat(20_000) });
    const { body } = await invoke(world, HTTP_API.event(batchOf([event])));
    expect(body[0].data.messageId).toBe('i'.repeat(1_024));
  });
});

test('maxResultBytes must be a number of bytes', async () => {
  const world = await startWorld(userInfo);
  for (const maxResultBytes of [0, -1, 1.5, '1000', null, true]) {
    const { problem } = await failure(world, { input: userInfo.input, maxResultBytes });
    expect(problem.errors).toEqual([{ pointer: '/maxResultBytes', detail: 'must be an integer of at least 1' }]);
  }
  const invoked = await invokeDirectly(world, JSON.stringify({ input: userInfo.input, maxResultBytes: 10_000_000 }));
  expect(invoked).toHaveProperty('answer');
});
