import { ACCOUNT, REGION } from './aws.ts';
import type { StreamRecord } from './stream.ts';

const SHARD = 'shardId-000000000000';

/**
 * Records of one shard, one a message, as Lambda reads them: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 * with the fields of test/events/kinesis.json. Each has a partition key of its own.
 * @param messages each as JSON
 * @param now epoch milliseconds
 */
export function kinesisRecords(messages: readonly string[], lookup: string, now: number): StreamRecord[] {
  return messages.map((message, index) => {
    // 56 digits that only grow, as those of Kinesis; two runs have none in common.
    const sequenceNumber = `49${String(BigInt(now) * 1_000_000n + BigInt(index)).padStart(54, '0')}`;
    const eventID = `${SHARD}:${sequenceNumber}`;
    return {
      eventID,
      sequenceNumber,
      record: {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: `message-${index}`,
          sequenceNumber,
          data: Buffer.from(message).toString('base64'),
          approximateArrivalTimestamp: now / 1000,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: `arn:aws:iam::${ACCOUNT}:role/contact-lookups-local`,
        awsRegion: REGION,
        eventSourceARN: `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${lookup}`,
      },
    };
  });
}
