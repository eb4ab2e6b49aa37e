import { quantile } from '../statistics.ts';
import type { Target } from '../targets.ts';
import type { Fleet } from './fleet.ts';
import type { Answer } from './process.ts';

/** What one scenario showed. */
export interface Result {
  readonly title: string;
  readonly note: string;
  /** The first row has the headings. */
  readonly table: readonly (readonly string[])[];
  readonly targets: readonly Target[];
}

/** Runs a story with a fleet of its own. */
export type Run = (withStore: boolean, story: (fleet: Fleet) => Promise<void>) => Promise<Fleet>;

export function atMost(name: string, value: number, bound: number): Target {
  return { name, value, bound, reached: value <= bound };
}

type Timed = Pick<Answer, 'status' | 'milliseconds'>;

export const failuresIn = (answers: readonly Timed[]) => answers.filter(({ status }) => status !== 200).length;

export function latency(answers: readonly Timed[], share: number): number {
  return quantile(
    answers.map(({ milliseconds }) => milliseconds),
    share,
  );
}

export const ANSWER_HEADINGS = ['answers', 'failed', 'p50, ms', 'p99, ms'];

/** The cells of ANSWER_HEADINGS. */
export function answerCells(answers: readonly Timed[]): string[] {
  const times = [0.5, 0.99].map((share) => latency(answers, share).toFixed(0));
  return [String(answers.length), String(failuresIn(answers)), ...times];
}

export const FLEET_HEADINGS = [...ANSWER_HEADINGS, 'token requests', 'mints', 'store calls'];

/** The cells of FLEET_HEADINGS. */
export function fleetCells({ answers, vendor, wire }: Fleet): string[] {
  return [
    ...answerCells(answers),
    String(vendor.tokenRequests.length),
    String(mints(vendor.tokenRequests)),
    listCounts(wire.calls),
  ];
}

type TokenRequests = Fleet['vendor']['tokenRequests'];

/** How many tokens were granted. */
export const mints = (requests: TokenRequests) => requests.filter(({ outcome }) => outcome === 'granted').length;

/** The attempt loop (lib/pipeline/exchange.ts) repeats a request within this: it is the same attempt to mint. */
const ONE_ATTEMPT_MS = 1_000;

/** When attempts to mint began; epoch milliseconds. */
export function attempts(requests: TokenRequests): number[] {
  const last = new Map<number, number>();
  const isFirst = ({ process, at }: TokenRequests[number]) => {
    const isRepeated = at - (last.get(process) ?? Number.NEGATIVE_INFINITY) <= ONE_ATTEMPT_MS;
    last.set(process, at);
    return !isRepeated;
  };
  return requests.filter(isFirst).map(({ at }) => at);
}

/** The most of these times, which are in order, that lie within any span of this length. */
export function mostWithin(times: readonly number[], milliseconds: number): number {
  let first = 0;
  let most = 0;
  times.forEach((time, index) => {
    while (time - (times[first] ?? time) >= milliseconds) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}

export function listCounts(counts: Iterable<readonly [string, number]>): string {
  const sorted = [...counts].sort(([one], [other]) => one.localeCompare(other));
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}
