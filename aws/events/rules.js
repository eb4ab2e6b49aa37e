import { arnOf, capitalized, digestOf, policyId, queueIds, ruleName } from './names.js';
import { isFifoTopic, readSettings } from './settings.js';

// What sends to the queues: EventBridge rules, from the param eventRules, and subscriptions of SNS topics, from topics.
// Both wait for the queue's policy. What comes before it, EventBridge would put into the dead-letter queue without a
// second try (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html), and SNS would drop
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html).

/** For resources.Resources. */
export async function rules({ resolveVariable }) {
  const settings = await readSettings({ resolveVariable });
  const stage = await resolveVariable('sls:stage');
  return Object.fromEntries(
    Object.entries(settings.rules).map(([lookup, EventPattern]) => {
      const { queue, deadLetterQueue } = queueIds({ lookup, fifo: false });
      return [
        `${lookup}Rule`,
        {
          Type: 'AWS::Events::Rule',
          DependsOn: [policyId(queue), policyId(deadLetterQueue)],
          Properties: {
            Name: ruleName(lookup, stage),
            ...(settings.rulesBus && { EventBusName: settings.rulesBus }),
            EventPattern,
            Targets: [{ Id: 'queue', Arn: arnOf(queue), DeadLetterConfig: { Arn: arnOf(deadLetterQueue) } }],
          },
        },
      ];
    }),
  );
}

/** For resources.Resources. */
export async function subscriptions({ resolveVariable }) {
  const { topics } = await readSettings({ resolveVariable });
  return Object.fromEntries(
    Object.entries(topics).flatMap(([lookup, arns]) =>
      arns.map((TopicArn) => {
        const { queue } = queueIds({ lookup, fifo: isFifoTopic(TopicArn) });
        return [
          `${lookup}Subscription${capitalized(digestOf(TopicArn))}`,
          {
            Type: 'AWS::SNS::Subscription',
            DependsOn: [policyId(queue)],
            Properties: {
              Protocol: 'sqs',
              TopicArn,
              Endpoint: arnOf(queue),
              // The function is to see that it came from a topic, and which message it was there.
              RawMessageDelivery: false,
              // The topic's, which CloudFormation takes to be the stack's.
              Region: TopicArn.split(':')[3],
            },
          },
        ];
      }),
    ),
  );
}
