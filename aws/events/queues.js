import { ParameterRefused } from '../refusal.js';
import { arnOf, capitalized, functionArn, queueArn, queueIds, queueName } from './names.js';
import { queuePolicies } from './policies.js';
import { readSettings } from './settings.js';

// A queue for each lookup that the params queues, fifoQueues, eventRules or topics name, with a dead-letter queue, and
// what hands its messages to the function.

/** 14 days, the longest that there is: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html */
const RETENTION_S = 1_209_600;

/** A deployment that forgets the parameter of a queue must not delete the messages in it. */
const RETAINED = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };

/** The most that Lambda takes at once without a batching window (batchOf). */
const SMALL_BATCH = 10;

/** For resources.Resources. */
export async function queues({ resolveVariable }) {
  const settings = await readSettings({ resolveVariable });
  if (settings.queues.length === 0) return {};
  const functions = await resolveVariable('self:functions');
  const defaultTimeout = await resolveVariable('self:provider.timeout');
  const stage = await resolveVariable('sls:stage');

  checkReserved(settings, functions);
  return Object.fromEntries(
    settings.queues.flatMap((queue) => {
      const timeout = functions[queue.lookup].timeout ?? defaultTimeout;
      return Object.entries({
        ...pairOf(queue, { settings, timeout, stage }),
        ...queuePolicies(queue, { settings, stage }),
      });
    }),
  );
}

/**
 * For resources.extensions: where Lambda puts an event that started the function asynchronously and failed for good. It
 * puts the event itself there, which the queue takes once it is moved (https://docs.aws.amazon.com/lambda/latest/dg/
 * invocation-async-retain-records.html); an OnFailure destination would get it inside of a record of the invocation. It
 * takes standard queues only.
 */
export async function deadLetters({ resolveVariable }) {
  const settings = await readSettings({ resolveVariable });
  return Object.fromEntries(
    settings.queues
      .filter(({ fifo }) => !fifo)
      .map((queue) => [
        `${capitalized(queue.lookup)}LambdaFunction`,
        { Properties: { DeadLetterConfig: { TargetArn: arnOf(queueIds(queue).deadLetterQueue) } } },
      ]),
  );
}

/**
 * What a function's role needs for its queues. The first three are what Lambda needs to read one:
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaSQSQueueExecutionRole.html; the fourth is for
 * the function, which says when a message comes again; the last for asynchronous events that failed for good.
 */
export function queueStatements(settings, lookup) {
  const own = settings.queues.filter((queue) => queue.lookup === lookup);
  if (own.length === 0) return [];
  const standard = own.filter(({ fifo }) => !fifo);
  return [
    {
      Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
      Resource: own.map((queue) => arnOf(queueIds(queue).queue)),
    },
    ...standard.map((queue) => ({ Action: ['sqs:SendMessage'], Resource: arnOf(queueIds(queue).deadLetterQueue) })),
  ];
}

/** For resources.Outputs. */
export function queueOutputs(settings) {
  return Object.fromEntries(
    settings.queues
      .flatMap((queue) => Object.values(queueIds(queue)))
      .map((id) => [`${capitalized(id)}Url`, { Description: `URL of ${id}`, Value: { Ref: id } }]),
  );
}

function pairOf(queue, { settings, timeout, stage }) {
  const ids = queueIds(queue);
  const batch = batchOf(queue, settings);
  const common = {
    MessageRetentionPeriod: RETENTION_S,
    SqsManagedSseEnabled: true,
    ...(queue.fifo && { FifoQueue: true }),
  };
  return {
    [ids.deadLetterQueue]: {
      Type: 'AWS::SQS::Queue',
      ...RETAINED,
      Properties: {
        QueueName: queueName(queue, stage, '-dlq'),
        ...common,
        // By its name: the queue's ARN itself would make a circle with the queue's RedrivePolicy.
        RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: [queueArn(queue, stage)] },
      },
    },
    [ids.queue]: {
      Type: 'AWS::SQS::Queue',
      ...RETAINED,
      Properties: {
        QueueName: queueName(queue, stage),
        ...common,
        // Six times the function's time-out: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html. The
        // batching window is on top, since a message waits for it out of sight.
        VisibilityTimeout: 6 * timeout + (batch.MaximumBatchingWindowInSeconds ?? 0),
        RedrivePolicy: { deadLetterTargetArn: arnOf(ids.deadLetterQueue), maxReceiveCount: settings.maxReceives },
      },
    },
    [`${ids.queue}Mapping`]: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: arnOf(ids.queue),
        FunctionName: functionArn(queue.lookup),
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: settings.concurrency },
        ...batch,
      },
    },
  };
}

/**
 * A FIFO queue gives one at a time: what comes in one batch with a message that goes back, behind it in its group, goes back
 * too and counts as received, and would be in the dead-letter queue with it without ever having been tried. Of a standard
 * queue, more than ten at once need a window of at least a second:
 * https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html, BatchSize.
 */
function batchOf({ fifo }, { batchSize }) {
  if (fifo) return { BatchSize: 1 };
  return { BatchSize: batchSize, ...(batchSize > SMALL_BATCH && { MaximumBatchingWindowInSeconds: 1 }) };
}

/**
 * Lambda would receive messages that it then cannot hand over, until they are in the dead-letter queue:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 * @throws Error
 */
function checkReserved({ queues, concurrency }, functions) {
  for (const { lookup } of queues) {
    const reserved = functions[lookup].reservedConcurrency ?? Number.POSITIVE_INFINITY;
    const wanted = concurrency * queues.filter((queue) => queue.lookup === lookup).length;
    // As many would leave HTTP none.
    if (wanted >= reserved) {
      throw new ParameterRefused(
        `queueConcurrency: the queues of ${lookup} may start ${wanted} instances, and reservedConcurrency must be more ` +
          `than that, not ${reserved}`,
      );
    }
  }
}
