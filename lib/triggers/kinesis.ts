import { isUtf8 } from 'node:buffer';
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import { Problem } from '../problem.ts';
import { readContent } from './content.ts';
import { readRecords } from './records.ts';
import { answerStream, type StreamBatchResponse, type StreamDelivery } from './stream.ts';
import type { TriggerContext } from './trigger.ts';

/** What is read of the event. */
const EVENT = z.object({
  Records: z.array(
    z.object({
      eventID: z.string(),
      eventSourceARN: z.string(),
      kinesis: z.object({ sequenceNumber: z.string(), partitionKey: z.string(), data: z.string() }),
    }),
  ),
});

/**
 * Records of a Kinesis data stream, whose data is JSON; those of a partition key in their order.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
export function answerKinesis(event: unknown, context: TriggerContext): Promise<StreamBatchResponse> | undefined {
  const batch = readRecords<KinesisStreamEvent>(event, 'aws:kinesis', EVENT);
  return batch && answerStream(batch.Records.map(toDelivery), 'kinesis', context);
}

function toDelivery({ eventID, eventSourceARN, kinesis }: KinesisStreamRecord): StreamDelivery {
  return {
    id: eventID,
    sequenceNumber: kinesis.sequenceNumber,
    group: kinesis.partitionKey,
    // What it is called is unique in its stream alone.
    read: () => ({ id: `${eventSourceARN}\n${eventID}`, ...readContent(decode(kinesis.data), 'kinesis') }),
  };
}

/** @throws Problem `invalid-input` for bytes that are no text, as aggregated and compressed records are */
function decode(data: string): string {
  const bytes = Buffer.from(data, 'base64');
  if (!isUtf8(bytes)) throw new Problem('invalid-input', 'The data of the record is not UTF-8.');
  return bytes.toString('utf8');
}
