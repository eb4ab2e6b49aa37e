import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** One request to a proxy: `CONNECT host:port`, or a method and the origin of a whole URL. */
export interface Asked {
  readonly line: string;
  readonly authorization: string | undefined;
}

export interface LocalProxy {
  /** Host and port. */
  readonly address: string;
  readonly asked: Asked[];
  /** From now on it refuses all with this status. */
  refuse(status: number): void;
  /** The next request for a tunnel gets no answer. */
  ignoreOne(): void;
}

interface ProxyOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Where a host and port are, if not where their names say: a proxy resolves names itself. */
  readonly places?: ReadonlyMap<string, string>;
}

/** A proxy on loopback: tunnels by CONNECT, and plain HTTP by whole URLs (RFC 9112, 3.2.2). It ends with the test. */
export async function startProxy({ tls, places = new Map() }: ProxyOptions = {}): Promise<LocalProxy> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  let refusal: number | undefined;
  let ignored = 0;
  const placeOf = (host: string) => new URL(`tcp://${places.get(host) ?? host}`);

  const server = tls ? createTlsServer(tls) : createServer();
  server.on('request', (incoming, outgoing) => {
    const url = new URL(incoming.url ?? '');
    asked.push({ line: `${incoming.method} ${url.origin}`, authorization: incoming.headers['proxy-authorization'] });
    if (refusal !== undefined) {
      outgoing.writeHead(refusal).end();
      return;
    }
    const { hostname, port } = placeOf(url.host);
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = incoming.headers;
    const onward = request({ hostname, port, path: url.pathname + url.search, method: incoming.method, headers });
    onward.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on('connect', (incoming, client: Socket) => {
    asked.push({ line: `CONNECT ${incoming.url}`, authorization: incoming.headers['proxy-authorization'] });
    client.on('error', () => undefined);
    if (ignored > 0) {
      ignored -= 1;
      return;
    }
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = placeOf(incoming.url ?? '');
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'));
    client.on('close', () => upstream.destroy());
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    asked,
    refuse: (status) => {
      refusal = status;
    },
    ignoreOne: () => {
      ignored += 1;
    },
  };
}
