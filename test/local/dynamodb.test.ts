import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { LOCAL_CREDENTIALS } from '../../local/secrets-manager.ts';

async function start() {
  const dynamoDb = await startDynamoDb({ port: 0, table: 'tokens' });
  onTestFinished(() => dynamoDb.close());
  return dynamoDb;
}

test('the local DynamoDB has the table that the stack has', async () => {
  const { url } = await start();
  const client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials: LOCAL_CREDENTIALS });
  onTestFinished(() => client.destroy());

  const { Table: table } = await client.send(new DescribeTableCommand({ TableName: 'tokens' }));

  expect(table).toMatchObject({
    TableStatus: 'ACTIVE',
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
});

test.each([
  ['a page of a browser', { origin: 'https://elsewhere.example' }],
  ['a page without an origin', { origin: 'null' }],
  ['a name that leads to this machine', { host: 'elsewhere.example' }],
])('the local DynamoDB refuses %s', async (_who, headers) => {
  const { url } = await start();
  const { request } = await import('node:http');

  const status = await new Promise((resolve) => {
    request(url, { method: 'OPTIONS', headers }, (answer) => resolve(answer.resume().statusCode)).end();
  });

  expect(status).toBe(403);
});
