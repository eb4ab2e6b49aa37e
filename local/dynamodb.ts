import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { listenOnLoopback } from './loopback.ts';
import { readStack } from './stack.ts';

/** DynamoDB takes any. */
const KEYS = { accessKeyId: 'any', secretAccessKey: 'any' };

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
  // Its own server lets every page of a browser in, and the table has sessions and tokens.
  const [answer] = dynalite({ createTableMs: 0 }).listeners('request') as Answer[];
  const { url, close } = await listenOnLoopback(async (...exchange) => answer?.(...exchange), { port });
  await createTokenTable(url, table);
  return { url, table, close };
}

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** The stack's table for tokens and sessions, but for its TTL, which dynalite does not know. */
export async function createTokenTable(url: string, table: string): Promise<void> {
  const stack = (await readStack('token-store.js', 'table')) as {
    readonly TokenStoreTable: { readonly Properties: Omit<CreateTableCommandInput, 'TableName'> };
  };
  const { BillingMode, AttributeDefinitions, KeySchema } = stack.TokenStoreTable.Properties;
  const client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials: KEYS });
  await client.send(new CreateTableCommand({ TableName: table, BillingMode, AttributeDefinitions, KeySchema }));
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName: table });
  client.destroy();
}
