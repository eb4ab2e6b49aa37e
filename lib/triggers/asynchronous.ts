import type { Delivery } from './answer-message.ts';
import { answerBatch } from './batch.ts';
import { LookupFailed } from './direct.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * An event that Lambda invokes the function with asynchronously. Nobody reads the answer; after an error Lambda invokes it
 * again with the same event, twice unless the function is configured otherwise, and then leaves it to the dead-letter
 * queue or the destination of the function: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 * @throws Error where anything is worth another try
 */
export async function answerAsynchronous(
  deliveries: readonly Delivery[],
  trigger: string,
  context: TriggerContext,
): Promise<void> {
  const fates = await answerBatch(deliveries, { trigger }, context);
  for (const fate of fates) {
    if (fate.kind === 'published') continue;
    if (fate.problem) throw new LookupFailed(fate.problem, context.requestId);
    throw new Error(
      fate.unpublished
        ? `The event bus did not take a result (${fate.unpublished}).`
        : 'There was no time left to begin with a message, or no page of those that one invocation may ask for.',
    );
  }
}
