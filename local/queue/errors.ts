import { AwsError } from '../aws-json.ts';

/**
 * The errors of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html and of each
 * action's own page, with statuses and query codes as the SDK's model of the API has them.
 */

export const queueDoesNotExist = () =>
  legacy('QueueDoesNotExist', 'The specified queue does not exist.', 'NonExistentQueue');

export const messageNotInflight = () => legacy('MessageNotInflight', "The specified message isn't in flight.");

export const receiptHandleIsInvalid = (handle: string) =>
  new AwsError(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
    404,
    'ReceiptHandleIsInvalid',
  );

export const invalidParameter = (name: string, value: unknown, reason: string) =>
  new AwsError(
    'InvalidParameterValue',
    `Value ${value} for parameter ${name} is invalid. Reason: ${reason}`,
    400,
    'InvalidParameterValue',
  );

export const missingParameter = (name: string) =>
  new AwsError('MissingParameter', `The request must contain the parameter ${name}.`, 400, 'MissingParameter');

/** Those whose query code has the service's name before it. */
export const legacy = (name: string, message: string, code = name) =>
  new AwsError(name, message, 400, `AWS.SimpleQueueService.${code}`);
