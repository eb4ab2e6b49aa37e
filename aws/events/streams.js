import { capitalized, digestOf, functionArn } from './names.js';
import { readSettings } from './settings.js';

// Kinesis and DynamoDB streams that start lookups, from the param streams.

const CONSUMER = /\/consumer\/[^/]+$/;

/**
 * An item that was removed asks for nothing. On filters of `eventName`: https://docs.aws.amazon.com/amazondynamodb/latest/
 * developerguide/Streams.Lambda.Tutorial2.html
 */
const WITH_NEW_IMAGE = JSON.stringify({ eventName: ['INSERT', 'MODIFY'] });

/** For resources.Resources. */
export async function streams({ resolveVariable }) {
  const settings = await readSettings({ resolveVariable });
  return Object.fromEntries(
    Object.entries(settings.streams).flatMap(([lookup, arns]) =>
      arns.map((arn) => [`${lookup}Stream${capitalized(digestOf(arn))}`, mappingOf(lookup, arn)]),
    ),
  );
}

/**
 * What a function's role needs for Lambda to read its streams, as Lambda's guide lists it: https://docs.aws.amazon.com/
 * lambda/latest/dg/services-kinesis-create.html, https://docs.aws.amazon.com/aws-managed-policy/latest/reference/
 * AWSLambdaDynamoDBExecutionRole.html. Neither service's ListStreams can be restricted to a stream; SubscribeToShard is
 * for consumers alone: https://docs.aws.amazon.com/service-authorization/latest/reference/
 * list_amazonkinesisdatastreams.html, list_amazondynamodb.html.
 */
export function streamStatements(settings, lookup) {
  const arns = settings.streams[lookup] ?? [];
  const ofDynamoDb = arns.filter(isDynamoDb);
  const ofKinesis = arns.filter((arn) => !isDynamoDb(arn));
  const consumers = ofKinesis.filter((arn) => CONSUMER.test(arn));
  return [
    {
      Action: [
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      Resource: [...new Set(ofKinesis.map((arn) => arn.replace(CONSUMER, '')))],
    },
    { Action: ['kinesis:SubscribeToShard'], Resource: consumers },
    { Action: ['kinesis:ListStreams'], Resource: ofKinesis.length > 0 ? '*' : [] },
    {
      Action: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      Resource: ofDynamoDb,
    },
    { Action: ['dynamodb:ListStreams'], Resource: ofDynamoDb.length > 0 ? '*' : [] },
  ].filter(({ Resource }) => Resource.length > 0);
}

function mappingOf(lookup, arn) {
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: arn,
      FunctionName: functionArn(lookup),
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      // With LATEST, records that come in the minutes in which Lambda sets the mapping up can be lost, as Lambda's guide
      // warns: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html. So what the stream still has
      // from before is answered too.
      StartingPosition: 'TRIM_HORIZON',
      // The function says from which record on to come again, and lets none that cannot be answered hold the others up.
      BisectBatchOnFunctionError: false,
      // As long as the stream has them.
      MaximumRetryAttempts: -1,
      ...(isDynamoDb(arn) && { FilterCriteria: { Filters: [{ Pattern: WITH_NEW_IMAGE }] } }),
    },
  };
}

function isDynamoDb(arn) {
  return arn.split(':')[2] === 'dynamodb';
}
