import fc, { type AsyncCommand } from 'fast-check';
import { expect, test } from 'vitest';
import { RetryLater } from '../../../lib/credentials/credential-cache.ts';
import type { Reason } from '../../../lib/credentials/reasons.ts';
import { Problem } from '../../../lib/problem.ts';
import { DeadlinePassed } from '../../../lib/time/deadline.ts';
import {
  type CacheModel,
  type Caller,
  createCacheModel,
  type NumberedToken,
} from '../../support/credential-cache-model.ts';
import { createRig, type Rig } from '../../support/credential-cache-rig.ts';

const RUNS = 5_000;
/** A few seconds, where nothing else runs. */
const LONGEST_CALL_MS = 30_000;

/** Every reason that the cache itself gives: each is to be met in the runs, or they do not try enough. */
const REASONS: readonly Reason[] = [
  'advisory',
  'backoff',
  'expired',
  'first',
  'held',
  'kept',
  'mandatory',
  'refused',
  'replaced',
];

type Command = AsyncCommand<CacheModel, Rig>;

const settle = () => new Promise(setImmediate);

test('the cache does as its model does, in whatever order callers come, mints land and time passes', async () => {
  const reasons = new Set<Reason>();
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async (run) => {
      const rig = createRig(reasons);
      const model = createCacheModel(rig.clock.now);
      await fc.asyncModelRun(() => ({ model, real: rig }), run);
      // What hangs at the end is waited for by nobody longer than their time.
      await pass(model, rig, LONGEST_CALL_MS);
      expect(rig.told.size).toBe(rig.asked());
    }),
    { numRuns: RUNS },
  );
  expect([...reasons].sort()).toEqual(REASONS);
});

const key = fc.constantFrom('one', 'one', 'one', 'other');
const milliseconds = fc.oneof(fc.constantFrom(1, 500, 3_000, 5_000, 10_000), fc.integer({ min: 1, max: 12_000 }));
const leftMs = fc.oneof(fc.constantFrom(1_000, LONGEST_CALL_MS), fc.integer({ min: 2, max: LONGEST_CALL_MS }));
const lifetimeMs = fc.oneof(fc.constantFrom(0, 20_000, 60_000), fc.integer({ min: 0, max: 60_000 }));
/** Which of several, counted from the last. */
const which = fc.nat({ max: 4 });

const problem = fc.constantFrom(
  undefined,
  new Problem('vendor-auth-failed', 'The vendor gave no token.'),
  new Problem('vendor-unavailable', 'The vendor is down.'),
);
const failure = fc.oneof(
  fc.tuple(problem, fc.integer({ min: 1, max: 60_000 })),
  fc.constantFrom(new TypeError('a defect of ours'), new DeadlinePassed()),
);

const tellFailure = (kind: Error | readonly [Problem | undefined, number]) =>
  kind instanceof Error ? kind.name : `${kind[0]?.code ?? 'another process is at it'}, again in ${kind[1]} ms`;

const commands: fc.Arbitrary<Command>[] = [
  fc.tuple(key, leftMs).map(
    ([account, left]): Command => ({
      check: () => true,
      run: (model, rig) => ask(model, rig, { wants: 'obtain', key: account, holds: undefined }, left),
      toString: () => `a caller of ${account} with ${left} ms obtains`,
    }),
  ),
  ...(['replace', 'refresh'] as const).map((wants) =>
    fc.tuple(which, leftMs).map(
      ([index, left]): Command => ({
        check: ({ minted }) => minted.length > 0,
        run: async (model, rig) => {
          const holds = fromLast(model.minted, index);
          await ask(model, rig, { wants, key: holds.key, holds }, left);
        },
        toString: () => `a caller with ${left} ms has the last token but ${index} and wants to ${wants} it`,
      }),
    ),
  ),
  fc.tuple(which, lifetimeMs).map(
    ([index, lifetime]): Command => ({
      check: ({ flights }) => flights.size > 0,
      run: async (model, rig) => {
        const flight = fromLast([...rig.flights], index);
        const token = rig.land(flight, lifetime);
        model.land(flight, token);
        await checkAll(model, rig);
      },
      toString: () => `the last mint but ${index} lands with a token of ${lifetime} ms`,
    }),
  ),
  fc.tuple(which, failure).map(
    ([index, kind]): Command => ({
      check: ({ flights }) => flights.size > 0,
      run: async (model, rig) => {
        const flight = fromLast([...rig.flights], index);
        const error = kind instanceof Error ? kind : new RetryLater(kind[1], kind[0]);
        rig.fail(flight, error);
        model.fail(flight, error);
        await checkAll(model, rig);
      },
      toString: () => `the last mint but ${index} fails: ${tellFailure(kind)}`,
    }),
  ),
  milliseconds.map(
    (time): Command => ({
      check: () => true,
      run: (model, rig) => pass(model, rig, time),
      toString: () => `${time} ms pass`,
    }),
  ),
  fc.tuple(key, fc.constantFrom('advisoryMs', 'mandatoryMs', 'usableMs'), fc.constantFrom(-1, 0, 1)).map(
    ([account, window, offset]): Command => ({
      check: (model) => model.good(account) !== undefined,
      run: (model, rig) => {
        const good = model.good(account) as NumberedToken;
        return pass(model, rig, good.obtainedAt.wall + good[window] + offset - rig.clock.now());
      },
      toString: () => `it is ${offset} ms after ${window} of ${account}`,
    }),
  ),
  fc.constant({
    check: (model) => model.nextEnd() < Number.POSITIVE_INFINITY,
    run: (model, rig) => pass(model, rig, model.nextEnd() - rig.clock.now()),
    toString: () => 'the time of a caller ends',
  }),
];

async function ask(
  model: CacheModel,
  rig: Rig,
  wish: Pick<Caller, 'wants' | 'key' | 'holds'>,
  leftMs: number,
): Promise<void> {
  const now = rig.clock.now();
  const caller = { ...wish, patientUntil: now + leftMs / 2, endsAt: now + leftMs };
  const begins = model.ask(caller);
  const good = model.good(caller.key);
  const begun = rig.ask(caller);
  expect(begun.map(({ last }) => last)).toEqual(begins ? [good] : []);
  for (const flight of begun) model.begin(flight);
  await checkAll(model, rig);
}

/** Time passes as it does outside of tests: whoever's time ends is told then, and not when all has passed. */
async function pass(model: CacheModel, rig: Rig, ms: number): Promise<void> {
  const until = rig.clock.now() + ms;
  while (rig.clock.now() < until) {
    rig.clock.advance(Math.min(until, model.nextEnd()) - rig.clock.now());
    model.pass();
    await checkAll(model, rig);
  }
}

async function checkAll(model: CacheModel, rig: Rig): Promise<void> {
  await settle();
  expect(rig.wrongs).toEqual([]);
  for (const { key: account } of rig.flights) {
    const alive = [...rig.flights].filter((flight) => flight.key === account && !flight.time.signal.aborted);
    expect(alive.every((flight) => model.isCurrent(flight))).toBe(true);
  }
  expect(rig.told).toEqual(model.told);
  if (rig.told.size === rig.asked()) expect(rig.clock.pending()).toBe(0);
}

function fromLast<Item>(items: readonly Item[], index: number): Item {
  const item = items.at(-1 - (index % items.length));
  if (item === undefined) throw new RangeError('there is none');
  return item;
}
