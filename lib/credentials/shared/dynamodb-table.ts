import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Transport } from '../../http/transport.ts';
import type { Clock } from '../../time/clock.ts';
import { readRoleCredentials } from '../role-credentials.ts';
import { awsFailure, createSdkHttpHandler } from '../sdk-http.ts';
import { type ItemKey, StoreUnavailable } from './store.ts';

/** What throttling is called in https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const BUSY = new Set(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException']);

export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Write {
  /** Expressions with `#attribute` for every attribute: whatever words DynamoDB reserves, these are none of them. */
  readonly update: string;
  readonly condition: string;
  readonly values: Readonly<Record<`:${string}`, number | string | Uint8Array>>;
}

interface Connection {
  readonly sdk: typeof import('@aws-sdk/client-dynamodb');
  readonly client: DynamoDBClient;
  readonly options: { readonly abortSignal: AbortSignal };
}

export interface DynamoTableOptions {
  /** A table with the partition key `pk` and the sort key `sk`, both S. */
  readonly table: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Time-out of an operation, in milliseconds. */
  readonly timeoutMs: number;
  /** Time-out until one operation has succeeded: the first one connects. */
  readonly firstTimeoutMs: number;
  /** Time-out of the one retry. */
  readonly retryTimeoutMs: number;
}

/** Every operation @throws StoreUnavailable */
export interface DynamoTable {
  /** The item's attributes, none where there is no item. */
  get(key: ItemKey): Promise<Attributes>;
  query(partition: string): Promise<Attributes[]>;
  /** The item after the write; undefined, and nothing written, where the condition does not hold. */
  write(key: ItemKey, write: Write): Promise<Attributes | undefined>;
}

/**
 * A table of DynamoDB: strongly consistent reads, conditional writes. An operation that is slow, or that DynamoDB fails, is
 * sent once more: on a busy machine slowness says little of DynamoDB, and an instance without the table requests tokens
 * beside the others. So every write has a condition that also holds after the same write. Once a retry has failed, nothing is
 * retried until an operation succeeds. The SDK is loaded with the first operation.
 */
export function createDynamoTable({
  table,
  transport,
  clock,
  timeoutMs,
  firstTimeoutMs,
  retryTimeoutMs,
}: DynamoTableOptions): DynamoTable {
  let client: DynamoDBClient | undefined;
  let answered = false;
  let down = false;

  async function connect() {
    const sdk = await import('@aws-sdk/client-dynamodb');
    client ??= new sdk.DynamoDBClient({
      credentials: readRoleCredentials,
      maxAttempts: 1,
      requestHandler: createSdkHttpHandler(transport, clock),
    });
    return { sdk, client };
  }

  async function ask<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    // Outside of the time-out: it is work of this instance, which says nothing of DynamoDB.
    const connected = await connect();
    const send = (milliseconds: number) =>
      inTime(milliseconds, (abortSignal) => work({ ...connected, options: { abortSignal } }));
    try {
      const result = await send(answered ? timeoutMs : firstTimeoutMs).catch((error: unknown) => {
        if (down || !mayPass(error)) throw error;
        return send(retryTimeoutMs);
      });
      answered = true;
      down = false;
      return result;
    } catch (error) {
      down = mayPass(error);
      throw toUnavailable(error);
    }
  }

  /** Gives up when the time is over, whatever is still under way then. */
  async function inTime<Result>(milliseconds: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController();
    const late = Promise.withResolvers<never>();
    const stop = clock.alarm(milliseconds, () => {
      late.reject(new StoreUnavailable('The shared store did not answer in its time.'));
      controller.abort();
    });
    try {
      return await Promise.race([work(controller.signal), late.promise]);
    } finally {
      stop();
    }
  }

  return {
    get: (key) =>
      ask(async ({ sdk, client, options }) => {
        const command = new sdk.GetItemCommand({ TableName: table, Key: toKey(key), ConsistentRead: true });
        const { Item: attributes = {} } = await client.send(command, options);
        return attributes;
      }),

    query: (partition) =>
      ask(async ({ sdk, client, options }) => {
        const items: Attributes[] = [];
        let next: Record<string, AttributeValue> | undefined;
        do {
          const command = new sdk.QueryCommand({
            TableName: table,
            KeyConditionExpression: '#pk = :pk',
            ExpressionAttributeNames: { '#pk': 'pk' },
            ExpressionAttributeValues: { ':pk': { S: partition } },
            ConsistentRead: true,
            ExclusiveStartKey: next,
          });
          const page = await client.send(command, options);
          items.push(...(page.Items ?? []));
          next = page.LastEvaluatedKey;
        } while (next);
        return items;
      }),

    write: (key, { update, condition, values }) =>
      ask(async ({ sdk, client, options }) => {
        const command = new sdk.UpdateItemCommand({
          TableName: table,
          Key: toKey(key),
          UpdateExpression: update,
          ConditionExpression: condition,
          ExpressionAttributeNames: namesIn(`${update} ${condition}`),
          ExpressionAttributeValues: toAttributes(values),
          ReturnValues: 'ALL_NEW',
        });
        try {
          const { Attributes: attributes = {} } = await client.send(command, options);
          return attributes;
        } catch (error) {
          if (awsFailure(error) === 'ConditionalCheckFailedException') return undefined;
          throw error;
        }
      }),
  };
}

const toKey = ({ partition, item }: ItemKey) => ({ pk: { S: partition }, sk: { S: item } });

function namesIn(expressions: string): Record<string, string> {
  return Object.fromEntries((expressions.match(/#\w+/g) ?? []).map((name) => [name, name.slice(1)]));
}

function toAttributes(values: Write['values']): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toAttribute(value)]));
}

function toAttribute(value: number | string | Uint8Array): AttributeValue {
  if (typeof value === 'number') return { N: String(value) };
  return typeof value === 'string' ? { S: value } : { B: value };
}

/** No answer, or one that DynamoDB itself failed: only a refusal (4xx) is final. */
function mayPass(error: unknown): boolean {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return (metadata?.httpStatusCode ?? 500) >= 500;
}

function toUnavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const name = awsFailure(error);
  return new StoreUnavailable(`The shared store failed (${name}).`, { busy: BUSY.has(name), cause: error });
}
