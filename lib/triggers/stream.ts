import type { Delivery } from './answer-message.ts';
import { answerBatch } from './batch.ts';
import type { TriggerContext } from './trigger.ts';

/** What Lambda reads of the answer to a batch of a stream: it goes on with the record of the lowest of these numbers. */
export interface StreamBatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/** A record of a stream. */
export interface StreamDelivery extends Delivery {
  readonly sequenceNumber: string;
}

/**
 * Records of one shard of a stream. The first that is worth another try ends the batch: Lambda delivers from there on
 * again, also what was answered meanwhile, whose results have the same ids then. Nothing else holds the shard up.
 */
export async function answerStream(
  deliveries: readonly StreamDelivery[],
  trigger: string,
  context: TriggerContext,
): Promise<StreamBatchResponse> {
  const fates = await answerBatch(deliveries, { trigger, stopsAtFirst: true }, context);
  const first = deliveries.find((_, index) => fates[index]?.kind === 'returned');
  return { batchItemFailures: first ? [{ itemIdentifier: first.sequenceNumber }] : [] };
}
