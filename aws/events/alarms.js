import { capitalized, queueIds } from './names.js';
import { readSettings } from './settings.js';

// What somebody should look at: requests that were given up, and such as wait for too long.

/** For resources.Resources. */
export async function alarms({ resolveVariable }) {
  const settings = await readSettings({ resolveVariable });
  const stage = await resolveVariable('sls:stage');
  const ofQueues = settings.queues.map((queue) => queueAlarms(queueIds(queue), settings));
  const lookups = [...new Set(settings.queues.map(({ lookup }) => lookup))];
  const ofReturns = lookups.map((lookup) => returnAlarm(lookup, stage, settings));
  const ofStreams = Object.keys(settings.streams).map((lookup) => streamAlarm(lookup, settings));
  return Object.assign({}, ...ofQueues, ...ofReturns, ...ofStreams);
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

/**
 * The function's own metric (lib/triggers/batch-report.ts): a standard queue's age leaves out messages that were received
 * three times, which those are within seconds that a vendor cannot answer.
 */
function returnAlarm(lookup, stage, settings) {
  return {
    [`${lookup}ReturnedMessageAgeAlarm`]: alarm(settings, {
      AlarmDescription: `Requests for ${lookup} go back to their queue, the oldest for more than ${settings.ageAlarmSeconds} s`,
      Namespace: 'ContactLookups',
      MetricName: 'ReturnedMessageAge',
      Dimensions: [
        { Name: 'service', Value: 'contact-lookups' },
        { Name: 'stage', Value: stage },
        { Name: 'lookup', Value: lookup },
        { Name: 'trigger', Value: 'sqs' },
      ],
      // The longest wait between two tries: a shorter period would be without a figure now and then.
      Period: 900,
      Threshold: settings.ageAlarmSeconds * 1_000,
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
