import { Problem } from '../problem.ts';
import type { Clock } from '../time/clock.ts';
import { startDeadline } from '../time/deadline.ts';
import { ageMs, type Moment } from '../time/moment.ts';
import { createFlights, type FlightTime } from './flights.ts';
import { LIFETIME_SHARE, LONGEST_WITH_GOOD_MS } from './pause.ts';
import type { Note } from './reasons.ts';
import type { Windows } from './windows.ts';

/** Who comes when a renewal has taken longer than this does not wait for it, with a good credential at hand. */
const SLOW_MS = 3_000;

/** What is kept: when it was had, and up to which age it serves. */
export interface Renewable extends Windows {
  readonly obtainedAt: Moment;
}

/** A failure, and for how long nobody shall ask again. Where it names no problem, another instance is at it. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly problem: Problem | undefined;
  /** Milliseconds from now on. */
  readonly pauseMs: number;

  constructor(pauseMs: number, problem?: Problem) {
    super('not now', { cause: problem });
    this.pauseMs = pauseMs;
    this.problem = problem;
  }
}

/** One who asks. */
export interface Asker<Value> {
  readonly time: FlightTime;
  readonly note: Note;
  /**
   * Gets another value, in the time of a flight; `last` is the last good one, if there is one.
   * @throws RetryLater where the failure is to be remembered; any other error is forgotten
   */
  mint(time: FlightTime, last: Value | undefined): Promise<Value>;
}

export interface CredentialCache<Value extends Renewable> {
  /** The value to use now; by its age it is renewed in the background, or waited for. */
  obtain(key: string, asker: Asker<Value>): Promise<Value>;
  /** Another value in place of one that is of no use any more. One renewal serves all who hold that same one. */
  replace(key: string, refused: Value, asker: Asker<Value>): Promise<Value>;
  /** A newer value than `stale`, which stays the last good one where there is no newer. */
  refresh(key: string, stale: Value, asker: Asker<Value>): Promise<Value>;
  forget(key: string): void;
}

interface Entry<Value> {
  last?: Value | undefined;
  /** One that the vendor refused, until its renewal has landed. */
  refused?: Value | undefined;
  /** By the monotonic clock. */
  retryAt: number;
  failure?: Problem | undefined;
}

/**
 * Values that a process keeps and renews in two windows: in the advisory one a single caller begins the renewal and
 * nobody waits, in the mandatory one all wait for it. A renewal that fails leaves the last good value in use until its
 * end, and is not tried again for a while. A failure without a good value is remembered for as long.
 */
export function createCredentialCache<Value extends Renewable>(clock: Clock): CredentialCache<Value> {
  const entries = new Map<string, Entry<Value>>();
  const hasEnded = ({ obtainedAt, usableMs }: Value) => ageMs(obtainedAt, clock) >= usableMs;
  const flights = createFlights<Value>(clock);

  const entryOf = (key: string): Entry<Value> => {
    const known = entries.get(key);
    if (known) return known;
    forgetEnded();
    const entry = { retryAt: Number.NEGATIVE_INFINITY };
    entries.set(key, entry);
    return entry;
  };

  const usable = ({ last }: Entry<Value>) => (last && !hasEnded(last) ? last : undefined);

  const isPaused = ({ retryAt }: Entry<Value>) => clock.monotonic() < retryAt;

  const pause = (entry: Entry<Value>, pauseMs: number, failure?: Problem) => {
    entry.retryAt = clock.monotonic() + pauseMs;
    entry.failure = failure;
  };

  const remember = (entry: Entry<Value>, error: unknown) => {
    const isDenied = error instanceof RetryLater && error.problem?.code === 'vendor-auth-failed';
    if (error instanceof RetryLater) pause(entry, error.pauseMs, error.problem);
    // The refusal may have been meant for the question alone: without a new one others go on with it.
    if (!isDenied) entry.last ??= entry.refused;
  };

  /** Values of rotated secrets are asked for by nobody: they leave when another key comes. */
  function forgetEnded(): void {
    for (const [key, entry] of entries) {
      const { last, refused } = entry;
      if (!isPaused(entry) && (!last || hasEnded(last)) && (!refused || hasEnded(refused))) entries.delete(key);
    }
  }

  /** The work of a flight: what it brings is kept, or why it failed. */
  const mint =
    (key: string, asker: Asker<Value>) =>
    async (time: FlightTime): Promise<Value> => {
      try {
        const value = await asker.mint(time, usable(entryOf(key)));
        // One that was given up may land late: by then another has taken its place.
        if (time.signal.aborted) return value;
        const good = usable(entryOf(key));
        // What is at its end already, or by its vendor's word from the first, is worse than what is there.
        const last = good && hasEnded(value) ? good : value;
        entries.set(key, { last, retryAt: Number.NEGATIVE_INFINITY });
        return last;
      } catch (error) {
        if (!time.signal.aborted) remember(entryOf(key), error);
        throw error;
      }
    };

  const join = async (key: string, asker: Asker<Value>, time = asker.time): Promise<Value> => {
    try {
      return await flights.join(key, time, mint(key, asker));
    } catch (error) {
      throw error instanceof RetryLater ? problemOf(error) : error;
    }
  };

  /** What the flight brings, or the last good value where it fails or takes longer than `time`. */
  const joinOrKeep = async (key: string, asker: Asker<Value>, time = asker.time): Promise<Value> => {
    try {
      return await join(key, asker, time);
    } catch (error) {
      const last = usable(entryOf(key));
      if (!last) throw error;
      asker.note('kept');
      return last;
    }
  };

  const renewOrKeep = async (key: string, asker: Asker<Value>, last: Value): Promise<Value> => {
    // Half of the time is left for what the credential is for, and half of what the last good one has.
    const usableMs = last.usableMs - ageMs(last.obtainedAt, clock);
    const patience = startDeadline(clock, Math.min(asker.time.left(), usableMs) / 2);
    try {
      return await joinOrKeep(key, asker, patience);
    } finally {
      patience.end();
    }
  };

  /** @throws Problem where the last failure is too recent to ask again */
  const awaitTurn = (entry: Entry<Value>, note: Note) => {
    const { retryAt, failure } = entry;
    if (!failure || !isPaused(entry)) return;
    note('backoff');
    throw problemOf(new RetryLater(retryAt - clock.monotonic(), failure));
  };

  return {
    obtain: async (key, asker) => {
      const { note } = asker;
      const entry = entryOf(key);
      const last = usable(entry);
      const age = last ? ageMs(last.obtainedAt, clock) : 0;
      if (last && age < last.advisoryMs) {
        note('held');
        return last;
      }
      if (!last) {
        awaitTurn(entry, note);
        note(entry.last ? 'expired' : 'first');
        return joinOrKeep(key, asker);
      }
      if (isPaused(entry)) {
        note('backoff');
        return last;
      }
      const flightMs = flights.ageMs(key);
      if (flightMs === Number.POSITIVE_INFINITY) {
        // It hangs, or its process was frozen: with a good one at hand nobody finds out which at once.
        pause(entry, Math.min(LONGEST_WITH_GOOD_MS, last.usableMs * LIFETIME_SHARE));
        note('kept');
        return last;
      }
      if (age < last.mandatoryMs) {
        note(flightMs === undefined ? 'advisory' : 'held');
        if (flightMs === undefined) flights.begin(key, mint(key, asker));
        return last;
      }
      if (flightMs !== undefined && flightMs >= SLOW_MS) {
        note('kept');
        return last;
      }
      note('mandatory');
      return renewOrKeep(key, asker, last);
    },
    replace: async (key, refused, asker) => {
      const entry = entryOf(key);
      const last = usable(entry);
      // A late refusal of an old one must not throw away the new one that another call has brought meanwhile.
      if (last && last !== refused) {
        asker.note('replaced');
        return last;
      }
      awaitTurn(entry, asker.note);
      if (entry.last === refused) {
        entry.refused = refused;
        entry.last = undefined;
      }
      asker.note('refused');
      return join(key, asker);
    },
    refresh: async (key, stale, asker) => {
      const last = usable(entryOf(key));
      return last && last !== stale ? last : join(key, asker);
    },
    forget: (key) => {
      entries.delete(key);
    },
  };
}

/** What is told to a caller who may not ask now. */
export function problemOf({ problem, pauseMs }: RetryLater): Problem {
  const retryAfterSeconds = Math.max(1, Math.ceil(pauseMs / 1000));
  if (problem) return problem.with({ retryAfterSeconds });
  return new Problem('vendor-unavailable', 'Another process is renewing the credential.', { retryAfterSeconds });
}
