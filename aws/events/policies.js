import { arnOf, policyId, queueIds, ruleArn } from './names.js';
import { isFifoTopic } from './settings.js';

// Who may send to a queue besides those whom IAM lets: the lookup's rule and its topics.

/** The policies of a queue and of its dead-letter queue, by their logical ids. */
export function queuePolicies(queue, { settings, stage }) {
  const { queue: id, deadLetterQueue } = queueIds(queue);
  const ofRule = ruleSender(queue, { settings, stage });
  return {
    [policyId(id)]: policy(id, [...ofRule, ...topicSenders(queue, settings)]),
    // What EventBridge cannot deliver goes there.
    [policyId(deadLetterQueue)]: policy(deadLetterQueue, ofRule),
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions */
function ruleSender({ lookup, fifo }, { settings, stage }) {
  if (fifo || !(lookup in settings.rules)) return [];
  return [{ service: 'events.amazonaws.com', sourceArn: ruleArn({ lookup, stage, bus: settings.rulesBus }) }];
}

/** https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html */
function topicSenders({ lookup, fifo }, { topics }) {
  return (topics[lookup] ?? [])
    .filter((arn) => isFifoTopic(arn) === fifo)
    .map((sourceArn) => ({ service: 'sns.amazonaws.com', sourceArn }));
}

function policy(queueId, senders) {
  return {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: queueId }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
            Effect: 'Deny',
            Principal: '*',
            Action: 'sqs:*',
            Resource: arnOf(queueId),
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
          ...senders.map(({ service, sourceArn }) => ({
            Effect: 'Allow',
            Principal: { Service: service },
            Action: 'sqs:SendMessage',
            Resource: arnOf(queueId),
            Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
          })),
        ],
      },
    },
  };
}
