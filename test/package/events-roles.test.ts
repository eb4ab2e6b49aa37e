import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { arn, CONSUMER, FIFO_TOPIC, packageAll, STREAM, TABLE_STREAM, TOPIC } from './events-template.ts';
import {
  copyService,
  functionOf,
  lookups,
  type Package,
  packageService,
  statementsOf,
  variablesOf,
} from './service.ts';

const RULE_ARN = `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:rule/desk/contact-lookups-prod-findOnlineAgent`;

let service: string;
let byDefault: Package;
let all: Package;

beforeAll(async () => {
  service = await copyService();
  byDefault = await packageService(service, 'default');
  all = await packageAll(service);
});

afterAll(() => rm(service, { recursive: true, force: true }));

test.each([
  ['findOnlineAgentQueue', [['events.amazonaws.com', { 'Fn::Sub': RULE_ARN }]]],
  ['findOnlineAgentDeadLetterQueue', [['events.amazonaws.com', { 'Fn::Sub': RULE_ARN }]]],
  ['getUserInfoByCallIdQueue', [['sns.amazonaws.com', TOPIC]]],
  ['getUserInfoByCallIdFifoQueue', [['sns.amazonaws.com', FIFO_TOPIC]]],
  ['getUserInfoByCallIdDeadLetterQueue', []],
  ['batchGetConversationParticipantQueue', []],
])('%s takes messages over TLS, and of services only from its own rule or topic', (id, senders) => {
  expect(all.resources[`${id}Policy`]?.Properties).toEqual({
    Queues: [{ Ref: id }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sqs:*',
          Resource: arn(id),
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        ...senders.map(([Service, source]) => ({
          Effect: 'Allow',
          Principal: { Service },
          Action: 'sqs:SendMessage',
          Resource: arn(id),
          Condition: { ArnEquals: { 'aws:SourceArn': source } },
        })),
      ],
    },
  });
});

test.each([
  [
    'getUserInfoByCallId',
    [reading('getUserInfoByCallIdQueue', 'getUserInfoByCallIdFifoQueue'), givingUp('getUserInfoByCallId')],
  ],
  ['findOnlineAgent', [reading('findOnlineAgentQueue'), givingUp('findOnlineAgent')]],
  [
    'queryAgentInfoByWorkNo',
    [
      {
        Action: [
          ...['kinesis:DescribeStream', 'kinesis:DescribeStreamSummary', 'kinesis:GetRecords'],
          ...['kinesis:GetShardIterator', 'kinesis:ListShards'],
        ],
        Resource: [STREAM],
      },
      { Action: ['kinesis:SubscribeToShard'], Resource: [CONSUMER] },
      { Action: ['kinesis:ListStreams'], Resource: '*' },
      {
        Action: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        Resource: [TABLE_STREAM],
      },
      { Action: ['dynamodb:ListStreams'], Resource: '*' },
    ],
  ],
])('the role of %s may do what its triggers take, publish results, and no more than before besides', (name, added) => {
  const before = statementsOf(byDefault, name).length;
  expect(statementsOf(all, name).slice(before)).toEqual(
    [...added, { Action: ['events:PutEvents'], Resource: arn('ResultBus') }].map((statement) => ({
      Effect: 'Allow',
      ...statement,
    })),
  );
});

test('a function without a trigger gets nothing', () => {
  expect(statementsOf(all, 'queryAgentLoginParams')).toHaveLength(
    statementsOf(byDefault, 'queryAgentLoginParams').length,
  );
  expect(variablesOf(all, 'queryAgentLoginParams')).not.toHaveProperty('RESULT_BUS');
  expect(functionOf(all, 'queryAgentLoginParams')).not.toHaveProperty('DeadLetterConfig');
});

test('what started a function asynchronously and failed for good goes to its standard dead-letter queue', () => {
  const targets = lookups.map(({ name }) => functionOf(all, name).DeadLetterConfig?.TargetArn);
  expect(targets).toEqual(
    lookups.map(({ name }) =>
      ['getUserInfoByCallId', 'findOnlineAgent', 'batchGetConversationParticipant'].includes(name)
        ? arn(`${name}DeadLetterQueue`)
        : undefined,
    ),
  );
});

function reading(...queues: string[]) {
  return {
    Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
    Resource: queues.map(arn),
  };
}

function givingUp(lookup: string) {
  return { Action: ['sqs:SendMessage'], Resource: arn(`${lookup}DeadLetterQueue`) };
}
