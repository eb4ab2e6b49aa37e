import type { SNSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { answerAsynchronous } from './asynchronous.ts';
import { contentOfNotification } from './content.ts';
import { readRecords } from './records.ts';
import type { TriggerContext } from './trigger.ts';

/** What is read of the event. */
const EVENT = z.object({
  Records: z.array(z.object({ Sns: z.object({ MessageId: z.string(), Message: z.string() }) })),
});

/** Notifications of a topic: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
export function answerSns(event: unknown, context: TriggerContext): Promise<void> | undefined {
  const notifications = readRecords<SNSEvent>(event, 'aws:sns', EVENT);
  if (!notifications) return undefined;
  const deliveries = notifications.Records.map(({ Sns }) => ({
    id: Sns.MessageId,
    read: () => contentOfNotification(Sns),
  }));
  return answerAsynchronous(deliveries, 'sns', context);
}
