import { startAge } from '../time/age.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { type Connections, createConnections, isIdle } from './connections.ts';
import { directRoute } from './direct-route.ts';
import { dispatch } from './dispatch.ts';
import { errorCode, toFault } from './fault.ts';
import { hostAndPort } from './host-and-port.ts';
import type { ConnectionOptions, HttpAnswer, HttpRequest } from './message.ts';
import { readProxySettings } from './proxy-settings.ts';
import { watchSilence } from './silence.ts';

/** A connection that was closed while idle says so as soon as something is sent over it. Later, the vendor had the request. */
const CLOSED_WITHIN_MS = 1_000;
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** A kept connection can die without a word, if a proxy or a NAT drops it. Most answers begin sooner than this. */
const SILENT_AFTER_MS = 1_500;
/** A vendor that has been slower of late is given this many times as long. */
const PATIENCE = 2;
/** Addresses and certificates of accounts are few; a bound all the same, since secrets rotate. */
const MAX_ORIGINS = 32;

export interface SendOptions {
  /** Goes over no kept connection that the other side may have closed: what must not be sent twice could not be replayed. */
  readonly avoidIdle?: boolean;
  /** Gives up a connection that was idle and stays silent: the request is safe to retry, and there is time for it. */
  readonly leaveSilent?: boolean;
}

export interface Transport {
  /**
   * Sends once and reads the whole answer. Redirects are answers like any other.
   * @throws TransportFault, or the signal's reason once it is aborted.
   */
  send(
    request: HttpRequest,
    connection: ConnectionOptions,
    signal: AbortSignal,
    options?: SendOptions,
  ): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/**
 * @param timers measure how long a connection stays silent. Tests turn `clock`, and an answer that is on its way over a
 * socket does not come sooner for that.
 * @throws Error where the environment names a proxy by an address that is none
 */
export function createTransport(clock: Clock, timers: Pick<Clock, 'alarm'> = systemClock): Transport {
  const proxies = readProxySettings(process.env);
  const kept = new Map<string, Connections>();

  function connectionsTo(origin: string, options: ConnectionOptions, route: typeof directRoute): Connections {
    const key = `${origin} ${options.servername ?? ''} ${options.ca ?? ''}`;
    const known = kept.get(key);
    if (known) return known;
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size >= MAX_ORIGINS) {
      kept.get(oldest)?.close();
      kept.delete(oldest);
    }
    const connections = createConnections(route(origin, options), clock);
    kept.set(key, connections);
    return connections;
  }

  async function send(
    request: HttpRequest,
    options: ConnectionOptions,
    signal: AbortSignal,
    { avoidIdle = false, leaveSilent = false }: SendOptions = {},
  ): Promise<HttpAnswer> {
    const route = proxies ? (await import('./proxied-route.ts')).proxiedRoute(proxies) : directRoute;
    signal.throwIfAborted();
    const url = new URL(request.url);
    const connections = connectionsTo(url.origin, options, route);
    const connection = connections.take(avoidIdle);
    const wasIdle = isIdle(connection);
    const socketsBefore = connection.sockets();
    const silentAfterMs = Math.max(SILENT_AFTER_MS, PATIENCE * connections.slowestMs());
    const silence = wasIdle && leaveSilent ? watchSilence(connection, silentAfterMs, timers) : undefined;
    let sinceStart: (() => number) | undefined;
    let answered = false;
    try {
      const answer = await dispatch(connection.dispatcher, {
        url,
        request,
        signal: silence ? AbortSignal.any([signal, silence.signal]) : signal,
        clock,
        onStart: () => {
          connection.begin();
          sinceStart = startAge(clock);
        },
        onAnswer: () => {
          silence?.stop();
          answered = true;
          connections.noteAnswer(sinceStart?.() ?? 0);
        },
      });
      connections.keep(connection);
      return answer;
    } catch (error) {
      const metIdle = wasIdle && !answered && connection.sockets() === socketsBefore;
      connections.drop(connection);
      if (metIdle) connections.dropIdle();
      if (signal.aborted) throw signal.reason;
      const closed = metIdle && CLOSED.has(errorCode(error)) && (sinceStart?.() ?? 0) < CLOSED_WITHIN_MS;
      const proxy = connection.proxy();
      throw toFault(error, {
        address: hostAndPort(request.url),
        ...(proxy !== undefined && { proxy }),
        neverSent: sinceStart === undefined,
        ...(closed && { idle: 'closed' }),
        ...(silence?.signal.aborted && { idle: 'silent' }),
      });
    } finally {
      silence?.stop();
    }
  }

  return {
    send,
    close: async () => {
      await Promise.all([...kept.values()].map((connections) => connections.destroy()));
      kept.clear();
    },
  };
}
