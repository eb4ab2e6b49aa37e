import { Client, type Dispatcher } from 'undici';
import { startAge } from '../time/age.ts';
import type { Clock } from '../time/clock.ts';
import type { Connector } from './connector.ts';
import { skipInterimResponses } from './interim-responses.ts';

/** Kept longer than Node's default of 4 s: calls of one desktop come further apart, and a replay covers the loss. */
export const KEEP_ALIVE_MS = 60_000;

/** One connection, for one request at a time. */
export interface Connection {
  readonly dispatcher: Dispatcher;
  /** Host and port of the proxy that it goes through; known once it is made. */
  proxy(): string | undefined;
  /** Whether it has a socket that is open, as far as this process knows. */
  isOpen(): boolean;
  /** How many sockets it has had: undici replaces one that it finds closed before it sends. */
  sockets(): number;
  /** Milliseconds since its last request ended. */
  idleMs(): number;
  /** To be called when a request is about to be written to it. */
  begin(): void;
  /** To be called when its request has ended well. */
  rest(): void;
  end(): Promise<void>;
}

/** The way to a server: directly or through a proxy. */
export type OpenRoute = (createClient: CreateClient) => Pick<Connection, 'dispatcher' | 'proxy'>;
export type CreateClient = (origin: string | URL, connect: Connector) => Client;

/** @param onClosed called when its socket has closed, whoever closed it */
export function createConnection(openRoute: OpenRoute, clock: Clock, onClosed: () => void): Connection {
  let open = false;
  let sockets = 0;
  let expectResponse = () => {};
  let idleMs = startAge(clock);

  const { dispatcher, proxy } = openRoute((origin, connect) => {
    const client = new Client(origin, {
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: (options, callback) =>
        connect(options, (...made) => {
          const [, socket] = made;
          if (socket) expectResponse = skipInterimResponses(socket);
          callback(...made);
        }),
    });
    client.on('connect', () => {
      open = true;
      sockets += 1;
    });
    client.on('disconnect', () => {
      open = false;
      onClosed();
    });
    return client;
  });

  return {
    dispatcher,
    proxy,
    isOpen: () => open,
    sockets: () => sockets,
    idleMs: () => idleMs(),
    begin: () => expectResponse(),
    rest: () => {
      idleMs = startAge(clock);
    },
    end: () => dispatcher.destroy(),
  };
}
