import { type Renewable, RetryLater } from '../../lib/credentials/credential-cache.ts';
import type { Problem } from '../../lib/problem.ts';

/** A renewal this old is not waited for by who comes then and has a good credential. */
const SLOW_MS = 3_000;
/** A flight this old is given up by who comes next: where nobody waits for it, and where somebody does. */
const FORSAKEN_MS = 5_000;
const STUCK_MS = 10_000;
/** One with a good token gives a flight so long to take in what came in a freeze. */
const THAW_MS = 1_000;

export interface NumberedToken extends Renewable {
  readonly key: string;
  readonly number: number;
}

const atAge = ({ obtainedAt }: NumberedToken, age: number) => obtainedAt.wall + age;

/** Epoch milliseconds from which a token is used no more. */
export const endOf = (token: NumberedToken) => atAge(token, token.usableMs);

/** A mint that has begun. */
export interface Flight {
  readonly key: string;
  readonly beganAt: number;
}

export interface Caller {
  readonly wants: 'obtain' | 'replace' | 'refresh';
  readonly key: string;
  /** The token that it has and that was refused or is stale; undefined where it has none. */
  readonly holds: NumberedToken | undefined;
  /** Half of its time: until then it waits where it has a good one to go on with. */
  readonly patientUntil: number;
  readonly endsAt: number;
}

/** What a caller is told, in words that are compared. */
export const tellToken = ({ number }: NumberedToken) => `token ${number}`;
export const tellProblem = ({ code }: Pick<Problem, 'code'>, retryAfterSeconds: number | undefined) =>
  `${code}, come back in ${retryAfterSeconds} s`;
export const tellError = ({ name, message }: Error) => `${name}: ${message}`;
export const OUT_OF_TIME = 'DeadlinePassed: ';

interface Account {
  good: NumberedToken | undefined;
  /** Refused, and not renewed yet. */
  refused: NumberedToken | undefined;
  retryAt: number;
  failure: Problem | undefined;
  flight: Flight | undefined;
  /** When somebody with a good token saw that the flight takes too long. */
  overdueAt: number | undefined;
  /** Who waits for the flight; until when, where they had a good token when they began to. */
  readonly waiting: Map<Caller, { patientUntil: number | undefined }>;
}

export interface CacheModel {
  /** A token that is good: it has not ended, and the vendor has not refused it. */
  good(key: string): NumberedToken | undefined;
  /** A caller asks. True where a mint begins for it. */
  ask(caller: Caller): boolean;
  begin(flight: Flight): void;
  /** Whether this is the flight of its key, and has not been given up for another. */
  isCurrent(flight: Flight): boolean;
  land(flight: Flight, token: NumberedToken): void;
  fail(flight: Flight, error: Error): void;
  /** Time has come to where it is now. */
  pass(): void;
  /** When the next patience or time of somebody ends; infinite where nobody waits. */
  nextEnd(): number;
  /** Every flight that has begun and not landed, also those that were given up. */
  readonly flights: ReadonlySet<Flight>;
  /** Every token that was ever good. */
  readonly minted: readonly NumberedToken[];
  /** What each caller that does not wait any more is told. */
  readonly told: ReadonlyMap<Caller, string>;
}

/** What a credential cache does, as simply as it can be said: all at once, with no promises. */
export function createCacheModel(now: () => number): CacheModel {
  const accounts = new Map<string, Account>();
  const told = new Map<Caller, string>();
  const flights = new Set<Flight>();
  const minted: NumberedToken[] = [];

  const of = (key: string): Account => {
    const known = accounts.get(key);
    if (known) return known;
    const account = {
      good: undefined,
      refused: undefined,
      retryAt: 0,
      failure: undefined,
      flight: undefined,
      overdueAt: undefined,
      waiting: new Map(),
    };
    accounts.set(key, account);
    return account;
  };

  const goodOf = ({ good }: Account) => (good && now() < endOf(good) ? good : undefined);

  const ageOf = ({ flight, waiting }: Account): number | undefined => {
    const age = flight && now() - flight.beganAt;
    return age !== undefined && age < (waiting.size > 0 ? STUCK_MS : FORSAKEN_MS) ? age : undefined;
  };

  const tell = (account: Account, caller: Caller, words: string) => {
    account.waiting.delete(caller);
    told.set(caller, words);
  };

  const tellFailure = (error: Error): string => {
    if (!(error instanceof RetryLater)) return tellError(error);
    return tellWhen(error.problem ?? { code: 'vendor-unavailable' }, now() + error.pauseMs);
  };

  const tellWhen = (problem: Pick<Problem, 'code'>, retryAt: number) =>
    tellProblem(problem, Math.max(1, Math.ceil((retryAt - now()) / 1000)));

  /** What the caller is told at once; undefined where it waits. */
  const atOnce = (account: Account, { wants, holds }: Caller): string | undefined => {
    const good = goodOf(account);
    const paused = now() < account.retryAt;
    if (!good) {
      if (wants === 'refresh' || !paused || !account.failure) return undefined;
      return tellWhen(account.failure, account.retryAt);
    }
    if (wants !== 'obtain') return good === holds ? undefined : tellToken(good);
    if (now() < atAge(good, good.mandatoryMs) || paused || (ageOf(account) ?? 0) >= SLOW_MS) return tellToken(good);
    return undefined;
  };

  /** Whether a caller that is answered at once makes the cache renew in the background. */
  const renewsInAdvance = (account: Account, { wants }: Caller): boolean => {
    const good = goodOf(account);
    if (wants !== 'obtain' || !good) return false;
    const age = now() - good.obtainedAt.wall;
    return age >= good.advisoryMs && age < good.mandatoryMs && now() >= account.retryAt;
  };

  return {
    told,
    flights,
    minted,
    good: (key) => goodOf(of(key)),
    ask: (caller) => {
      const account = of(caller.key);
      if (caller.wants === 'replace' && account.good === caller.holds) {
        if (now() < account.retryAt && account.failure) {
          tell(account, caller, tellWhen(account.failure, account.retryAt));
          return false;
        }
        account.refused = account.good;
        account.good = undefined;
      }
      const good = goodOf(account);
      const mayMint = ageOf(account) === undefined;
      const isDue = good && now() >= atAge(good, good.advisoryMs) && now() >= account.retryAt;
      if (caller.wants === 'obtain' && isDue && account.flight && mayMint) {
        tell(account, caller, tellToken(good));
        // Those who wait for it give it up.
        if (account.waiting.size > 0) return false;
        account.overdueAt ??= now();
        if (now() - account.overdueAt < THAW_MS) return false;
        account.flight = undefined;
        account.retryAt = now() + Math.min(60_000, good.usableMs * 0.05);
        account.failure = undefined;
        return false;
      }
      const words = atOnce(account, caller);
      if (words !== undefined) {
        tell(account, caller, words);
        return mayMint && renewsInAdvance(account, caller);
      }
      // Half of the caller's time, or of the token's.
      const patientUntil =
        caller.wants === 'obtain' && good ? Math.min(caller.patientUntil, (now() + endOf(good)) / 2) : undefined;
      account.waiting.set(caller, { patientUntil });
      return mayMint;
    },
    begin: (flight) => {
      flights.add(flight);
      Object.assign(of(flight.key), { flight, overdueAt: undefined });
    },
    isCurrent: (flight) => of(flight.key).flight === flight,
    land: (flight, token) => {
      const account = of(flight.key);
      flights.delete(flight);
      if (account.flight !== flight) return;
      account.flight = undefined;
      minted.push(token);
      account.good = now() < endOf(token) ? token : (goodOf(account) ?? token);
      account.refused = undefined;
      account.retryAt = 0;
      account.failure = undefined;
      for (const caller of account.waiting.keys()) tell(account, caller, tellToken(account.good));
    },
    fail: (flight, error) => {
      const account = of(flight.key);
      flights.delete(flight);
      if (account.flight !== flight) return;
      account.flight = undefined;
      if (error instanceof RetryLater) {
        account.retryAt = now() + error.pauseMs;
        account.failure = error.problem;
      }
      const isDenied = error instanceof RetryLater && error.problem?.code === 'vendor-auth-failed';
      if (!isDenied) account.good ??= account.refused;
      const good = goodOf(account);
      for (const caller of account.waiting.keys()) {
        tell(account, caller, caller.wants === 'obtain' && good ? tellToken(good) : tellFailure(error));
      }
    },
    pass: () => {
      for (const account of accounts.values()) {
        const good = goodOf(account);
        for (const [caller, { patientUntil }] of account.waiting) {
          const ends = now() >= (patientUntil ?? caller.endsAt);
          if (ends) tell(account, caller, patientUntil !== undefined && good ? tellToken(good) : OUT_OF_TIME);
        }
      }
    },
    nextEnd: () => {
      const waiting = [...accounts.values()].flatMap((account) => [...account.waiting]);
      const ends = waiting.flatMap(([{ endsAt }, { patientUntil }]) => [patientUntil ?? endsAt, endsAt]);
      return Math.min(Number.POSITIVE_INFINITY, ...ends.filter((at) => at > now()));
    },
  };
}
