import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { AWS_KEYS } from '../support/aws-keys.ts';

async function start() {
  const dynamoDb = await startDynamoDb({ port: 0, table: 'tokens' });
  onTestFinished(() => dynamoDb.close());
  return dynamoDb;
}

test('the local DynamoDB has the table that the stack has', async () => {
  const { url } = await start();
  const client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials: AWS_KEYS });
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
