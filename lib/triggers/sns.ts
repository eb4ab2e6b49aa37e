import type { SNSEvent } from 'aws-lambda';
import { answerAsynchronous } from './asynchronous.ts';
import { contentOfNotification } from './content.ts';
import { type RecordShape, readRecords } from './records.ts';
import type { TriggerContext } from './trigger.ts';

const SHAPE: RecordShape = { Sns: 'object', 'Sns/MessageId': 'text', 'Sns/Message': 'text' };

/** Notifications of a topic: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
export function answerSns(event: unknown, context: TriggerContext): Promise<void> | undefined {
  const notifications = readRecords<SNSEvent>(event, 'aws:sns', SHAPE);
  if (!notifications) return undefined;
  const deliveries = notifications.Records.map(({ Sns }) => ({
    id: Sns.MessageId,
    read: () => contentOfNotification(Sns),
  }));
  return answerAsynchronous(deliveries, 'sns', context);
}
