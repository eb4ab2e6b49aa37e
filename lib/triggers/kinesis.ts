import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { checkSize, readContent } from './content.ts';
import { type RecordShape, readRecords } from './records.ts';
import { answerStream, type StreamBatchResponse, type StreamDelivery } from './stream.ts';
import type { TriggerContext } from './trigger.ts';
import { decodeUtf8 } from './utf8.ts';

const SHAPE: RecordShape = {
  eventID: 'text',
  eventSourceARN: 'text',
  kinesis: 'object',
  'kinesis/sequenceNumber': 'text',
  'kinesis/partitionKey': 'text',
  'kinesis/data': 'text',
};

/**
 * Records of a Kinesis data stream, whose data is JSON; those of a partition key in their order.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
export function answerKinesis(event: unknown, context: TriggerContext): Promise<StreamBatchResponse> | undefined {
  const batch = readRecords<KinesisStreamEvent>(event, 'aws:kinesis', SHAPE);
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
  checkSize(Buffer.byteLength(data, 'base64'));
  return decodeUtf8(Buffer.from(data, 'base64'), 'data of the record');
}
