import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { readStack } from './stack.ts';

/** DynamoDB takes any. */
const SIGNATURE =
  'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=any';

/** The token store's table alone, as the stack has it. */
export interface DynamoDb {
  /** The value of AWS_ENDPOINT_URL_DYNAMODB. */
  readonly url: string;
  /** The value of TOKEN_STORE_TABLE. */
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
  const thread = new Worker(new URL('./dynamodb-thread.ts', import.meta.url), { workerData: { port } });
  const [url] = await once(thread, 'message');
  await createTokenTable(url, table);
  return { url, table, close: async () => void (await thread.terminate()) };
}

/**
 * The stack's table for tokens and sessions, but for its TTL, which dynalite does not know. Without the SDK, which the
 * shell's environment and the user's configuration of AWS would turn elsewhere.
 */
export async function createTokenTable(url: string, table: string): Promise<void> {
  const stack = (await readStack('token-store.js', 'table')) as {
    readonly TokenStoreTable: { readonly Properties: Readonly<Record<string, unknown>> };
  };
  const { BillingMode, AttributeDefinitions, KeySchema } = stack.TokenStoreTable.Properties;
  await askDynamoDb(url, 'CreateTable', { TableName: table, BillingMode, AttributeDefinitions, KeySchema });
  for (;;) {
    const { Table: created } = await askDynamoDb(url, 'DescribeTable', { TableName: table });
    if (created?.TableStatus === 'ACTIVE') return;
  }
}

interface DynamoDbAnswer {
  readonly Table?: { readonly TableStatus: string };
  readonly Items?: readonly Readonly<Record<string, unknown>>[];
}

/** One operation, answered by whatever the table says. @throws Error where DynamoDB refuses it */
export async function askDynamoDb(url: string, action: string, input: object): Promise<DynamoDbAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${action}`,
      'x-amz-date': '20260101T000000Z',
      authorization: SIGNATURE,
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`The local DynamoDB refused ${action}: ${await response.text()}`);
  return (await response.json()) as DynamoDbAnswer;
}
