import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSecretsManagerReader } from '../../../lib/credentials/secrets-manager.ts';
import { createDynamoTable } from '../../../lib/credentials/shared/dynamodb-table.ts';
import { createTransport, type Transport } from '../../../lib/http/transport.ts';
import { createMessageVisibility } from '../../../lib/queues/visibility.ts';
import { createEventBus } from '../../../lib/results/event-bus.ts';
import { systemClock } from '../../../lib/time/clock.ts';

/* Each client of AWS, over a socket, and what it says of a call that fails. */

const messageOf = (error: unknown) => (error as Error).message;

const CLIENTS = {
  SECRETS_MANAGER: (transport: Transport, signal: AbortSignal) =>
    createSecretsManagerReader(transport, systemClock)('a-secret', signal).catch(messageOf),
  EVENTBRIDGE: async (transport: Transport, signal: AbortSignal) => {
    const event = { source: 'contact-lookups', detailType: 'Lookup Failed', detail: '{}' } as const;
    return (await createEventBus('a-bus', transport, systemClock).put([event], signal))[0];
  },
  SQS: async (transport: Transport, signal: AbortSignal) => {
    const delays = [{ receiptHandle: 'a-receipt', seconds: 1 }];
    return (await createMessageVisibility(transport, systemClock).change('arn:aws:sqs:a:1:q', delays, signal))[0];
  },
  DYNAMODB: (transport: Transport) => {
    const times = { timeoutMs: 60_000, firstTimeoutMs: 60_000, retryTimeoutMs: 60_000 };
    const table = createDynamoTable({ table: 'a-table', transport, clock: systemClock, ...times });
    return table.get({ partition: 'a', item: 'b' }).catch(messageOf);
  },
};

type Service = keyof typeof CLIENTS;

/** The words around the cause. */
const SAID: Record<Service, (cause: string) => string> = {
  SECRETS_MANAGER: (cause) => `Secrets Manager did not give the secret (${cause}).`,
  EVENTBRIDGE: (cause) => cause,
  SQS: (cause) => cause,
  DYNAMODB: (cause) => `The shared store failed (${cause}).`,
};

/** How often each client asks: what may pass is asked for again. */
const ATTEMPTS: Record<Service, number> = { SECRETS_MANAGER: 2, EVENTBRIDGE: 3, SQS: 2, DYNAMODB: 2 };

async function ask(service: Service, answer?: RequestListener) {
  let requests = 0;
  const server = createServer((incoming, outgoing) => {
    requests += 1;
    incoming.resume();
    answer?.(incoming, outgoing);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await once(server.close(), 'close');
  };
  onTestFinished(close);
  // Nobody listens any more where nothing answers.
  if (!answer) await close();
  vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'an-id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-key');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const transport = createTransport(systemClock);
  onTestFinished(() => transport.close());
  return { said: await CLIENTS[service](transport, new AbortController().signal), requests: () => requests };
}

const html =
  (status: number): RequestListener =>
  (_, outgoing) =>
    outgoing.writeHead(status, { 'content-type': 'text/html' }).end('<html></html>');

describe.each(Object.keys(CLIENTS) as Service[])('a call of %s', (service) => {
  it('says that its connection was refused', async () => {
    const { said } = await ask(service);

    expect(said).toBe(SAID[service]('ECONNREFUSED'));
  });

  it.each([
    ['its connection was reset', 'ECONNRESET', ((incoming) => incoming.socket.resetAndDestroy()) as RequestListener],
    ['a proxy answered HTTP 502', 'HTTP 502', html(502)],
  ])('says that %s, and is tried again', async (_, cause, answer) => {
    const { said, requests } = await ask(service, answer);

    expect(said).toBe(SAID[service](cause));
    expect(requests()).toBe(ATTEMPTS[service]);
  });

  it.each([
    ['something else than AWS answered HTTP 200', 'HTTP 200', html(200)],
    ['something else than AWS answered HTTP 403', 'HTTP 403', html(403)],
    [
      'AWS denies access',
      'AccessDeniedException',
      ((_, outgoing) =>
        outgoing
          .writeHead(400)
          .end('{"__type":"AccessDeniedException","message":"arn:aws:secret"}')) as RequestListener,
    ],
  ])('says that %s, and is not tried again', async (_, cause, answer) => {
    const { said, requests } = await ask(service, answer);

    expect(said).toBe(SAID[service](cause));
    expect(requests()).toBe(1);
  });
});
