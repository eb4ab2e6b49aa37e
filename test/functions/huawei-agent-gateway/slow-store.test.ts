import { expect, test, vi } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { withBreaker } from '../../../lib/credentials/shared/breaker.ts';
import { createDynamoStore } from '../../../lib/credentials/shared/dynamodb.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { createTestClock } from '../../support/clock.ts';
import { type Dynamo, startDynamo } from '../../support/dynamodb.ts';
import { startWorld, type World } from '../../support/world.ts';
import { busiest, queries, startGatewayFleet } from './fleets.ts';

const INPUT = { workno: 20011 };
/** Time-out of an instance's first operation on the store, and of the others. */
const FIRST_MS = 400;
const NEXT_MS = 100;

/** Two instances, the first of which has signed the only agent in; time passes by command. */
async function startSignedIn() {
  const dynamo = await startDynamo();
  const clock = createTestClock({ skipWaitsMs: 0 });
  const first = await startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: demoAgents.slice(0, 1) }),
    clock,
    random: Math.random,
    store: (transport) => withBreaker(createDynamoStore({ table: dynamo.table, transport, clock }), clock, () => 0.5),
  });
  await first.call(INPUT);
  return { dynamo, clock, first, second: first.coldStart() };
}

const isSent = (dynamo: Dynamo, operation: string, count: number) =>
  vi.waitFor(() => expect(dynamo.count(operation)).toBe(count));
const signIns = ({ vendor }: World) => vendor.requests.filter(({ method }) => method === 'PUT');
const reasons = ({ outcomes }: World) => outcomes.at(-1)?.credentialReasons;

test('an instance whose look at the sessions is slow once takes the session that there is', async () => {
  const { dynamo, clock, first, second } = await startSignedIn();
  const looks = dynamo.count('Query');
  dynamo.hang();
  const call = second.call(INPUT);
  await isSent(dynamo, 'Query', looks + 1);
  dynamo.recover();
  clock.advance(FIRST_MS);

  expect((await call).status).toBe(200);
  expect(reasons(second)).toEqual(['store-hit']);
  expect(signIns(first)).toHaveLength(1);
});

test('an instance whose place in the rate of an agent took long counts for as long as its request counts at the vendor', async () => {
  const { dynamo, world, instances, call, callAll, turnUntil } = await startGatewayFleet(7);
  for (const instance of instances) await call(instance);
  world.clock.advance(10_000);
  world.vendor.requests.length = 0;
  const writes = dynamo.count('UpdateItem');
  const answerAll = dynamo.hold('UpdateItem', 2);
  const late = world.call(INPUT);
  await isSent(dynamo, 'UpdateItem', writes + 1);
  world.clock.advance(NEXT_MS);
  await isSent(dynamo, 'UpdateItem', writes + 2);
  world.clock.advance(1_900);
  answerAll();
  expect((await turnUntil(late)).status).toBe(200);
  // By now the place that was taken first is free again.
  world.clock.advance(450);
  const others = await callAll(instances.slice(1, 6));

  expect(others.map(({ status }) => status)).toEqual(Array(5).fill(200));
  expect(queries(world)).toHaveLength(6);
  expect(busiest(world)).toBe(5);
});

test('a place in the rate of an agent that is taken slowly is taken once', async () => {
  const { dynamo, clock, first, second } = await startSignedIn();
  const writes = dynamo.count('UpdateItem');
  dynamo.swallow('UpdateItem');
  const call = second.call(INPUT);
  await isSent(dynamo, 'UpdateItem', writes + 1);
  clock.advance(NEXT_MS);
  expect((await call).status).toBe(200);
  // The sign-in and this request have left three of five places.
  const others = await Promise.all([1, 2, 3].map(() => first.call(INPUT)));

  expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(reasons(second)).toEqual(['store-hit']);
  expect(signIns(first)).toHaveLength(1);
});
