import type { SQSClient } from '@aws-sdk/client-sqs';
import { readRoleCredentials } from '../credentials/role-credentials.ts';
import { awsFailure, createSdkHttpHandler } from '../credentials/sdk-http.ts';
import type { Transport } from '../http/transport.ts';
import type { Clock } from '../time/clock.ts';
import { runConcurrently } from '../time/run-concurrently.ts';

const REQUEST_TIMEOUT_MS = 1_000;
const MAX_ATTEMPTS = 2;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html */
const MAX_ENTRIES = 10;

/** At a time. To write and sign a request takes the processor, which a small function has a part of. */
const MAX_REQUESTS = 5;

/** When a message that goes back to its queue may be received again. */
export interface Delay {
  /** Of the receipt that the message is in flight with. */
  readonly receiptHandle: string;
  /** A whole number, 0 to 43,200, from now on. */
  readonly seconds: number;
}

export interface MessageVisibility {
  /**
   * Sets the visibility time-outs of messages. One that could not be set stays as the queue has it, which only lets the
   * message come at another time.
   * @param queueArn of the queue that all of them are in
   * @param signal ends the time for it
   * @returns for each that could not be set, the code of why: SQS's, or the name of an error of its client
   */
  change(queueArn: string, delays: readonly Delay[], signal: AbortSignal): Promise<readonly string[]>;
}

/** The SDK is loaded with the first message that goes back. */
export function createMessageVisibility(transport: Transport, clock: Clock): MessageVisibility {
  let client: SQSClient | undefined;

  async function changeBatch(queueArn: string, delays: readonly Delay[], signal: AbortSignal): Promise<string[]> {
    try {
      signal.throwIfAborted();
      const sdk = await import('@aws-sdk/client-sqs');
      client ??= new sdk.SQSClient({
        credentials: readRoleCredentials,
        maxAttempts: MAX_ATTEMPTS,
        requestHandler: createSdkHttpHandler(transport, clock, REQUEST_TIMEOUT_MS),
        // The endpoint of the region, or the one that the environment names, whatever the queue's URL says.
        useQueueUrlAsEndpoint: false,
      });
      const command = new sdk.ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl(queueArn),
        Entries: delays.map(({ receiptHandle, seconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        })),
      });
      const { Failed: failed = [] } = await client.send(command, { abortSignal: signal });
      return failed.map(({ Code: code = 'unknown' }) => code);
    } catch (error) {
      const code = awsFailure(error);
      return delays.map(() => code);
    }
  }

  return {
    change: async (queueArn, delays, signal) => {
      const batches = Array.from({ length: Math.ceil(delays.length / MAX_ENTRIES) }, (_, index) =>
        delays.slice(index * MAX_ENTRIES, (index + 1) * MAX_ENTRIES),
      );
      const codes: string[] = [];
      await runConcurrently(
        MAX_REQUESTS,
        () => batches.shift(),
        async (batch) => {
          codes.push(...(await changeBatch(queueArn, batch, signal)));
        },
      );
      return codes;
    },
  };
}

/**
 * `arn:<partition>:sqs:<region>:<account>:<name>`; the forms of both are at
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
 */
function queueUrl(arn: string): string {
  const [, partition, , region, account, name] = arn.split(':');
  const domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://sqs.${region}.${domain}/${account}/${name}`;
}
