interface Flight<Result> {
  readonly promise: Promise<Result>;
  readonly controller: AbortController;
  waiting: number;
}

export interface Flights<Result> {
  /**
   * The result of `start`, run once for all who ask for the same key while it is under way. Each waits no longer than
   * its own signal allows; the flight is aborted when nobody waits for it any more, so it needs no timer of its own.
   */
  join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
}

export function createFlights<Result>(): Flights<Result> {
  const flights = new Map<string, Flight<Result>>();

  function begin(key: string, start: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const promise = start(controller.signal);
    const flight = { promise, controller, waiting: 0 };
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    promise.then(land, land);
    flights.set(key, flight);
    return flight;
  }

  return {
    join: async (key, signal, start) => {
      signal.throwIfAborted();
      const flight = flights.get(key) ?? begin(key, start);
      flight.waiting += 1;
      try {
        return await untilAborted(flight.promise, signal);
      } finally {
        flight.waiting -= 1;
        if (flight.waiting === 0) {
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
