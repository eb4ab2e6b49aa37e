import { capitalized, queueIds } from './names.js';
import { readSettings } from './settings.js';

// What somebody should look at: requests that were given up, and such as wait for too long.

/** For resources.Resources. */
export async function alarms({ resolveVariable }) {
  const settings = await readSettings({ resolveVariable });
  const ofQueues = settings.queues.map((queue) => queueAlarms(queueIds(queue), settings));
  const ofStreams = Object.keys(settings.streams).map((lookup) => streamAlarm(lookup, settings));
  return Object.assign({}, ...ofQueues, ...ofStreams);
}

/** Metrics of queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
function queueAlarms({ queue, deadLetterQueue }, settings) {
  const ofQueue = (id) => ({
    Namespace: 'AWS/SQS',
    Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }],
  });
  return {
    [`${deadLetterQueue}Alarm`]: alarm(settings, {
      ...ofQueue(deadLetterQueue),
      AlarmDescription: `Requests were given up, and wait in ${deadLetterQueue}`,
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Period: 60,
      Threshold: 0,
    }),
    [`${queue}AgeAlarm`]: alarm(settings, {
      ...ofQueue(queue),
      AlarmDescription: `A request has waited in ${queue} for more than ${settings.ageAlarmSeconds} s`,
      MetricName: 'ApproximateAgeOfOldestMessage',
      Period: 300,
      Threshold: settings.ageAlarmSeconds,
    }),
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html, IteratorAge, in milliseconds. */
function streamAlarm(lookup, settings) {
  return {
    [`${lookup}StreamAgeAlarm`]: alarm(settings, {
      AlarmDescription: `A record has waited in a stream of ${lookup} for more than ${settings.ageAlarmSeconds} s`,
      Namespace: 'AWS/Lambda',
      MetricName: 'IteratorAge',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: `${capitalized(lookup)}LambdaFunction` } }],
      Period: 300,
      Threshold: settings.ageAlarmSeconds * 1_000,
    }),
  };
}

function alarm({ alarmTopicArn }, properties) {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      ...properties,
      Statistic: 'Maximum',
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      // A queue that nobody uses has no figures.
      TreatMissingData: 'notBreaching',
      ...(alarmTopicArn && { AlarmActions: [alarmTopicArn] }),
    },
  };
}
