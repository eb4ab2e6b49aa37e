import { expect, vi } from 'vitest';
import type { Answer, ReceivedRequest } from '../../../local/simulators/server.ts';
import type { Response, World } from '../../support/world.ts';
import { around } from './support.ts';

type Simulate = Parameters<typeof around>[0];
export type Respond = (answer: () => Promise<Answer>, request: ReceivedRequest) => Answer | Promise<Answer>;

/** A vendor whose answers a test changes while it runs. */
export interface SteeredVendor {
  readonly simulation: Simulate;
  /** From now on what is asked at this path is answered by `respond`; without it, by the vendor itself. */
  steer(path: string, respond?: Respond): void;
  /** How often it answered 401: what an expired token gets. */
  refusals(): number;
}

export function steered(simulate: Simulate): SteeredVendor {
  const responds = new Map<string, Respond>();
  let refusals = 0;
  return {
    simulation: around(simulate, async (request, answer) => {
      const respond = responds.get(request.path);
      const answered = await (respond ? respond(answer, request) : answer());
      if (answered.status === 401) refusals += 1;
      return answered;
    }),
    steer: (path, respond) => {
      if (respond) responds.set(path, respond);
      else responds.delete(path);
    },
    refusals: () => refusals,
  };
}

/** Holds requests up until they are released: only then does the vendor look at them. */
export function holdUp(): { readonly respond: Respond; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    respond: async (answer) => {
      await promise;
      return answer();
    },
    release: resolve,
  };
}

export const eventually = <Result>(check: () => Result | Promise<Result>) => vi.waitFor(check, { interval: 1 });

export const credentialReasons = (world: World) => world.outcomes.map((outcome) => outcome.credentialReasons);
export const secretReasons = (world: World) => world.outcomes.map((outcome) => outcome.secretReasons);

/** Calls until the renewal of a token that was begun in the background has ended, well or not: until then calls hold on to the old one. */
export async function untilLanded(world: World, input: unknown): Promise<void> {
  await eventually(async () => {
    expect((await world.call(input)).status).toBe(200);
    const { tokenAgeMs, credentialReasons: reasons } = world.outcomes.at(-1) ?? {};
    expect(tokenAgeMs === 0 || reasons?.includes('backoff')).toBe(true);
  });
}

/**
 * A call that is turned through the wait for a renewal that hangs, if it begins one, and for how long that held it up.
 * `mints` counts what came to the token endpoint.
 */
export async function callThroughWait(
  world: World,
  input: unknown,
  mints: () => number,
): Promise<{ response: Response; waitedMs: number }> {
  const calledAt = world.clock.now();
  const mintsBefore = mints();
  let answered = false;
  const call = world.call(input).finally(() => {
    answered = true;
  });
  // A call that waits has two alarms: the end of its time, and the end of its patience.
  const waits = () => mints() > mintsBefore && world.clock.pending() === 2;
  await eventually(() => expect(answered || waits()).toBe(true));
  while (waits()) world.clock.advance(1);
  return { response: await call, waitedMs: world.clock.now() - calledAt };
}
