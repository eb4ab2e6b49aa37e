import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { LOCAL_CREDENTIALS } from './secrets-manager.ts';
import { readStack } from './stack.ts';

/** Names of this machine, as they stand in a Host header. */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** The token store's table alone, as the stack has it. */
export interface DynamoDb {
  /** What AWS_ENDPOINT_URL_DYNAMODB takes. */
  readonly url: string;
  /** What TOKEN_STORE_TABLE takes. */
  readonly table: string;
  close(): Promise<void>;
}

export interface DynamoDbOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly table: string;
}

/**
 * DynamoDB on loopback: dynalite, in memory. It does not delete items by TTL.
 * @throws Error EADDRINUSE
 */
export async function startDynamoDb({ port, table }: DynamoDbOptions): Promise<DynamoDb> {
  const server = dynalite({ createTableMs: 0 });
  const [answer] = server.listeners('request') as ((incoming: IncomingMessage, outgoing: ServerResponse) => void)[];
  server.removeAllListeners('request').on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // dynalite lets every page of a browser in, and the table has sessions and tokens.
    if (incoming.headers.origin === undefined && LOOPBACK.test(incoming.headers.host ?? '')) {
      answer?.(incoming, outgoing);
      return;
    }
    outgoing.writeHead(403).end();
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await createTokenTable(url, table);
  return {
    url,
    table,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The stack's table for tokens and sessions, but for its TTL, which dynalite does not know. */
export async function createTokenTable(url: string, table: string): Promise<void> {
  const stack = (await readStack('token-store.js', 'table')) as {
    readonly TokenStoreTable: { readonly Properties: Omit<CreateTableCommandInput, 'TableName'> };
  };
  const { BillingMode, AttributeDefinitions, KeySchema } = stack.TokenStoreTable.Properties;
  const client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials: LOCAL_CREDENTIALS });
  await client.send(new CreateTableCommand({ TableName: table, BillingMode, AttributeDefinitions, KeySchema }));
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName: table });
  client.destroy();
}
