import { randomUUID } from 'node:crypto';
import { ACCOUNT, REGION } from './aws.ts';

const topic = (lookup: string, group?: string) =>
  `arn:aws:sns:${REGION}:${ACCOUNT}:${lookup}${group === undefined ? '' : '.fifo'}`;
const CERTIFICATE = `https://sns.${REGION}.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem`;
const unsubscribe = (topicArn: string) =>
  `https://sns.${REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${topicArn}:00000000-0000-4000-8000-000000000000`;

/**
 * The event with which SNS invokes a function: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html, with the fields
 * of test/events/sns.json.
 * @param message JSON
 */
export function snsEvent(message: string, lookup: string) {
  const topicArn = topic(lookup);
  return {
    Records: [
      {
        EventVersion: '1.0',
        EventSubscriptionArn: `${topicArn}:00000000-0000-4000-8000-000000000000`,
        EventSource: 'aws:sns',
        Sns: {
          Signature: 'bm90IGEgc2lnbmF0dXJl',
          MessageId: randomUUID(),
          Type: 'Notification',
          TopicArn: topicArn,
          MessageAttributes: {},
          SignatureVersion: '1',
          Timestamp: new Date().toISOString(),
          SigningCertUrl: CERTIFICATE,
          Message: message,
          UnsubscribeUrl: unsubscribe(topicArn),
          Subject: null,
        },
      },
    ],
  };
}

/**
 * The body that SNS puts on a queue without raw message delivery, with the fields of test/events/sqs-sns.json and
 * sqs-sns-fifo.json: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 * @param message JSON
 * @param group there for a FIFO topic
 */
export function snsNotification(message: string, lookup: string, group?: string) {
  const topicArn = topic(lookup, group);
  return {
    Type: 'Notification',
    MessageId: randomUUID(),
    ...(group !== undefined && { SequenceNumber: `1${String(Date.now()).padStart(19, '0')}` }),
    TopicArn: topicArn,
    Message: message,
    Timestamp: new Date().toISOString(),
    ...(group === undefined && {
      SignatureVersion: '1',
      Signature: 'bm90IGEgc2lnbmF0dXJl',
      SigningCertURL: CERTIFICATE,
    }),
    UnsubscribeURL: unsubscribe(topicArn),
  };
}
