import type { Deadline } from '../time/deadline.ts';

/** The time of a flight: that of whoever waits longest for it. */
export type FlightTime = Pick<Deadline, 'signal' | 'left'>;

interface Flight<Result> {
  readonly promise: Promise<Result>;
  readonly controller: AbortController;
  readonly waiting: Set<FlightTime>;
}

export interface Flights<Result> {
  /**
   * The result of `start`, run once for all who ask for the same key while it is under way. Each waits no longer than
   * its own time allows; the flight is aborted when nobody waits for it any more, so it needs no timer of its own.
   */
  join(key: string, time: FlightTime, start: (time: FlightTime) => Promise<Result>): Promise<Result>;
}

export function createFlights<Result>(): Flights<Result> {
  const flights = new Map<string, Flight<Result>>();

  function begin(key: string, first: FlightTime, start: (time: FlightTime) => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const waiting = new Set([first]);
    const left = () => Math.max(0, ...[...waiting].map((time) => time.left()));
    const flight = { promise: start({ signal: controller.signal, left }), controller, waiting };
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.promise.then(land, land);
    flights.set(key, flight);
    return flight;
  }

  return {
    join: async (key, time, start) => {
      time.signal.throwIfAborted();
      const flight = flights.get(key) ?? begin(key, time, start);
      flight.waiting.add(time);
      try {
        return await untilAborted(flight.promise, time.signal);
      } finally {
        flight.waiting.delete(time);
        if (flight.waiting.size === 0) {
          if (flights.get(key) === flight) flights.delete(key);
          flight.controller.abort();
        }
      }
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
