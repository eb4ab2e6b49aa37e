import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { createDynamoStore } from '../../../lib/credentials/shared/dynamodb.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { createTestClock } from '../../support/clock.ts';
import { startDynamo } from '../../support/dynamodb.ts';
import { countAlarms, createTurning, seededRandom } from '../../support/turning.ts';
import { type Response, startWorld, type World } from '../../support/world.ts';

interface Options {
  readonly agents?: number;
  readonly secret?: object;
}

const INPUT = { workno: 20011 };

/**
 * Instances that share a store, on one turned clock. Time passes only while no request is under way, so that neither a
 * time-out of the store nor a window of the vendor's limit hangs on how busy the machine is.
 */
export async function startFleet(size: number, { agents = 1, secret = {} }: Options = {}) {
  await Promise.all([import('@aws-sdk/client-dynamodb'), import('@aws-sdk/client-secrets-manager')]);
  const dynamo = await startDynamo();
  const clock = createTestClock({ skipWaitsMs: 0 });
  const vendorClock = countAlarms(clock);
  const { counted, turnUntil } = createTurning(clock, () => vendorClock.pending() + dynamo.hanging());
  const world = await startWorld({
    lookup,
    simulation: () => huaweiAgentGateway(vendorClock),
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: demoAgents.slice(0, agents), ...secret }),
    clock,
    random: seededRandom(),
    store: (transport) => {
      Object.assign(transport, { send: counted(transport.send) });
      return createDynamoStore({ table: dynamo.table, transport, clock });
    },
  });
  const instances = [world, ...Array.from({ length: size - 1 }, () => world.coldStart())] as [World, ...World[]];
  const call = (instance: World | undefined, input: object = INPUT) =>
    turnUntil((instance ?? world).call({ ...INPUT, ...input }));

  return {
    dynamo,
    world,
    instances,
    turnUntil,
    call,
    /** The same lookup in each instance, at once. */
    callAll: (some: readonly World[] = instances, input: object = INPUT): Promise<Response[]> =>
      turnUntil(Promise.all(some.map((instance) => instance.call({ ...INPUT, ...input })))),
  };
}

export const codesOf = (responses: readonly Response[]) => responses.map(({ status, body }) => body.code ?? status);
export const signIns = ({ vendor }: World) => vendor.requests.filter(({ method }) => method === 'PUT');
export const signOuts = ({ vendor }: World) => vendor.requests.filter(({ method }) => method === 'DELETE');
export const queries = ({ vendor }: World) => vendor.requests.filter(({ path }) => path.includes('agentbyworkno'));
export const agentOf = ({ path }: { path: string }) => path.split('/')[4] ?? '';
export const reasonsOf = (instance: World | undefined) => instance?.outcomes.at(-1)?.credentialReasons;

/** The most requests that one agent sent in any two seconds, by the vendor's clock. */
export function busiest(world: World): number {
  const sent = queries(world);
  const inWindow = (from: { at: number; path: string }) =>
    sent.filter((each) => agentOf(each) === agentOf(from) && each.at >= from.at && each.at < from.at + 2_000).length;
  return Math.max(...sent.map(inWindow));
}
