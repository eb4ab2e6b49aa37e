import { answerAsynchronous } from './asynchronous.ts';
import { contentOfEvent, isEventBridgeEvent } from './content.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * An event of EventBridge, by a rule or a schedule: its `detail` is the message. An input transformer may write it, as
 * long as `source`, `detail-type` and `detail` are there.
 * https://docs.aws.amazon.com/eventbridge/latest/ref/events-structure.html
 */
export function answerEventBridge(event: unknown, context: TriggerContext): Promise<void> | undefined {
  if (!isEventBridgeEvent(event)) return undefined;
  const delivery = { id: event.id || context.requestId, read: () => contentOfEvent(event) };
  return answerAsynchronous([delivery], 'eventbridge', context);
}
