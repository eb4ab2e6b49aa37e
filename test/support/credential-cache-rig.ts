import { createCredentialCache, RetryLater } from '../../lib/credentials/credential-cache.ts';
import type { FlightTime } from '../../lib/credentials/flights.ts';
import type { Reason } from '../../lib/credentials/reasons.ts';
import { Problem } from '../../lib/problem.ts';
import { startDeadline } from '../../lib/time/deadline.ts';
import { fromWall } from '../../lib/time/moment.ts';
import { createTestClock, type TestClock } from './clock.ts';
import {
  type Caller,
  endOf,
  type Flight,
  type NumberedToken,
  tellError,
  tellProblem,
  tellToken,
} from './credential-cache-model.ts';

/** A mint that lands when the test says so. */
export interface RigFlight extends Flight {
  readonly time: FlightTime;
  readonly last: NumberedToken | undefined;
  readonly landing: PromiseWithResolvers<NumberedToken>;
}

/** A credential cache, with callers and a vendor that do what a test says. */
export interface Rig {
  readonly clock: TestClock;
  /** The flights that have begun and not landed. */
  readonly flights: ReadonlySet<RigFlight>;
  /** What callers were told. */
  readonly told: ReadonlyMap<Caller, string>;
  /** Every token that somebody was told. */
  readonly known: ReadonlySet<NumberedToken>;
  /** What must never be and was, whatever a model says. */
  readonly wrongs: readonly string[];
  /** How many callers have asked. */
  asked(): number;
  /** The answer is the flights that begin at once with this. */
  ask(caller: Caller): RigFlight[];
  land(flight: RigFlight, lifetimeMs: number): NumberedToken;
  fail(flight: RigFlight, error: Error): void;
}

export function createRig(reasons: Set<Reason>): Rig {
  const clock = createTestClock({ skipWaitsMs: 0 });
  const cache = createCredentialCache<NumberedToken>(clock);
  const flights = new Set<RigFlight>();
  const told = new Map<Caller, string>();
  const known = new Set<NumberedToken>();
  const settled = new Set<NumberedToken>();
  const wrongs: string[] = [];
  /** The token that landed last for a key, unless it was refused since. */
  const latest = new Map<string, NumberedToken>();
  /** When the pause after the last failure of a key ends, and whether the cache surely knows of it. */
  const pauses = new Map<string, { until: number; known: boolean }>();
  /** Keys of which a mint has failed that the cache may not know of yet. */
  const failing = new Set<string>();
  /** When each token landed; how many had asked when it was refused. */
  const landedAt = new Map<NumberedToken, number>();
  const refusedAt = new Map<NumberedToken, number>();
  let asked = 0;

  const note = (reason: Reason) => void reasons.add(reason);

  /** A token that is good, and that the cache surely knows: no promise that began before it was told is still on its way. */
  const goodOf = (key: string) => {
    const token = latest.get(key);
    return token && settled.has(token) && clock.now() < endOf(token) ? token : undefined;
  };

  const begin = ({ wants, key }: Caller, time: FlightTime, last: NumberedToken | undefined): RigFlight => {
    const others = [...flights].filter((flight) => flight.key === key && !flight.time.signal.aborted);
    if (others.length > 0) wrongs.push(`two flights for ${key}`);
    if (wants === 'replace' && goodOf(key)) wrongs.push('a mint for a refusal, though another good token is there');
    const flight = { key, beganAt: clock.now(), time, last, landing: Promise.withResolvers<NumberedToken>() };
    flights.add(flight);
    return flight;
  };

  const tell = (caller: Caller, order: number, token: NumberedToken) => {
    told.set(caller, tellToken(token));
    known.add(token);
    setImmediate(() => settled.add(token));
    // What the vendor has granted only now is used, be it at its end: there is nothing better.
    const isNew = landedAt.get(token) === clock.now();
    if (clock.now() >= endOf(token) && (!isNew || goodOf(caller.key))) wrongs.push(`${tellToken(token)} has ended`);
    if ((refusedAt.get(token) ?? order) < order) wrongs.push(`${tellToken(token)} was refused`);
    if (token.key !== caller.key) wrongs.push(`${tellToken(token)} is of another key`);
  };

  const tellFailure = (caller: Caller, error: Error) => {
    told.set(caller, error instanceof Problem ? tellProblem(error, error.retryAfterSeconds) : tellError(error));
    const good = goodOf(caller.key);
    if (caller.wants === 'obtain' && good) wrongs.push(`${tellToken(good)} was lost: ${error}`);
  };

  return {
    clock,
    flights,
    told,
    known,
    wrongs,
    asked: () => asked,
    ask: (caller) => {
      const { wants, key, holds } = caller;
      asked += 1;
      const order = asked;
      const pause = pauses.get(key);
      const isPaused = pause !== undefined && clock.now() < pause.until;
      if (wants === 'replace' && holds && latest.get(key) === holds) {
        // In a pause the refused one stays in use, since it cannot be renewed.
        if (!isPaused && !failing.has(key)) refusedAt.set(holds, order);
        if (!isPaused || !pause.known) latest.delete(key);
      }
      const begun: RigFlight[] = [];
      const time = startDeadline(clock, caller.endsAt - clock.now());
      const mint = (flightTime: FlightTime, last: NumberedToken | undefined) => {
        const flight = begin(caller, flightTime, last);
        begun.push(flight);
        return flight.landing.promise;
      };
      const asker = { time, note, mint };
      const asking = wants === 'obtain' || !holds ? cache.obtain(key, asker) : cache[wants](key, holds, asker);
      asking.finally(time.end).then(
        (token) => tell(caller, order, token),
        (error) => tellFailure(caller, error),
      );
      return begun;
    },
    land: (flight, lifetimeMs) => {
      flights.delete(flight);
      // Wider windows than those of real tokens: more happens in them.
      // Whole milliseconds: model and cache reckon with them in another order.
      const age = (percent: number) => Math.round((lifetimeMs * percent) / 100);
      const obtainedAt = fromWall(flight.beganAt, clock);
      const windows = { obtainedAt, advisoryMs: age(30), mandatoryMs: age(60), usableMs: age(90) };
      const token = { key: flight.key, number: landedAt.size + 1, ...windows };
      landedAt.set(token, clock.now());
      if (!flight.time.signal.aborted) {
        if (clock.now() < endOf(token)) latest.set(flight.key, token);
        pauses.delete(flight.key);
      }
      flight.landing.resolve(token);
      return token;
    },
    fail: (flight, error) => {
      flights.delete(flight);
      flight.landing.reject(error);
      if (flight.time.signal.aborted) return;
      const later = error instanceof RetryLater ? error : undefined;
      // Somebody else's being at it ends a pause.
      if (later && !later.problem) pauses.delete(flight.key);
      if (later?.problem) {
        const pause = { until: clock.now() + later.pauseMs, known: false };
        pauses.set(flight.key, pause);
        setImmediate(() => {
          pause.known = true;
        });
      }
      // A refused one is used again where it could not be renewed, unless minting is refused, too.
      if (later?.problem?.code !== 'vendor-auth-failed') {
        for (const token of refusedAt.keys()) if (token.key === flight.key) refusedAt.delete(token);
        // What is refused before the cache knows of the failure is used again as well.
        failing.add(flight.key);
        setImmediate(() => failing.delete(flight.key));
      }
    },
  };
}
