import type { SNSEvent } from 'aws-lambda';
import { answerAsynchronous } from './asynchronous.ts';
import { contentOfNotification } from './content.ts';
import { isRecordsOf } from './records.ts';
import type { TriggerContext } from './trigger.ts';

/** Notifications of a topic: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
export function answerSns(event: unknown, context: TriggerContext): Promise<void> | undefined {
  if (!isRecordsOf<SNSEvent>(event, 'aws:sns')) return undefined;
  const deliveries = event.Records.map(({ Sns }) => ({ id: Sns.MessageId, read: () => contentOfNotification(Sns) }));
  return answerAsynchronous(deliveries, 'sns', context);
}
