import { createHash } from 'node:crypto';

// What resources of queues, rules and streams are called in the template, and in AWS where somebody else must know them.

/** The ARN of a lookup's function. */
export function functionArn(lookup) {
  return { 'Fn::GetAtt': [`${capitalized(lookup)}LambdaFunction`, 'Arn'] };
}

/** Logical ids of a queue and of its dead-letter queue. */
export function queueIds({ lookup, fifo }) {
  const kind = fifo ? 'Fifo' : '';
  return { queue: `${lookup}${kind}Queue`, deadLetterQueue: `${lookup}${kind}DeadLetterQueue` };
}

export function arnOf(id) {
  return { 'Fn::GetAtt': [id, 'Arn'] };
}

/** Of a queue in AWS. The name of a FIFO queue ends in .fifo, and no name has more than 80 characters. */
export function queueName({ lookup, fifo }, stage, suffix = '') {
  return `contact-lookups-${stage}-${lookup}${suffix}${fifo ? '.fifo' : ''}`;
}

/** The ARN of a queue, by its name. */
export function queueArn(queue, stage) {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${queueName(queue, stage)}` };
}

/** Part of a logical id, the same for an ARN wherever it stands in a list: CloudFormation would else replace what moved. */
export function digestOf(arn) {
  return createHash('sha256').update(arn).digest('hex').slice(0, 8);
}

export function capitalized(name) {
  return `${name[0].toUpperCase()}${name.slice(1)}`;
}

/** Of the policy of a queue. */
export function policyId(queueId) {
  return `${queueId}Policy`;
}

/**
 * The ARN of a lookup's rule, by its name: taken from the rule itself, it would make the queue's policy wait for the rule.
 * The name of the bus is in it, unless that is the default one:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
 */
export function ruleArn({ lookup, stage, bus }) {
  const name = bus.replace(/^arn:.*:event-bus\//, '');
  const path = name === '' || name === 'default' ? '' : `${name}/`;
  return {
    'Fn::Sub': `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:rule/${path}${ruleName(lookup, stage)}`,
  };
}

/** In AWS, of a lookup's rule. */
export function ruleName(lookup, stage) {
  return `contact-lookups-${stage}-${lookup}`;
}
