import type { Clock } from '../time/clock.ts';
import { type Deadline, DeadlinePassed } from '../time/deadline.ts';
import { ageMs, type Moment, thisMoment } from '../time/moment.ts';

/** The time of a flight: that of whoever waits longest for it, none where nobody waits. */
export type FlightTime = Pick<Deadline, 'signal' | 'left'>;

/** Older flights that nobody waits for are given up: their process may have been frozen, and their connection be dead. */
const FORSAKEN_MS = 5_000;
/** Older flights are given up though somebody waits: else one that hangs would hold up all who come for ever. */
const STUCK_MS = 10_000;
/** What a process needs to take in an answer that came while it was frozen. */
const THAW_MS = 1_000;

interface Flight<Result> {
  readonly promise: Promise<Result>;
  readonly controller: AbortController;
  readonly waiting: Set<FlightTime>;
  readonly beganAt: Moment;
  /** When somebody first saw that it takes too long, by the monotonic clock. */
  overdueAt?: number;
}

type Start<Result> = (time: FlightTime) => Promise<Result>;

/**
 * Work that is done once for all who ask for the same key while it is under way. It has no timer of its own, since none
 * may outlive an invocation: with nobody waiting it goes on for as long as the process runs, and the next to come looks
 * whether it has taken too long.
 */
export interface Flights<Result> {
  /** The result of the flight under way, or of `start`; waits no longer than its own time allows. */
  join(key: string, time: FlightTime, start: Start<Result>): Promise<Result>;
  /** Starts a flight that nobody waits for. The caller has seen that none is under way. */
  begin(key: string, start: Start<Result>): void;
  /**
   * How many milliseconds ago the flight under way began; undefined where there is none. One that nobody waits for and
   * that takes too long is given up where it does so for a while in which the process was awake: its answer may have come
   * in a freeze. Then the age is infinite, once.
   */
  ageMs(key: string): number | undefined;
}

export function createFlights<Result>(clock: Clock): Flights<Result> {
  const flights = new Map<string, Flight<Result>>();

  const isOverdue = ({ beganAt, waiting }: Flight<Result>) =>
    ageMs(beganAt, clock) >= (waiting.size > 0 ? STUCK_MS : FORSAKEN_MS);

  function giveUp(key: string, { controller }: Flight<Result>): void {
    flights.delete(key);
    controller.abort(new DeadlinePassed());
  }

  /** The flight to wait for. One that takes too long is not: who waits has nothing better. */
  function underWay(key: string): Flight<Result> | undefined {
    const flight = flights.get(key);
    if (!flight || !isOverdue(flight)) return flight;
    giveUp(key, flight);
    return undefined;
  }

  function start(key: string, work: Start<Result>, first?: FlightTime): Flight<Result> {
    const controller = new AbortController();
    const waiting = new Set(first ? [first] : []);
    const left = () => Math.max(0, ...[...waiting].map((time) => time.left()));
    const promise = work({ signal: controller.signal, left });
    const flight = { promise, controller, waiting, beganAt: thisMoment(clock) };
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    promise.then(land, land);
    flights.set(key, flight);
    return flight;
  }

  return {
    join: async (key, time, work) => {
      for (;;) {
        time.signal.throwIfAborted();
        const flight = underWay(key) ?? start(key, work, time);
        const givenUp = flight.controller.signal;
        flight.waiting.add(time);
        try {
          return await untilAborted(flight.promise, AbortSignal.any([time.signal, givenUp]));
        } catch (error) {
          // Another follows one that is given up, and all wait for that.
          if (time.signal.aborted || !givenUp.aborted) throw error;
        } finally {
          flight.waiting.delete(time);
        }
      }
    },
    begin: (key, work) => {
      start(key, work);
    },
    ageMs: (key) => {
      const flight = flights.get(key);
      if (!flight) return undefined;
      const age = ageMs(flight.beganAt, clock);
      // One that somebody waits for is theirs to give up.
      if (flight.waiting.size > 0 || !isOverdue(flight)) return age;
      flight.overdueAt ??= clock.monotonic();
      if (clock.monotonic() - flight.overdueAt < THAW_MS) return age;
      giveUp(key, flight);
      return Number.POSITIVE_INFINITY;
    },
  };
}

function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
