import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/**
 * How every server of local/ listens: on loopback, for programs of this machine and for pages that the server itself
 * serves. A browser lets any web page send requests to loopback, and by a name of its own (DNS rebinding) read the
 * answers: a page must neither use a vendor account nor read a secret.
 */

/** @returns a promise that is rejected where the connection is to be closed without an answer */
export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

export interface LoopbackOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number | undefined;
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

export interface LoopbackServer {
  readonly url: string;
  close(): Promise<void>;
}

/** @throws Error EADDRINUSE, EACCES */
export async function listenOnLoopback(listener: Listener, options: LoopbackOptions = {}): Promise<LoopbackServer> {
  const { port = 0, tls } = options;
  const scheme = tls ? 'https' : 'http';

  function handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const refusal = refuse(incoming, scheme);
    if (refusal) {
      sendRefusal(outgoing, refusal);
      return;
    }
    if (incoming.headers.expect) outgoing.writeContinue();
    listener(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error));
  }

  const server = tls ? createHttpsServer(tls, handle) : createServer(handle);
  // Otherwise Node.js asks for the body before the request is looked at.
  server.on('checkContinue', handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Refusal {
  readonly status: 403 | 415;
  readonly code: 'forbidden-origin' | 'invalid-input';
  readonly title: string;
  readonly detail: string;
}

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
/** Also `x-amz-json-1.1` of AWS's services and `cloudevents+json`. A page needs a preflight for each of them. */
const JSON_TYPE = /^application\/(json|x-amz-json-1\.[01]|[\w.-]+\+json)\s*(;|$)/i;

function refuse({ method, url = '', headers, headersDistinct }: IncomingMessage, scheme: string): Refusal | undefined {
  const [host = '', ...otherHosts] = headersDistinct['host'] ?? [];
  if (!LOOPBACK_HOST.test(host) || otherHosts.length > 0 || !url.startsWith('/')) {
    return forbid('Host names another machine. Use localhost, 127.0.0.1 or [::1].');
  }
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `${scheme}://${host}`.toLowerCase()) {
    return forbid('A page of another origin sent this request. Use a page of this address, or a program.');
  }
  // A browser sends no Origin with what a page embeds: images, scripts, frames. A link that a user follows is harmless.
  const { 'sec-fetch-site': site = 'none', 'sec-fetch-dest': destination } = headers;
  if (site !== 'none' && site !== 'same-origin' && destination !== 'document') {
    return forbid('A page of another site sent this request. Use a page of this address, or a program.');
  }
  // No page can set Authorization without a preflight: AWS clients sign, and some of them name no content type.
  if (method === 'POST' && !JSON_TYPE.test(headers['content-type'] ?? '') && headers.authorization === undefined) {
    return {
      status: 415,
      code: 'invalid-input',
      title: 'The request is not valid',
      detail: 'The content type is not JSON. Send content-type: application/json.',
    };
  }
  return undefined;
}

const forbid = (detail: string): Refusal => ({
  status: 403,
  code: 'forbidden-origin',
  title: 'Only programs and pages of this machine are answered',
  detail,
});

/** As a problem of the functions (docs/problems.md). Nothing of the body was read, so the connection ends. */
function sendRefusal(outgoing: ServerResponse, refusal: Refusal): void {
  outgoing.writeHead(refusal.status, { 'content-type': 'application/problem+json', connection: 'close' });
  outgoing.end(
    JSON.stringify({
      type: `urn:contact-lookups:problem:${refusal.code}`,
      ...refusal,
      instance: `urn:uuid:${randomUUID()}`,
      retryable: false,
    }),
  );
}

/**
 * Reads a body to its end, also one over the limit, so that its sender gets the answer.
 * @returns undefined for a body over the limit
 */
export function readBody(incoming: IncomingMessage): Promise<Buffer>;
export function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer | undefined>;
export function readBody(incoming: IncomingMessage, maxBytes = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
    });
    incoming.once('end', () => resolve(bytes <= maxBytes ? Buffer.concat(chunks) : undefined));
    incoming.once('error', reject);
  });
}
