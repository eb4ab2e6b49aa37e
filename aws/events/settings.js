import { stringifyJson } from '../../lib/json/int64.ts';
import { readEventMapping } from '../../lib/triggers/mapping.ts';
import { ParameterRefused } from '../refusal.js';
import { byLookup, LOOKUPS, lookupsIn, readArns, readObject, textLike, wholeNumber } from './params.js';

// What a stage asks for of queues, rules, topics, streams and the results' bus. A stage that asks for nothing has nothing
// of them.

/** The lookup that takes and gives passwords. */
export const SECRET_LOOKUP = 'queryAgentLoginParams';

const BUS_NAME = '[/.\\-_A-Za-z0-9]+';
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-events-rule.html, EventBusName.
const BUS = new RegExp(`^(arn:aws[\\w-]*:events:[a-z\\d-]+:\\d{12}:event-bus/)?${BUS_NAME}$`);
/** Those with a slash are partners' buses, which take no events of ours. */
const RESULT_BUS = /^(arn:aws[\w-]*:events:[a-z\d-]+:\d{12}:event-bus\/)?[.\-_A-Za-z0-9]+$/;
const TOPIC_ARN = /^arn:aws[\w-]*:sns:[a-z\d-]+:\d{12}:[\w-]+(\.fifo)?$/;
/** Of a Kinesis stream or a consumer of one, or of a DynamoDB stream. */
const STREAM_ARN =
  /^arn:aws[\w-]*:(kinesis:[a-z\d-]+:\d{12}:stream\/[\w.-]+(\/consumer\/[\w.-]+:\d+)?|dynamodb:[a-z\d-]+:\d{12}:table\/[\w.-]+\/stream\/[\w:.-]+)$/;

/**
 * What the stage's params say. `queues` are the queues that there are: a rule or a topic has one made for its lookup,
 * since a queue outlasts an hour's outage and Lambda's two retries do not.
 * @throws Error that names the param which is wrong
 */
export async function readSettings({ resolveVariable }) {
  const rules = await byLookup(resolveVariable, 'eventRules', readPattern);
  const topics = await byLookup(resolveVariable, 'topics', (arns, name) =>
    readArns(arns, name, TOPIC_ARN, 'an SNS topic'),
  );
  const streams = await byLookup(resolveVariable, 'streams', (arns, name) =>
    readArns(arns, name, STREAM_ARN, 'a Kinesis stream, a consumer of one, or a DynamoDB stream'),
  );
  const standard = [
    ...(await lookupsIn(resolveVariable, 'queues')),
    ...Object.keys(rules),
    ...lookupsWithTopics(topics, { fifo: false }),
  ];
  const fifo = [...(await lookupsIn(resolveVariable, 'fifoQueues')), ...lookupsWithTopics(topics, { fifo: true })];
  const triggered = LOOKUPS.filter((lookup) => [...standard, ...fifo, ...Object.keys(streams)].includes(lookup));
  const missing = (await lookupsIn(resolveVariable, 'withoutLookups')).find((lookup) => triggered.includes(lookup));
  if (missing) {
    throw new ParameterRefused(
      `withoutLookups leaves ${missing} out: take it out of queues, fifoQueues, eventRules, topics and streams too`,
    );
  }
  const secretsAllowed = await areSecretsAllowed(resolveVariable);
  if (!secretsAllowed && triggered.includes(SECRET_LOOKUP)) {
    throw new ParameterRefused(
      `${SECRET_LOOKUP} takes and gives passwords, and would refuse every message: take it out of queues, fifoQueues, ` +
        'eventRules, topics and streams, or set secretsInEvents to allowed',
    );
  }

  return {
    queues: [
      ...[...new Set(standard)].map((lookup) => ({ lookup, fifo: false })),
      ...[...new Set(fifo)].map((lookup) => ({ lookup, fifo: true })),
    ],
    rules,
    rulesBus: await textLike(resolveVariable, 'eventRulesBus', BUS, 'the name or ARN of an event bus'),
    topics,
    streams,
    triggered,
    resultBus: await textLike(resolveVariable, 'resultBus', RESULT_BUS, 'own, or the name or ARN of an event bus'),
    mappings: await readMappings(resolveVariable),
    secretsAllowed,
    // Lambda's limits: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html,
    // https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html; SQS's: https://docs.aws.amazon.com/
    // AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html.
    // Lambda would give 10,000, of which a function can begin few in its time.
    batchSize: await wholeNumber(resolveVariable, 'queueBatchSize', [1, 100]),
    concurrency: await wholeNumber(resolveVariable, 'queueConcurrency', [2, 1_000]),
    maxReceives: await wholeNumber(resolveVariable, 'queueMaxReceives', [1, 1_000]),
    ageAlarmSeconds: await wholeNumber(resolveVariable, 'queueAgeAlarmSeconds', [60, 1_209_600]),
    alarmTopicArn: await textLike(resolveVariable, 'alarmTopicArn', TOPIC_ARN, 'the ARN of an SNS topic'),
  };
}

/** Whether messages of a topic keep an order, which its queue must keep too. */
export function isFifoTopic(topicArn) {
  return topicArn.endsWith('.fifo');
}

function lookupsWithTopics(topics, { fifo }) {
  return Object.keys(topics).filter((lookup) => topics[lookup].some((arn) => isFifoTopic(arn) === fifo));
}

/** EventBridge would refuse another only when it is deployed. @throws Error */
function readPattern(value, name) {
  const pattern = readObject(value, name);
  for (const [field, wanted] of Object.entries(pattern)) {
    if (typeof wanted !== 'object' || wanted === null) {
      throw new ParameterRefused(
        `${name}: ${field} must be a list of what it may be, or an object of fields with such lists`,
      );
    }
  }
  return pattern;
}

async function areSecretsAllowed(resolveVariable) {
  const secretsInEvents = await resolveVariable('param:secretsInEvents');
  // A misspelt one would silently be refused.
  if (!['refused', 'allowed'].includes(secretsInEvents)) {
    throw new ParameterRefused(`secretsInEvents is refused or allowed, not "${secretsInEvents}"`);
  }
  return secretsInEvents === 'allowed';
}

/** @throws Error where one could not be read when an event comes */
async function readMappings(resolveVariable) {
  const mappings = await byLookup(resolveVariable, 'eventMapping', readObject);
  for (const [lookup, mapping] of Object.entries(mappings)) {
    refuseRounded(mapping, `eventMapping: ${lookup}`);
    await readEventMapping(stringifyJson(mapping), `eventMapping: ${lookup}`).compile();
  }
  return mappings;
}

/** YAML reads an integer beyond 2^53 as a double, which has lost digits. @throws Error */
function refuseRounded(value, name) {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new ParameterRefused(`${name}: ${value} is beyond 2^53 and has lost digits; write it in quotes`);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [field, inner] of Object.entries(value)) refuseRounded(inner, `${name}: ${field}`);
}
