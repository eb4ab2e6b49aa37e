import { Pool } from 'undici';
import type { Clock } from '../time/clock.ts';
import { dispatch } from './dispatch.ts';
import { toFault } from './fault.ts';
import type { ConnectionOptions, HttpAnswer, HttpRequest } from './message.ts';

/** A dead address is known sooner than the function's time ends, so that there is time to try again. */
const CONNECT_TIMEOUT_MS = 3_000;
/** Kept longer than Node's default of 4 s: calls of one desktop come further apart, and a replay covers the loss. */
const KEEP_ALIVE_MS = 60_000;
/** A connection that was used this recently was not closed for idleness. */
const IDLE_MS = 1_000;
/** One that was closed while idle says so as soon as something is sent over it. Later, the other side had the request. */
const CLOSED_WITHIN_MS = 1_000;
/** Addresses and certificates of accounts are few; a bound all the same, since secrets rotate. */
const MAX_POOLS = 32;

export interface Transport {
  /**
   * Sends once and reads the whole answer. Redirects are answers like any other. With `avoidIdle` it goes over no kept
   * connection that the other side may have closed meanwhile: what must not be sent twice could not be replayed.
   * @throws TransportFault, or the signal's reason once it is aborted.
   */
  send(
    request: HttpRequest,
    connection: ConnectionOptions,
    signal: AbortSignal,
    options?: { readonly avoidIdle?: boolean },
  ): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** The kept connections to one origin, as one account trusts it. */
interface Connections {
  readonly pool: Pool;
  /** How many connections were made, and when one was last used: what tells a connection that was closed while idle. */
  made: number;
  lastUsedAt: number;
}

export function createTransport(clock: Clock): Transport {
  const kept = new Map<string, Connections>();

  function connectionsTo(origin: string, { ca, servername }: ConnectionOptions, avoidIdle: boolean): Connections {
    const key = `${origin} ${servername ?? ''} ${ca ?? ''}`;
    const known = kept.get(key);
    if (known && !(avoidIdle && isIdle(known))) return known;
    forget(known ? key : kept.size >= MAX_POOLS ? kept.keys().next().value : undefined);
    const connections: Connections = {
      pool: new Pool(origin, {
        allowH2: false,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connect: { timeout: CONNECT_TIMEOUT_MS, ...(ca && { ca }), ...(servername && { servername }) },
      }),
      made: 0,
      lastUsedAt: Number.POSITIVE_INFINITY,
    };
    connections.pool.on('connect', () => {
      connections.made += 1;
    });
    kept.set(key, connections);
    return connections;
  }

  /** What is under way on forgotten connections ends there. */
  function forget(key: string | undefined): void {
    if (key === undefined) return;
    void kept.get(key)?.pool.close();
    kept.delete(key);
  }

  function isIdle({ lastUsedAt }: Connections): boolean {
    return clock.now() - lastUsedAt >= IDLE_MS;
  }

  async function send(
    request: HttpRequest,
    options: ConnectionOptions,
    signal: AbortSignal,
    { avoidIdle = false } = {},
  ): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const url = new URL(request.url);
    const connections = connectionsTo(url.origin, options, avoidIdle);
    const madeBefore = connections.made;
    const wasIdle = isIdle(connections);
    const sentAt = clock.now();
    let answered = false;
    const onAnswer = () => {
      answered = true;
    };
    try {
      return await dispatch(connections.pool, { url, request, signal, clock, onAnswer });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const atOnce = clock.now() - sentAt < CLOSED_WITHIN_MS;
      throw toFault(error, wasIdle && atOnce && !answered && connections.made === madeBefore);
    } finally {
      connections.lastUsedAt = clock.now();
    }
  }

  return {
    send,
    close: async () => {
      await Promise.all([...kept.values()].map(({ pool }) => pool.destroy()));
      kept.clear();
    },
  };
}
