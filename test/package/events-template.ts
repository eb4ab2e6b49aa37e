import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Package, packageService } from './service.ts';

/* What a template says of queues, rules, streams and their bus. */

const AT = 'eu-west-1:123456789012';
export const TOPIC = `arn:aws:sns:${AT}:calls`;
export const FIFO_TOPIC = `arn:aws:sns:${AT}:calls.fifo`;
export const ALARM_TOPIC = `arn:aws:sns:${AT}:operators`;
export const STREAM = `arn:aws:kinesis:${AT}:stream/agents`;
export const CONSUMER = `${STREAM}/consumer/desk:1540591608`;
export const TABLE_STREAM = `arn:aws:dynamodb:${AT}:table/Calls/stream/2026-01-01T00:00:00.000`;
export const PATTERN = { source: ['desk'], 'detail-type': [{ prefix: 'Call' }] };

/** A stage with triggers of every kind, as the command line says it. */
export function packageAll(service: string): Promise<Package> {
  return packageService(
    service,
    'all',
    '--stage=prod',
    '--param=queues=getUserInfoByCallId, batchGetConversationParticipant',
    '--param=fifoQueues=batchGetConversationParticipant',
    `--param=eventRules=${JSON.stringify({ findOnlineAgent: PATTERN })}`,
    '--param=eventRulesBus=desk',
    `--param=topics=${JSON.stringify({ getUserInfoByCallId: [TOPIC, FIFO_TOPIC] })}`,
    `--param=streams=${JSON.stringify({ queryAgentInfoByWorkNo: [CONSUMER, TABLE_STREAM] })}`,
    '--param=queueBatchSize=100',
    '--param=queueConcurrency=7',
    '--param=queueMaxReceives=9',
    '--param=queueAgeAlarmSeconds=600',
    `--param=alarmTopicArn=${ALARM_TOPIC}`,
  );
}

/** Properties as CloudFormation documents them: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/ and the page. */
export const DOCUMENTED: Record<string, { page: string; properties: string[] }> = {
  'AWS::SQS::Queue': {
    page: 'aws-resource-sqs-queue.html',
    properties: [
      ...['ContentBasedDeduplication', 'DeduplicationScope', 'DelaySeconds', 'FifoQueue', 'FifoThroughputLimit'],
      ...[
        'KmsDataKeyReusePeriodSeconds',
        'KmsMasterKeyId',
        'MaximumMessageSize',
        'MessageRetentionPeriod',
        'QueueName',
      ],
      ...['ReceiveMessageWaitTimeSeconds', 'RedriveAllowPolicy', 'RedrivePolicy', 'SqsManagedSseEnabled', 'Tags'],
      'VisibilityTimeout',
    ],
  },
  'AWS::SQS::QueuePolicy': { page: 'aws-resource-sqs-queuepolicy.html', properties: ['PolicyDocument', 'Queues'] },
  'AWS::Lambda::EventSourceMapping': {
    page: 'aws-resource-lambda-eventsourcemapping.html',
    properties: [
      ...[
        'BatchSize',
        'BisectBatchOnFunctionError',
        'DestinationConfig',
        'Enabled',
        'EventSourceArn',
        'FilterCriteria',
      ],
      ...['FunctionName', 'FunctionResponseTypes', 'KmsKeyArn', 'MaximumBatchingWindowInSeconds'],
      ...['MaximumRecordAgeInSeconds', 'MaximumRetryAttempts', 'MetricsConfig', 'ParallelizationFactor'],
      ...['ScalingConfig', 'StartingPosition', 'StartingPositionTimestamp', 'Tags', 'TumblingWindowInSeconds'],
    ],
  },
  'AWS::Events::Rule': {
    page: 'aws-resource-events-rule.html',
    properties: [
      ...['Description', 'EventBusName', 'EventPattern', 'Name', 'RoleArn', 'ScheduleExpression', 'State', 'Tags'],
      'Targets',
    ],
  },
  'AWS::Events::EventBus': {
    page: 'aws-resource-events-eventbus.html',
    properties: [
      ...[
        'DeadLetterConfig',
        'Description',
        'EventSourceName',
        'KmsKeyIdentifier',
        'LogConfig',
        'Name',
        'Policy',
        'Tags',
      ],
    ],
  },
  'AWS::SNS::Subscription': {
    page: 'aws-resource-sns-subscription.html',
    properties: [
      ...['DeliveryPolicy', 'Endpoint', 'FilterPolicy', 'FilterPolicyScope', 'Protocol', 'RawMessageDelivery'],
      ...['RedrivePolicy', 'Region', 'ReplayPolicy', 'SubscriptionRoleArn', 'TopicArn'],
    ],
  },
  'AWS::CloudWatch::Alarm': {
    page: 'aws-resource-cloudwatch-alarm.html',
    properties: [
      ...['ActionsEnabled', 'AlarmActions', 'AlarmDescription', 'AlarmName', 'ComparisonOperator', 'DatapointsToAlarm'],
      ...['Dimensions', 'EvaluateLowSampleCountPercentile', 'EvaluationPeriods', 'ExtendedStatistic'],
      ...['InsufficientDataActions', 'MetricName', 'Metrics', 'Namespace', 'OKActions', 'Period', 'Statistic', 'Tags'],
      ...['Threshold', 'ThresholdMetricId', 'TreatMissingData', 'Unit'],
    ],
  },
};

/** Properties that CloudFormation does not document, each with the page that it is not on. */
export function undocumented({ resources }: Package): string[] {
  return Object.values(resources).flatMap(({ Type, Properties }) =>
    Object.keys(Properties)
      .filter((name) => DOCUMENTED[Type] && !DOCUMENTED[Type].properties.includes(name))
      .map((name) => `${name}, see ${DOCUMENTED[Type]?.page}`),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation's shapes, of which each test reads one
export async function outputsOf({ dir }: Package): Promise<Record<string, any>> {
  return JSON.parse(await readFile(join(dir, 'cloudformation-template-update-stack.json'), 'utf8')).Outputs;
}

export function idsOf({ resources }: Package, type: string): string[] {
  return Object.keys(resources)
    .filter((id) => resources[id]?.Type === type)
    .sort();
}

export function arn(id: string) {
  return { 'Fn::GetAtt': [id, 'Arn'] };
}

export function functionId(lookup: string): string {
  return `${lookup[0]?.toUpperCase()}${lookup.slice(1)}LambdaFunction`;
}
