import { isJsonObject } from '../http/body.ts';
import { answerAsynchronous } from './asynchronous.ts';
import { contentOfRecord } from './content.ts';
import { recordsOf } from './records.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * Any other asynchronous event, which only a mapping of the stage (`event`) can make a message of: each of its `Records`,
 * as S3 and SES write them, or else all of it. A message as we take it is an invocation of the function itself.
 */
export function answerOtherEvent(event: unknown, context: TriggerContext): Promise<void> | undefined {
  const records = recordsOf(event);
  if (records.length === 0 && !isMapped(event, context)) return undefined;
  const contents = records.length > 0 ? records : [event];
  const deliveries = contents.map((content, index) => ({
    // Lambda invokes again under the same id.
    id: contents.length === 1 ? context.requestId : `${context.requestId}/${index}`,
    read: () => contentOfRecord(content),
  }));
  return answerAsynchronous(deliveries, 'event', context);
}

function isMapped(event: unknown, { services }: TriggerContext): boolean {
  if (!isJsonObject(event) || Object.hasOwn(event, 'input')) return false;
  return services.messages.eventMapping.has('event');
}
