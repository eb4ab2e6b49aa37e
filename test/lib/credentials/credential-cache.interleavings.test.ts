import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryLater } from '../../../lib/credentials/credential-cache.ts';
import { Problem } from '../../../lib/problem.ts';
import { createRig, type Rig } from '../../support/credential-cache-rig.ts';

const RUNS = 5_000;
/** A few seconds, where nothing else runs. */
const CALL_MS = 20_000;
const REFUSED = new Problem('vendor-auth-failed', 'The vendor gave no token.');

const settle = () => new Promise(setImmediate);

const which = fc.nat({ max: 4 });
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('obtain' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('replace' as const, 'refresh' as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('land' as const),
      which,
      lifetimeMs: fc.integer({ min: 0, max: 40_000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('refuse' as const, 'break' as const), which }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 12_000 }) }) },
);

type Event = typeof event extends fc.Arbitrary<infer Kind> ? Kind : never;

/** Promises have so many turns after an event before the next one: the next may come in the midst of what it began. */
const turns = fc.oneof(fc.nat({ max: 12 }), fc.constant(40));

/** One that comes between the turn in which the cache has the token and the turn in which its flight has ended. */
const GIVEN_UP_AS_IT_LANDS: [Event, number][] = [
  [{ kind: 'obtain' }, 0],
  [{ kind: 'pass', ms: 10_000 }, 0],
  [{ kind: 'land', which: 0, lifetimeMs: 20_000 }, 1],
  [{ kind: 'obtain' }, 40],
  [{ kind: 'pass', ms: 1 }, 0],
  [{ kind: 'break', which: 0 }, 0],
];

test('in whatever turn of the promises events meet: one flight, no ended token, none lost, all are told', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(event, turns), { maxLength: 40, size: 'max' }), async (events) => {
      const rig = createRig(new Set());
      for (const [what, howMany] of events) {
        // No time passes while promises have turns to take.
        if (what.kind === 'pass') await settle();
        happen(rig, what);
        for (let turn = 0; turn < howMany; turn += 1) await undefined;
      }
      await settle();
      rig.clock.advance(CALL_MS);
      await settle();
      expect(rig.wrongs).toEqual([]);
      expect(rig.told.size).toBe(rig.asked());
      expect(rig.clock.pending()).toBe(0);
    }),
    { numRuns: RUNS, examples: [[GIVEN_UP_AS_IT_LANDS]] },
  );
});

function happen(rig: Rig, what: Event): void {
  const now = rig.clock.now();
  const caller = { key: 'key', patientUntil: now + CALL_MS / 2, endsAt: now + CALL_MS };
  switch (what.kind) {
    case 'obtain':
      rig.ask({ ...caller, wants: 'obtain', holds: undefined });
      return;
    case 'replace':
    case 'refresh': {
      const holds = fromLast(rig.known, what.which);
      if (holds) rig.ask({ ...caller, wants: what.kind, holds });
      return;
    }
    case 'pass':
      rig.clock.advance(what.ms);
      return;
    default: {
      const flight = fromLast(rig.flights, what.which);
      if (!flight) return;
      if (what.kind === 'land') rig.land(flight, what.lifetimeMs);
      else rig.fail(flight, what.kind === 'refuse' ? new RetryLater(3_000, REFUSED) : new TypeError('a defect'));
    }
  }
}

function fromLast<Item>(items: ReadonlySet<Item>, index: number): Item | undefined {
  return [...items].at(-1 - (index % Math.max(1, items.size)));
}
