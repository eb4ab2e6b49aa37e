import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ALARM_TOPIC,
  arn,
  CONSUMER,
  DOCUMENTED,
  FIFO_TOPIC,
  functionId,
  idsOf,
  outputsOf,
  PATTERN,
  packageAll,
  TABLE_STREAM,
  TOPIC,
  undocumented,
} from './events-template.ts';
import { copyService, type Package, packageService, propertiesOf, variablesOf } from './service.ts';

let service: string;
let byDefault: Package;
let all: Package;

beforeAll(async () => {
  service = await copyService();
  byDefault = await packageService(service, 'default');
  all = await packageAll(service);
});

afterAll(() => rm(service, { recursive: true, force: true }));

test('a stage that asks for nothing has no queue, rule, topic, stream, bus or alarm', async () => {
  const types = Object.values(byDefault.resources).map(({ Type }) => Type);
  expect(types.filter((type) => type in DOCUMENTED)).toEqual([]);
  expect(JSON.stringify(byDefault.resources)).not.toMatch(
    /RESULT_BUS|EVENT_MAPPING|SECRETS_IN_EVENTS|DeadLetter|sqs:|PutEvents/,
  );
  expect(Object.keys(await outputsOf(byDefault)).filter((name) => /Queue|Bus/.test(name))).toEqual([]);
});

test('every property that is set is one that CloudFormation documents', () => {
  expect(undocumented(all)).toEqual([]);
});

test('queues are those that are named and those that a rule or a topic sends to, each with its dead-letter queue', () => {
  expect(idsOf(all, 'AWS::SQS::Queue')).toEqual(
    [
      'batchGetConversationParticipantQueue',
      'batchGetConversationParticipantFifoQueue',
      'findOnlineAgentQueue',
      'getUserInfoByCallIdQueue',
      'getUserInfoByCallIdFifoQueue',
    ]
      .flatMap((id) => [id, id.replace(/Queue$/, 'DeadLetterQueue')])
      .sort(),
  );
});

test.each([
  // Six times the time-out of the function, and the second that a batch of a hundred is waited for.
  ['findOnlineAgent', 'Queue', '', 6 * 29 + 1, { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 }],
  ['getUserInfoByCallId', 'Queue', '', 6 * 15 + 1, { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 }],
  ['batchGetConversationParticipant', 'FifoQueue', '.fifo', 6 * 15, { BatchSize: 1 }],
])('%s%s fits its function', (lookup, kind, suffix, visibilityTimeout, batch) => {
  const id = `${lookup}${kind}`;
  const deadLetters = id.replace(/Queue$/, 'DeadLetterQueue');
  const common = {
    MessageRetentionPeriod: 14 * 24 * 60 * 60,
    SqsManagedSseEnabled: true,
    ...(suffix && { FifoQueue: true }),
  };
  expect(all.resources[id]?.Properties).toEqual({
    QueueName: `contact-lookups-prod-${lookup}${suffix}`,
    ...common,
    VisibilityTimeout: visibilityTimeout,
    RedrivePolicy: { deadLetterTargetArn: arn(deadLetters), maxReceiveCount: 9 },
  });
  expect(all.resources[deadLetters]?.Properties).toEqual({
    QueueName: `contact-lookups-prod-${lookup}-dlq${suffix}`,
    ...common,
    RedriveAllowPolicy: expect.objectContaining({ redrivePermission: 'byQueue' }),
  });
  expect(all.resources[`${id}Mapping`]?.Properties).toEqual({
    EventSourceArn: arn(id),
    FunctionName: arn(functionId(lookup)),
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ScalingConfig: { MaximumConcurrency: 7 },
    ...batch,
  });
});

test('a rule sends to the queue, and what it cannot send to the dead-letter queue', () => {
  expect(all.resources['findOnlineAgentRule']).toEqual({
    Type: 'AWS::Events::Rule',
    DependsOn: ['findOnlineAgentQueuePolicy', 'findOnlineAgentDeadLetterQueuePolicy'],
    Properties: {
      Name: 'contact-lookups-prod-findOnlineAgent',
      EventBusName: 'desk',
      EventPattern: PATTERN,
      Targets: [
        {
          Id: 'queue',
          Arn: arn('findOnlineAgentQueue'),
          DeadLetterConfig: { Arn: arn('findOnlineAgentDeadLetterQueue') },
        },
      ],
    },
  });
});

test('a topic sends to the queue of its kind, wrapped, from its own region', () => {
  const subscriptions = propertiesOf(all, 'AWS::SNS::Subscription');
  const common = { Protocol: 'sqs', RawMessageDelivery: false, Region: 'eu-west-1' };
  expect(subscriptions).toHaveLength(2);
  expect(subscriptions).toContainEqual({ ...common, TopicArn: TOPIC, Endpoint: arn('getUserInfoByCallIdQueue') });
  expect(subscriptions).toContainEqual({
    ...common,
    TopicArn: FIFO_TOPIC,
    Endpoint: arn('getUserInfoByCallIdFifoQueue'),
  });
});

test('streams are read from their beginning, again from the first record that failed, for as long as they have it', () => {
  const common = {
    FunctionName: arn(functionId('queryAgentInfoByWorkNo')),
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    StartingPosition: 'TRIM_HORIZON',
    BisectBatchOnFunctionError: false,
    MaximumRetryAttempts: -1,
  };
  const mappings = propertiesOf(all, 'AWS::Lambda::EventSourceMapping').filter(
    ({ EventSourceArn }) => typeof EventSourceArn === 'string',
  );
  expect(mappings).toHaveLength(2);
  expect(mappings).toContainEqual({ ...common, EventSourceArn: CONSUMER });
  expect(mappings).toContainEqual({
    ...common,
    EventSourceArn: TABLE_STREAM,
    FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT","MODIFY"]}' }] },
  });
});

test('results go to a bus of the stack', () => {
  expect(propertiesOf(all, 'AWS::Events::EventBus')).toEqual([{ Name: 'contact-lookups-prod' }]);
  expect(variablesOf(all, 'queryAgentInfoByWorkNo')['RESULT_BUS']).toEqual({ Ref: 'ResultBus' });
});

test('somebody is told of requests that were given up, and of such as wait for too long', () => {
  const common = {
    Statistic: 'Maximum',
    EvaluationPeriods: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: [ALARM_TOPIC],
  };
  const ofQueue = (id: string) => ({
    Namespace: 'AWS/SQS',
    Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }],
  });
  expect(all.resources['findOnlineAgentDeadLetterQueueAlarm']?.Properties).toMatchObject({
    ...common,
    ...ofQueue('findOnlineAgentDeadLetterQueue'),
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Threshold: 0,
  });
  expect(all.resources['findOnlineAgentQueueAgeAlarm']?.Properties).toMatchObject({
    ...common,
    ...ofQueue('findOnlineAgentQueue'),
    MetricName: 'ApproximateAgeOfOldestMessage',
    Threshold: 600,
  });
  expect(all.resources['queryAgentInfoByWorkNoStreamAgeAlarm']?.Properties).toMatchObject({
    ...common,
    Namespace: 'AWS/Lambda',
    MetricName: 'IteratorAge',
    Dimensions: [{ Name: 'FunctionName', Value: { Ref: functionId('queryAgentInfoByWorkNo') } }],
    Threshold: 600_000,
  });
  // As test/lib/triggers/batch-report.test.ts has what the function writes.
  expect(all.resources['findOnlineAgentReturnedMessageAgeAlarm']?.Properties).toMatchObject({
    ...common,
    Namespace: 'ContactLookups',
    MetricName: 'ReturnedMessageAge',
    Dimensions: [
      { Name: 'service', Value: 'contact-lookups' },
      { Name: 'stage', Value: 'prod' },
      { Name: 'lookup', Value: 'findOnlineAgent' },
      { Name: 'trigger', Value: 'sqs' },
    ],
    // The longest wait before a queue brings a message again (lib/triggers/sqs.ts).
    Period: 900,
    Threshold: 600_000,
  });
  const names = Object.keys(all.resources).filter((id) => all.resources[id]?.Type === 'AWS::CloudWatch::Alarm');
  const ofQueues = idsOf(all, 'AWS::SQS::Queue').map((id) => `${id}${id.includes('DeadLetter') ? '' : 'Age'}Alarm`);
  const lookups = new Set(ofQueues.map((id) => id.replace(/(Fifo)?(DeadLetter)?Queue.*/, '')));
  const ofReturns = [...lookups].map((lookup) => `${lookup}ReturnedMessageAgeAlarm`);
  expect(names.sort()).toEqual([...ofQueues, ...ofReturns, 'queryAgentInfoByWorkNoStreamAgeAlarm'].sort());
});

test("the stack's outputs have the bus and the address of every queue", async () => {
  const outputs = await outputsOf(all);
  expect(outputs['ResultBusName']?.Value).toEqual({ Ref: 'ResultBus' });
  expect(outputs['ResultBusArn']?.Value).toEqual(arn('ResultBus'));
  const addresses = Object.entries(outputs).filter(([name]) => name.endsWith('QueueUrl'));
  expect(addresses.map(([, { Value }]) => Value.Ref).sort()).toEqual(idsOf(all, 'AWS::SQS::Queue'));
});

test('what a stage reserves is enough for its queues and for HTTP, or it is not packaged', async () => {
  const packaged = packageService(
    service,
    'few',
    '--param=queues=findOnlineAgent',
    '--param=fifoQueues=findOnlineAgent',
    '--param=reservedConcurrency=10',
  );
  await expect(packaged).rejects.toThrow(
    'queueConcurrency: the queues of findOnlineAgent may start 10 instances, and reservedConcurrency must be more than that, not 10',
  );
});
