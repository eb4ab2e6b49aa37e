import type { Listener } from './ending.ts';
import type { LocalServices } from './local-services.ts';
import type { Order } from './order.ts';

/** Invokes the function with each message, one after the other, as `aws lambda invoke` does. */
export async function sendDirectly(
  events: readonly string[],
  { lookup }: Order,
  local: LocalServices,
  listener: Listener,
): Promise<void> {
  for (const event of events) {
    const { payload, failed } = await local.invoke(lookup, event, 'RequestResponse');
    if (payload === 'null') {
      const reason =
        'the function took the message for an event, since EVENT_MAPPING maps them; an envelope it would not';
      listener.end({ kind: 'without a result', reason });
      continue;
    }
    listener.end({ kind: failed ? 'failed' : 'answered', result: payload });
  }
}
