import { Agent, type Dispatcher } from 'undici';
import type { Clock } from '../time/clock.ts';
import { decodeText } from './decode.ts';
import type { ConnectionOptions, HttpAnswer, HttpRequest } from './message.ts';

/** Above this an answer is given up: no documented answer comes near it. */
const MAX_ANSWER_BYTES = 5 * 1024 * 1024;
/** A dead address is known sooner than the function's time ends, so that there is time to try again. */
const CONNECT_TIMEOUT_MS = 3_000;
/** Kept longer than Node's default of 4 s: calls of one desktop come further apart, and a replay covers the loss. */
const KEEP_ALIVE_MS = 60_000;
/** A connection that was used this recently was not closed for idleness. */
const IDLE_MS = 1_000;
/** Certificates of accounts are few; a bound all the same, since secrets rotate. */
const MAX_DISPATCHERS = 32;

/** No whole answer came over the connection. */
export class TransportFault extends Error {
  override readonly name = 'TransportFault';
  /** Error code of Node or undici, such as `ECONNRESET`. */
  readonly code: string;
  /** No connection was made, so the vendor cannot have seen the request. */
  readonly neverSent: boolean;
  /** The request met a kept connection that the other side had closed while it was idle. */
  readonly idleClosed: boolean;

  constructor(code: string, { neverSent = false, idleClosed = false, cause }: Partial<TransportFault> = {}) {
    super(code, { cause });
    this.code = code;
    this.neverSent = neverSent;
    this.idleClosed = idleClosed;
  }
}

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

interface Connections {
  readonly dispatcher: Agent;
  /** How many connections were made, and when one was last used: what tells a connection that was closed while idle. */
  readonly origins: Map<string, { made: number; lastUsedAt: number }>;
}

export function createTransport(clock: Clock): Transport {
  const pools = new Map<string, Connections>();

  function connectionsFor({ ca, servername }: ConnectionOptions): Connections {
    const key = keyOf({ ca, servername });
    const known = pools.get(key);
    if (known) return known;
    const connections: Connections = {
      dispatcher: new Agent({
        allowH2: false,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connect: { timeout: CONNECT_TIMEOUT_MS, ...(ca && { ca }), ...(servername && { servername }) },
      }),
      origins: new Map(),
    };
    connections.dispatcher.on('connect', (origin) => {
      const use = connections.origins.get(origin.origin);
      if (use) use.made += 1;
    });
    const oldest = pools.size >= MAX_DISPATCHERS ? pools.entries().next().value : undefined;
    if (oldest) {
      pools.delete(oldest[0]);
      void oldest[1].dispatcher.close();
    }
    pools.set(key, connections);
    return connections;
  }

  function isIdle({ origins }: Connections, origin: string): boolean {
    return clock.now() - (origins.get(origin)?.lastUsedAt ?? Number.POSITIVE_INFINITY) >= IDLE_MS;
  }

  /** Connections without a kept one; what is under way on the old ones ends there. */
  function renewConnections(options: ConnectionOptions): Connections {
    const old = connectionsFor(options);
    pools.delete(keyOf(options));
    void old.dispatcher.close();
    return connectionsFor(options);
  }

  async function send(
    request: HttpRequest,
    options: ConnectionOptions,
    signal: AbortSignal,
    { avoidIdle = false } = {},
  ): Promise<HttpAnswer> {
    const url = new URL(request.url);
    const kept = connectionsFor(options);
    const connections = avoidIdle && isIdle(kept, url.origin) ? renewConnections(options) : kept;
    const use = connections.origins.get(url.origin) ?? { made: 0, lastUsedAt: Number.POSITIVE_INFINITY };
    connections.origins.set(url.origin, use);
    const madeBefore = use.made;
    const wasIdle = isIdle(connections, url.origin);
    let answered = false;
    try {
      const response = await connections.dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      answered = true;
      const receivedAt = clock.now();
      const bytes = await readBody(response.body);
      const headers = lastValues(response.headers);
      return {
        status: response.statusCode,
        headers,
        cookies: [response.headers['set-cookie'] ?? []].flat(),
        text: decodeText(bytes, headers['content-type']),
        receivedAt,
      };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof TransportFault) throw error;
      throw toFault(error, wasIdle && !answered && use.made === madeBefore);
    } finally {
      use.lastUsedAt = clock.now();
    }
  }

  return {
    send,
    close: async () => {
      await Promise.all([...pools.values()].map(({ dispatcher }) => dispatcher.destroy()));
      pools.clear();
    },
  };
}

function keyOf({ ca, servername }: { ca?: string | undefined; servername?: string | undefined }): string {
  return JSON.stringify([ca, servername]);
}

async function readBody(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop destroys the stream, and with it the connection.
    if (length > MAX_ANSWER_BYTES) throw new TransportFault('ANSWER_TOO_LARGE');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function lastValues(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, (Array.isArray(value) ? value.at(-1) : value) ?? '']),
  );
}

/** Errors that end a connection's making: nothing of the request has left. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function toFault(error: unknown, onIdleConnection: boolean): TransportFault {
  const code = errorCode(error);
  return new TransportFault(code, {
    neverSent: NEVER_SENT.has(code) || isCertificateError(code),
    idleClosed: onIdleConnection && CLOSED.has(code),
    cause: error,
  });
}

/** Codes of Node's TLS for a certificate that is not trusted, not valid or of another name. */
export function isCertificateError(code: string): boolean {
  return /^(ERR_TLS|CERT_|ERR_SSL|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code);
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
