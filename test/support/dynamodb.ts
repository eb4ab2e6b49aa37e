import { once } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { onTestFinished } from 'vitest';
import { createDynamoStore } from '../../lib/credentials/shared/dynamodb.ts';
import { createTransport } from '../../lib/http/transport.ts';
import { createTokenTable } from '../../local/dynamodb.ts';
import { AWS_KEYS } from './aws-keys.ts';
import { createTestClock } from './clock.ts';

const REGION = 'eu-central-1';
const TABLE = 'shared-store';

/** A DynamoDB with the stack's table for tokens, empty. It does not delete by TTL. */
export interface Dynamo {
  /** What AWS_ENDPOINT_URL_DYNAMODB takes. */
  readonly url: string;
  readonly table: string;
  /** For looking at what is really in the table. */
  readonly client: DynamoDBClient;
  /** How many requests of an operation (`GetItem`, …) came, also those that failed or hang. */
  count(operation: string): number;
  /** From now on requests come in and are never answered. */
  hang(): void;
  /** How many of those have a client that waits. */
  hanging(): number;
  /** From now on requests fail with this status and exception; those of one operation alone where it is named. */
  fail(status: number, exception?: string, operation?: string): void;
  /** The next requests, as many as `times`, have their connection reset. */
  reset(times: number): void;
  /** The next request of an operation does its work, and is never answered. */
  swallow(operation: string): void;
  /** The next requests of an operation, as many as `times`, wait for a call of the function that this gives. */
  hold(operation: string, times: number): () => void;
  /** From now on requests are answered again; those that hang are not. */
  recover(): void;
}

type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** Starts one that ends with the test, and points the environment of the SDK to it. */
export async function startDynamo(): Promise<Dynamo> {
  const requests: string[] = [];
  let fault: Listener | undefined;
  let resets = 0;
  const swallowed: string[] = [];
  const held: { operation: string; answerAll: Promise<void> }[] = [];
  let hanging = 0;

  const leaveHanging = (incoming: IncomingMessage) => {
    hanging += 1;
    incoming.socket.once('close', () => {
      hanging -= 1;
    });
  };

  const server = dynalite({ createTableMs: 0 });
  const [answer] = server.listeners('request') as Listener[];
  server.removeAllListeners('request').on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    requests.push(String(incoming.headers['x-amz-target']).replace(/^.*\./, ''));
    if (resets > 0) {
      resets -= 1;
      incoming.socket.resetAndDestroy();
      return;
    }
    if (swallowed.includes(requests.at(-1) ?? '')) {
      swallowed.splice(swallowed.indexOf(requests.at(-1) ?? ''), 1);
      leaveHanging(incoming);
      // Of no socket: what is written there goes nowhere.
      answer?.(incoming, new ServerResponse(incoming));
      return;
    }
    const hold = held.findIndex(({ operation }) => operation === requests.at(-1));
    if (hold >= 0) {
      hanging += 1;
      held.splice(hold, 1)[0]?.answerAll.then(() => {
        hanging -= 1;
        answer?.(incoming, outgoing);
      });
      return;
    }
    (fault ?? answer)?.(incoming, outgoing);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = url;
  process.env['AWS_REGION'] = REGION;
  process.env['AWS_ACCESS_KEY_ID'] = AWS_KEYS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = AWS_KEYS.secretAccessKey;

  const client = new DynamoDBClient({ endpoint: url, region: REGION, credentials: AWS_KEYS });
  onTestFinished(async () => {
    client.destroy();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  await createTokenTable(url, TABLE);

  return {
    url,
    table: TABLE,
    client,
    count: (operation) => requests.filter((request) => request === operation).length,
    hang: () => {
      fault = leaveHanging;
    },
    hanging: () => hanging,
    fail: (status, exception = 'InternalServerError', operation = '') => {
      fault = (incoming, outgoing) => {
        if (!requests.at(-1)?.startsWith(operation)) {
          answer?.(incoming, outgoing);
          return;
        }
        incoming.resume();
        outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
        outgoing.end(
          JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${exception}`, message: FAULT_MESSAGE }),
        );
      };
    },
    reset: (times) => {
      resets = times;
    },
    swallow: (operation) => {
      swallowed.push(operation);
    },
    hold: (operation, times) => {
      const { promise: answerAll, resolve } = Promise.withResolvers<void>();
      for (let each = 0; each < times; each += 1) held.push({ operation, answerAll });
      return resolve;
    },
    recover: () => {
      fault = undefined;
    },
  };
}

/** What failing requests say: as DynamoDB's own messages, more than a log or a caller shall see. */
export const FAULT_MESSAGE = 'User: arn:aws:sts::123456789012:assumed-role/a-role is not authorized';

/**
 * A store over one, as one process has it, and more processes with the same table. Its time-outs pass when the test turns
 * the clock, not before.
 */
export async function startDynamoStore() {
  const dynamo = await startDynamo();
  const clock = createTestClock({ skipWaitsMs: 0 });
  const startProcess = () => {
    const transport = createTransport(clock);
    onTestFinished(() => transport.close());
    return createDynamoStore({ table: dynamo.table, transport, clock });
  };
  return { dynamo, clock, store: startProcess(), startProcess };
}
