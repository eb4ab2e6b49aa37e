import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { createReport } from '../../../lib/log/report.ts';
import { createBatchReport } from '../../../lib/triggers/batch-report.ts';
import { createEventSource } from '../../../local/queue/event-source.ts';
import { CEC_AGENTS, CEC_APP_SECRET, huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { LOGIN_PARAMS, USER_INFO } from '../../functions/huawei-cec/support.ts';
import { requestsTo } from '../../functions/huawei-common/support.ts';
import { createTestClock } from '../../support/clock.ts';
import { resultsOn } from '../../support/messages.ts';
import { inputOf, QUEUE, startQueueWorld, whileTurning } from '../../support/queue.ts';

const EMPTY = { visible: 0, inFlight: 0, delayed: 0, dead: 0 };

describe('a result that the bus does not take', () => {
  it('takes its message back to the queue, and no other', async () => {
    const world = await startQueueWorld();
    world.bus.fail({ errorCode: 'ThrottlingException', entries: 2, after: 1 });
    const ids = [1, 2, 3, 4, 5].map((index) => world.send({ input: inputOf(index) }));

    const { deleted } = await world.poll();

    expect(world.bus.events.map(({ detail }) => detail['messageId']).sort()).toEqual([...deleted].sort());
    expect(deleted).toHaveLength(3);
    expect(world.told.map(({ seconds }) => seconds)).toEqual([2, 2]);
    expect(world.batches).toMatchObject([{ published: 3, returned: 2, unpublished: { ThrottlingException: 2 } }]);

    await world.drain();
    const results = world.bus.events.map(({ detail }) => detail);
    expect(results.map(({ messageId }) => messageId).sort()).toEqual([...ids].sort());
    expect(world.sqs.queues.counts(QUEUE)).toEqual(EMPTY);
  });

  it('takes all messages back while the bus is down, failed lookups as well', async () => {
    const world = await startQueueWorld();
    world.bus.fail({ status: 503, type: 'InternalException', times: 6 });
    const ids = [world.send({ input: inputOf(1) }), world.send('{')];

    expect((await world.poll()).deleted).toEqual([]);
    expect(world.batches).toMatchObject([{ returned: 2, unpublished: { InternalException: 2 } }]);

    await world.drain();
    expect(
      resultsOn(world.bus)
        .map(({ detail }) => detail['messageId'])
        .sort(),
    ).toEqual(ids.sort());
  });

  it('keeps the vendor from being asked in vain, where the bus takes nothing', async () => {
    const world = await startQueueWorld();
    world.bus.fail({ times: 999, status: 400, type: 'AccessDeniedException' });
    for (let index = 0; index < 100; index += 1) world.send({ input: inputOf(index) });

    await world.poll({ batchSize: 100 });

    // Ten are under way while the first ten results are refused, and those that have come meanwhile too.
    expect(requestsTo(world, USER_INFO).length).toBeLessThan(50);
    expect(world.batches).toMatchObject([{ published: 0, returned: 100 }]);
    world.bus.reset();
    await world.drain({ batchSize: 100 });
    expect(new Set(resultsOn(world.bus).map(({ detail }) => detail['id'])).size).toBe(100);
  });

  it('keeps no other message from being begun, where the bus takes the others', async () => {
    const world = await startQueueWorld();
    world.bus.fail({ errorCode: 'ThrottlingException', entries: 1, after: 5 });
    for (let index = 0; index < 100; index += 1) world.send({ input: inputOf(index) });

    await world.poll({ batchSize: 100 });

    expect(world.batches).toMatchObject([{ published: 99, returned: 1, notBegun: 0 }]);
  });

  it('is given up before the function’s time is over, where the bus does not answer', async () => {
    const clock = createTestClock({ skipWaitsMs: 0 });
    const world = await startQueueWorld({ clock });
    world.bus.fail({ hang: true, times: 9 });
    world.send({ input: inputOf(1) });
    const startedAt = clock.now();

    const { deleted, failure } = await whileTurning(clock, world.poll());

    expect({ deleted, failure }).toEqual({ deleted: [], failure: undefined });
    expect(clock.now() - startedAt).toBeLessThan(15_000);
    expect(world.told).toEqual([{ id: expect.any(String), seconds: 2 }]);
    expect(clock.pending()).toBe(0);
  });

  it('has the same id when its message comes again', async () => {
    const world = await startQueueWorld();
    const id = world.send({ input: inputOf(1) });
    // The function answers, but its own answer never reaches Lambda: the message stays and comes again.
    const [received] = world.sqs.queues.receive(QUEUE);
    await world.deliver({ Records: [{ ...received, eventSource: 'aws:sqs', eventSourceARN: 'arn:aws:sqs:r:1:q' }] });
    await world.drain();

    const details = resultsOn(world.bus).map(({ detail }) => detail);
    expect(details.map(({ messageId }) => messageId)).toEqual([id, id]);
    expect(details[0]?.['id']).toBe(details[1]?.['id']);
  });

  it('and which we cannot even write leaves the others alone', async () => {
    vi.stubEnv('SECRETS_IN_EVENTS', 'allowed');
    const withoutSecrets = (data: unknown) =>
      (data as { userNickname: string }).userNickname === 'Visitor 2' ? 1n : data;
    const world = await startQueueWorld({ lookup: { ...getUserInfoByCallId, withoutSecrets } as never });
    const ids = [1, 2, 3].map((index) => world.send({ input: inputOf(index) }));

    const { deleted } = await world.poll();

    expect(deleted).toEqual([ids[0], ids[2]]);
    expect(world.batches).toMatchObject([{ published: 2, returned: 1, unpublished: { TypeError: 1 } }]);
  });
});

describe('without a bus for results', () => {
  it('the function fails, says so, and asks the vendor nothing', async () => {
    const { coldStart, sqs, vendor, clock, send } = await startQueueWorld();
    vi.stubEnv('RESULT_BUS', undefined);
    const { handler } = coldStart();
    const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 15_000 };
    const deliver = (event: unknown) => handler(event, context);
    send({ input: inputOf(1) });

    const { deleted, failure } = await createEventSource({ queues: sqs.queues, queue: QUEUE, deliver }).poll();

    expect(deleted).toEqual([]);
    expect(String(failure)).toMatch(/RESULT_BUS names no event bus/);
    expect(vendor.requests).toEqual([]);
    expect(clock.pending()).toBe(0);
  });
});

describe('a lookup of passwords', () => {
  const [, agent] = CEC_AGENTS;
  const LOGIN = { account: agent?.account, password: agent?.password };
  const CANARIES = ['demo-password', 'demo-platform-password', 'demo-sip-password', CEC_APP_SECRET, 'webrtc-agent'];

  async function startLogins() {
    vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'ContactLookups');
    const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const linesOf = () => writes.flatMap(({ mock }) => mock.calls.map(([text]) => String(text)));
    const world = await startQueueWorld({
      lookup: queryAgentLoginParams,
      simulation: huaweiCec,
      report: createReport('test'),
    });
    const poll = async () => {
      const { failure } = await world.poll();
      for (const batch of world.batches) createBatchReport('test')(batch);
      const told = JSON.stringify([world.bus.events, world.outcomes, world.batches, linesOf(), String(failure)]);
      return { failure, leaks: CANARIES.filter((secret) => told.includes(secret)) };
    };
    return { world, poll, linesOf };
  }

  it('is refused, and the vendor is not asked', async () => {
    const { world, poll, linesOf } = await startLogins();
    world.send({ input: LOGIN, correlationId: 'order-1' });
    world.send(LOGIN);
    world.send(`{"input":${JSON.stringify(LOGIN)}`);

    const { leaks } = await poll();

    expect(world.vendor.requests).toEqual([]);
    expect(
      resultsOn(world.bus)
        .map(({ type, detail }) => [type, (detail['problem'] as { code: string }).code])
        .sort(),
    ).toEqual([
      ['Lookup Failed', 'forbidden-trigger'],
      ['Lookup Failed', 'forbidden-trigger'],
      ['Lookup Failed', 'invalid-input'],
    ]);
    // Three lookups and a batch.
    expect(linesOf().filter((line) => line.startsWith('{'))).toHaveLength(4);
    expect(leaks).toEqual([]);
    expect(world.sqs.queues.counts(QUEUE)).toEqual(EMPTY);
  });

  it('is answered without them where the stage allows it', async () => {
    vi.stubEnv('SECRETS_IN_EVENTS', 'allowed');
    const { world, poll } = await startLogins();
    world.send({ input: LOGIN });

    const { leaks } = await poll();

    expect(resultsOn(world.bus)).toMatchObject([{ type: 'Lookup Succeeded', detail: { data: { workNo: '1517' } } }]);
    expect(Object.keys(resultsOn(world.bus)[0]?.detail['data'] as object)).not.toContain('password');
    expect(Object.keys(resultsOn(world.bus)[0]?.detail['data'] as object)).not.toContain('sipPwd');
    expect(leaks).toEqual([]);
  });

  it.each([
    ['refuses it', { vendorCase: 'return-code-1' }],
    ['repeats the request in its failure', { status: 500, body: JSON.stringify(LOGIN) }],
    ['answers what it does not document', { body: JSON.stringify({ returnCode: '0', message: LOGIN.password }) }],
  ])('tells no secret when the vendor %s', async (_, fault) => {
    vi.stubEnv('SECRETS_IN_EVENTS', 'allowed');
    const { world, poll } = await startLogins();
    world.vendor.fail({ path: LOGIN_PARAMS, ...fault });
    world.send({ input: LOGIN });

    const { leaks, failure } = await poll();

    expect(failure).toBeUndefined();
    expect(leaks).toEqual([]);
    // A password is not checked twice.
    expect(resultsOn(world.bus).map(({ type }) => type)).toEqual(['Lookup Failed']);
    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(1);
  });
});
