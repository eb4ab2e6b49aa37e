import { AwsError } from '../aws-json.ts';
import { invalidParameter, missingParameter } from './errors.ts';
import type { SendOptions } from './queue.ts';

/** What SQS takes, and the errors for what it does not. */

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
export const MAX_BODY_BYTES = 1_048_576;
const MAX_DELAY_SECONDS = 900;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html */
export const MAX_VISIBILITY_SECONDS = 43_200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what SQS does not take.
const FORBIDDEN_CHARACTERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

export function checkBody(body: string): void {
  if (body === '') throw missingParameter('MessageBody');
  if (FORBIDDEN_CHARACTERS.test(body)) throw new AwsError('InvalidMessageContents', 'Invalid characters found.');
  if (Buffer.byteLength(body) <= MAX_BODY_BYTES) return;
  const message = `One or more parameters are invalid. Reason: Message must be shorter than ${MAX_BODY_BYTES} bytes.`;
  throw new AwsError('InvalidParameterValue', message, 400, 'InvalidParameterValue');
}

export function checkOptions({ groupId, deduplicationId, delaySeconds = 0 }: SendOptions, fifo: boolean): void {
  const otherType = 'The request include parameter that is not valid for this queue type.';
  if (!isWhole(delaySeconds, MAX_DELAY_SECONDS)) {
    throw invalidParameter('DelaySeconds', delaySeconds, `DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`);
  }
  if (!fifo) {
    if (deduplicationId !== undefined) throw invalidParameter('MessageDeduplicationId', deduplicationId, otherType);
    return;
  }
  if (delaySeconds > 0) throw invalidParameter('DelaySeconds', delaySeconds, otherType);
  if (!groupId) throw missingParameter('MessageGroupId');
  if (deduplicationId) return;
  const message =
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly';
  throw new AwsError('InvalidParameterValue', message, 400, 'InvalidParameterValue');
}

export function checkVisibility(seconds: number): void {
  if (isWhole(seconds, MAX_VISIBILITY_SECONDS)) return;
  const reason = `Must be between 0 and ${MAX_VISIBILITY_SECONDS}, if provided.`;
  throw invalidParameter('VisibilityTimeout', seconds, reason);
}

const isWhole = (value: number, max: number) => Number.isInteger(value) && value >= 0 && value <= max;
