import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** How a connection ends without the function being told: the next bytes are answered by a reset, or by nothing. */
export type Death = 'reset' | 'silence';

/** A hop between a function and a server: bytes pass, until a test says otherwise. */
export interface Relay {
  /** Its address in place of the server's, without a slash at its end. */
  urlOf(server: string): string;
  /** How many connections have been made to it. */
  connections(): number;
  /** The connections that are open now die. Later ones are sound. */
  kill(death: Death): void;
  /** So many of the next connections are broken by their first bytes, with a reset or an end: within a TLS handshake. */
  breakNext(times: number, how: 'reset' | 'end'): void;
  /** From now on each request is answered by these bytes first, one write for each. */
  interrupt(...writes: readonly (string | Buffer)[]): void;
}

/** Starts one that ends with the test. It leads to one server, the one that it was asked for last. */
export async function startRelay(): Promise<Relay> {
  let target: URL | undefined;
  let made = 0;
  let toBreak = 0;
  let breakBy: 'reset' | 'end' = 'reset';
  let interruption: readonly (string | Buffer)[] = [];
  const deaths = new Map<Socket, Death | undefined>();

  const server = createServer((client) => {
    if (!target) throw new Error('The relay leads nowhere yet.');
    made += 1;
    if (toBreak > 0) {
      toBreak -= 1;
      const how = breakBy;
      client.on('error', () => undefined).once('data', () => (how === 'end' ? client.end() : client.resetAndDestroy()));
      return;
    }
    deaths.set(client, undefined);
    client.setNoDelay(true);
    const upstream = connect(Number(target.port), target.hostname);
    const end = () => {
      deaths.delete(client);
      client.destroy();
      upstream.destroy();
    };
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', end);
    client.on('data', async (bytes) => {
      const death = deaths.get(client);
      if (death === 'reset') client.resetAndDestroy();
      if (death) return;
      for (const written of interruption) {
        client.write(written);
        await new Promise(setImmediate);
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => client.write(bytes));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    for (const client of deaths.keys()) client.destroy();
  });
  const { port } = server.address() as AddressInfo;

  return {
    urlOf: (url) => {
      target = new URL(url);
      return `${target.protocol}//127.0.0.1:${port}`;
    },
    connections: () => made,
    kill: (death) => {
      for (const client of deaths.keys()) deaths.set(client, death);
    },
    breakNext: (times, how) => {
      [toBreak, breakBy] = [times, how];
    },
    interrupt: (...writes) => {
      interruption = writes;
    },
  };
}
