import { expect } from 'vitest';
import type { ProblemDocument } from '../../../lib/problem.ts';
import type { Answer, ReceivedRequest, SimulatorClock, VendorSimulation } from '../../../local/simulators/server.ts';
import type { Response, World } from '../../support/world.ts';

export type Simulate = (clock: SimulatorClock) => VendorSimulation;
type Around = (
  request: ReceivedRequest,
  answer: () => Promise<Answer>,
  clock: SimulatorClock,
) => Answer | Promise<Answer>;

/** The vendor with something done on its side of the wire: before it answers, to its answer, or instead of it. */
export function around(simulate: Simulate, change: Around): Simulate {
  return (clock) => {
    const simulation = simulate(clock);
    return {
      ...simulation,
      answer: (request, vendorCase) => change(request, async () => simulation.answer(request, vendorCase), clock),
    };
  };
}

/** An answer that never comes. */
export const silence = () => new Promise<Answer>(() => {});

/** The answer with fields of its JSON object replaced. */
export function withFields(answer: Answer, fields: object): Answer {
  return { ...answer, body: JSON.stringify({ ...JSON.parse(String(answer.body)), ...fields }) };
}

/** The world, held to it that no timer outlives an invocation. */
export function watchTimers(world: World): World {
  let underWay = 0;
  return {
    ...world,
    call: async (input, options) => {
      underWay += 1;
      const response = await world.call(input, options);
      underWay -= 1;
      if (underWay === 0) expect(world.clock.pending()).toBe(0);
      return response;
    },
    coldStart: () => watchTimers(world.coldStart()),
  };
}

/** What the vendor received at a path, in the order in which it came. */
export function requestsTo({ vendor }: World, path: string): ReceivedRequest[] {
  return vendor.requests.filter((request) => request.path === path);
}

/** Milliseconds between each request and the one before it. */
export function gaps(requests: readonly ReceivedRequest[]): number[] {
  return requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0));
}

export const bodyOf = (request: ReceivedRequest | undefined): unknown => JSON.parse(request?.body.toString() ?? '');

export function expectProblem(response: Response, expected: Partial<ProblemDocument> & Pick<ProblemDocument, 'code'>) {
  expect(response.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  });
  expect(response.body).toMatchObject({
    type: `urn:contact-lookups:problem:${expected.code}`,
    status: response.status,
    instance: expect.stringMatching(/^urn:uuid:request-\d+$/),
    ...expected,
  });
}
