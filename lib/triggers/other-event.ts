import { isJsonObject } from '../http/body.ts';
import { answerAsynchronous } from './asynchronous.ts';
import { recordsOf } from './records.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * Any other asynchronous event, which only a mapping of the stage (`event`) can make a message of: each of its `Records`,
 * as S3 and SES write them, or else all of it. A message as we take it is an invocation of the function itself.
 */
export function answerOtherEvent(event: unknown, context: TriggerContext): Promise<void> | undefined {
  const records = recordsOf(event);
  const isMapped = context.services.messages.eventMapping.has('event');
  if (records.length === 0 && (!isMapped || !isJsonObject(event) || Object.hasOwn(event, 'input'))) return undefined;
  const contents = records.length > 0 ? records : [event];
  const deliveries = contents.map((content, index) => ({
    // Lambda invokes again under the same id.
    id: contents.length === 1 ? context.requestId : `${context.requestId}/${index}`,
    read: () => ({ form: 'event' as const, root: content, value: content }),
  }));
  return answerAsynchronous(deliveries, 'event', context);
}
