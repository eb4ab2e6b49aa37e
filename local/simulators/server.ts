import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type LoopbackOptions, listenOnLoopback, readBody } from '../loopback.ts';

/** A request as it came over the socket: the bytes of its body, header names in lower case. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Milliseconds since the epoch, by the simulator's own clock. */
  readonly at: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** What goes wrong with the next requests whose path contains `path`. Without a status or body the vendor's own answer stands. */
export interface Fault {
  readonly path?: string;
  /** How many requests it meets; default 1. */
  readonly times?: number;
  readonly delayMs?: number;
  /** Answer not before this settles; for tests. */
  readonly until?: Promise<unknown>;
  /** Reset the connection instead of answering. */
  readonly reset?: boolean;
  /** Reset the connection in the middle of the answer's body. */
  readonly truncate?: boolean;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A case of this vendor's own, by its name in the simulator's file. */
  readonly vendorCase?: string;
}

/** What one vendor's simulator adds to the server that all share. */
export interface VendorSimulation {
  readonly name: string;
  answer(request: ReceivedRequest, vendorCase: string | undefined): Answer | Promise<Answer>;
  /** `POST /__control/state`: turns the vendor's own state (forget tokens, drop sessions, …). */
  setState?(state: Record<string, unknown>): void;
}

export interface SimulatorClock {
  now(): number;
  advance(milliseconds: number): void;
}

export interface SimulatorOptions extends LoopbackOptions {
  /** How many of the last requests it remembers; default all. */
  readonly maxRequests?: number;
  readonly clock?: SimulatorClock;
}

export interface Simulator {
  readonly name: string;
  /** Address of the vendor, without a slash at its end. */
  readonly url: string;
  readonly requests: ReceivedRequest[];
  readonly clock: SimulatorClock;
  fail(fault: Fault): void;
  /** Requests that wait for the `until` of their fault. */
  held(): number;
  setState(state: Record<string, unknown>): void;
  /** Forgets faults and recorded requests. */
  reset(): void;
  close(): Promise<void>;
}

export function createClock(): SimulatorClock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
  };
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(value),
  };
}

/**
 * A vendor on loopback. Its control address, `<url>/__control/`, takes
 * `POST faults` (a Fault), `POST state`, `POST clock` (`{ "advanceSeconds": 60 }`), `GET requests` and `DELETE` of all.
 */
export async function startSimulator(
  createSimulation: (clock: SimulatorClock) => VendorSimulation,
  options: SimulatorOptions = {},
): Promise<Simulator> {
  const clock = options.clock ?? createClock();
  const simulation = createSimulation(clock);
  const requests: ReceivedRequest[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  let held = 0;

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await read(incoming, clock);
    if (request.path.startsWith('/__control/')) {
      send(outgoing, control(request));
      return;
    }
    requests.push(request);
    if (requests.length > (options.maxRequests ?? Number.POSITIVE_INFINITY)) requests.shift();
    const fault = takeFault(request.path);
    if (fault?.delayMs) await delay(fault.delayMs, undefined, { ref: false });
    if (fault?.until) await hold(incoming, fault.until);
    if (fault?.reset) {
      incoming.socket.resetAndDestroy();
      return;
    }
    const answered =
      fault?.status === undefined && fault?.body === undefined
        ? await simulation.answer(request, fault?.vendorCase)
        : {
            status: fault.status ?? 200,
            headers: { 'content-type': 'application/json', ...fault.headers },
            body: fault.body ?? '',
          };
    if (fault?.truncate) {
      outgoing.writeHead(answered.status, { ...answered.headers, 'content-length': '1000000' } as never);
      outgoing.write(Buffer.from(answered.body ?? '').subarray(0, 16), () => incoming.socket.resetAndDestroy());
      return;
    }
    send(outgoing, answered);
  }

  async function hold({ socket }: IncomingMessage, until: Promise<unknown>): Promise<void> {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    held += 1;
    await Promise.race([until, closed]);
    held -= 1;
  }

  function takeFault(path: string): Fault | undefined {
    const index = faults.findIndex(({ fault }) => path.includes(fault.path ?? ''));
    const entry = faults[index];
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) faults.splice(index, 1);
    return entry.fault;
  }

  function control({ method, path, body }: ReceivedRequest): Answer {
    const command = `${method} ${path.slice('/__control/'.length)}`;
    const value = body.length > 0 ? JSON.parse(body.toString('utf8')) : {};
    switch (command) {
      case 'POST faults':
        simulator.fail(value);
        return json(200, { faults: faults.length });
      case 'POST state':
        simulator.setState(value);
        return json(200, {});
      case 'POST clock':
        clock.advance(Number(value.advanceSeconds) * 1000);
        return json(200, { now: new Date(clock.now()).toISOString() });
      case 'GET requests':
        return json(
          200,
          requests.map((each) => ({ method: each.method, path: each.path, at: each.at })),
        );
      case 'DELETE ':
        simulator.reset();
        return json(200, {});
      default:
        return json(404, { error: `no control command ${command}` });
    }
  }

  const { url, close } = await listenOnLoopback(handle, options);
  const simulator: Simulator = {
    name: simulation.name,
    url,
    requests,
    clock,
    fail: (fault) => {
      faults.push({ fault, left: fault.times ?? 1 });
    },
    held: () => held,
    setState: (state) => simulation.setState?.(state),
    reset: () => {
      faults.length = 0;
      requests.length = 0;
    },
    close,
  };
  return simulator;
}

async function read(incoming: IncomingMessage, clock: SimulatorClock): Promise<ReceivedRequest> {
  const at = clock.now();
  const url = new URL(incoming.url ?? '/', 'http://simulator');
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: await readBody(incoming),
    at,
  };
}

function send(outgoing: ServerResponse, { status, headers, body = '' }: Answer): void {
  outgoing.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers } as never);
  outgoing.end(body);
}
