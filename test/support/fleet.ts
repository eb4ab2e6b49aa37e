import { createDynamoStore } from '../../lib/credentials/shared/dynamodb.ts';
import type { Lookup } from '../../lib/lookup.ts';
import type { SimulatorClock, VendorSimulation } from '../../local/simulators/server.ts';
import { createTestClock } from './clock.ts';
import { startDynamo } from './dynamodb.ts';
import { countAlarms, createTurning } from './turning.ts';
import { type Call, type Response, startWorld, type World } from './world.ts';

interface FleetOptions {
  readonly lookup: Lookup;
  readonly simulation: (clock: SimulatorClock) => VendorSimulation;
  readonly secret: (vendorUrl: string) => object;
  /** The input of a call that names none. */
  readonly input: object;
  readonly random?: () => number;
  /** Whether they share a store; by default they do. */
  readonly hasStore?: boolean;
}

/**
 * Instances that share a store, on one turned clock. Time passes only while no request is under way, so that no time-out and
 * no window of a limit hangs on how busy the machine is.
 */
export async function startFleet(
  size: number,
  { lookup, simulation, secret, input, random = () => 0.5, hasStore = true }: FleetOptions,
) {
  await Promise.all([import('@aws-sdk/client-dynamodb'), import('@aws-sdk/client-secrets-manager')]);
  const dynamo = await startDynamo();
  const clock = createTestClock({ skipWaitsMs: 0 });
  const vendorClock = countAlarms(clock);
  let heldByVendor = () => 0;
  const turning = createTurning(clock, () => vendorClock.pending() + heldByVendor() + dynamo.hanging());
  const world = await startWorld({
    lookup,
    simulation: () => simulation(vendorClock),
    secret,
    clock,
    random,
    store: (transport) => {
      Object.assign(transport, { send: turning.counted(transport.send) });
      return hasStore ? createDynamoStore({ table: dynamo.table, transport, clock }) : undefined;
    },
  });
  heldByVendor = world.vendor.held;
  const instances = [world, ...Array.from({ length: size - 1 }, () => world.coldStart())] as [World, ...World[]];

  return {
    dynamo,
    world,
    instances,
    settle: turning.settle,
    turnUntil: turning.turnUntil,
    call: (instance: World | undefined, changes: object = {}, options: Call = {}): Promise<Response> =>
      turning.turnUntil((instance ?? world).call({ ...input, ...changes }, options)),
    /** The same lookup in each instance, at once. */
    callAll: (some: readonly World[] = instances, changes: object = {}): Promise<Response[]> =>
      turning.turnUntil(Promise.all(some.map((instance) => instance.call({ ...input, ...changes })))),
  };
}

export const codesOf = (responses: readonly Response[]) => responses.map(({ status, body }) => body.code ?? status);
export const reasonsOf = (instance: World | undefined) => instance?.outcomes.at(-1)?.credentialReasons;
