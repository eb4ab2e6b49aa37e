import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { arn, DOCUMENTED, undocumented } from './events-template.ts';
import {
  copyService,
  lookups,
  type Package,
  packageService,
  propertiesOf,
  statementsOf,
  variablesOf,
} from './service.ts';

const AT = 'eu-west-1:123456789012';
const TOPIC = `arn:aws:sns:${AT}:calls`;
const STREAM = `arn:aws:kinesis:${AT}:stream/agents`;

let service: string;
/** A stage whose triggers are wired elsewhere. */
let ownBus: Package;
/** A stage as serverless.yml says it. */
let inYaml: Package;

beforeAll(async () => {
  service = await copyService();
  ownBus = await packageService(service, 'own', '--param=resultBus=own', '--param=secretsInEvents=allowed');
  await writeStage(
    'desk',
    `
    queues: [queryAgentLoginParams]
    eventRules:
      findOnlineAgent: { source: [desk] }
    topics:
      getUserInfoByCallId: ${TOPIC}
    streams:
      queryAgentInfoByWorkNo: ${STREAM}
    eventMapping:
      findOnlineAgent:
        eventbridge: { input: { status.$: $.agent.status } }
    secretsInEvents: allowed
    resultBus: results`,
  );
  inYaml = await packageService(service, 'yaml', '--stage=desk');
});

afterAll(() => rm(service, { recursive: true, force: true }));

test('every property that is set is one that CloudFormation documents', () => {
  expect([...undocumented(ownBus), ...undocumented(inYaml)]).toEqual([]);
});

test('serverless.yml says the same as the command line', () => {
  const types = Object.values(inYaml.resources).map(({ Type }) => Type);
  const count = (type: string) => types.filter((each) => each === type).length;
  // queryAgentLoginParams, findOnlineAgent for its rule, getUserInfoByCallId for its topic.
  expect(count('AWS::SQS::Queue')).toBe(2 * 3);
  expect(count('AWS::Lambda::EventSourceMapping')).toBe(3 + 1);
  expect(propertiesOf(inYaml, 'AWS::Events::Rule')).toMatchObject([{ EventPattern: { source: ['desk'] } }]);
  expect(propertiesOf(inYaml, 'AWS::SNS::Subscription')).toMatchObject([{ TopicArn: TOPIC }]);
});

test("a rule is on the account's own bus, and alarms tell nobody, unless a stage says so", () => {
  const [rule] = propertiesOf(inYaml, 'AWS::Events::Rule');
  expect(rule).not.toHaveProperty('EventBusName');
  const alarms = propertiesOf(inYaml, 'AWS::CloudWatch::Alarm');
  expect(alarms).toHaveLength(3 * 3 + 1);
  for (const alarm of alarms) expect(alarm).not.toHaveProperty('AlarmActions');
  expect(inYaml.resources['findOnlineAgentQueueAgeAlarm']?.Properties.Threshold).toBe(1_800);
});

test('by default a queue gives ten messages to at most five instances, twenty times', () => {
  const Properties = inYaml.resources['findOnlineAgentQueueMapping']?.Properties;
  expect(Properties).toMatchObject({ BatchSize: 10, ScalingConfig: { MaximumConcurrency: 5 } });
  expect(Properties).not.toHaveProperty('MaximumBatchingWindowInSeconds');
  expect(inYaml.resources['findOnlineAgentQueue']?.Properties).toMatchObject({
    VisibilityTimeout: 6 * 29,
    RedrivePolicy: { maxReceiveCount: 20 },
  });
});

test.each([
  ['own', () => ownBus, { Ref: 'ResultBus' }, arn('ResultBus')],
  [
    'another',
    () => inYaml,
    'results',
    { 'Fn::Sub': `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:event-bus/results` },
  ],
])(
  'where a stage names a bus, %s, every lookup publishes there, whatever starts it',
  (_which, packaged, name, resource) => {
    for (const lookup of lookups) {
      expect(variablesOf(packaged(), lookup.name)['RESULT_BUS']).toEqual(name);
      expect(statementsOf(packaged(), lookup.name)).toContainEqual({
        Effect: 'Allow',
        Action: ['events:PutEvents'],
        Resource: resource,
      });
    }
  },
);

test('a bus alone is all that a stage gets which asks for no more', () => {
  const types = Object.values(ownBus.resources).map(({ Type }) => Type);
  expect(types.filter((type) => type in DOCUMENTED)).toEqual(['AWS::Events::EventBus']);
});

test('a mapping goes to its function as JSON', () => {
  expect(variablesOf(inYaml, 'findOnlineAgent')['EVENT_MAPPING']).toBe(
    '{"eventbridge":{"input":{"status.$":"$.agent.status"}}}',
  );
  const others = lookups.filter(({ name }) => name !== 'findOnlineAgent');
  for (const { name } of others) expect(variablesOf(inYaml, name)).not.toHaveProperty('EVENT_MAPPING');
});

test('only the lookup of passwords is told that a stage allows secrets in events', () => {
  for (const packaged of [ownBus, inYaml]) {
    const told = lookups.filter(({ name }) => variablesOf(packaged, name)['SECRETS_IN_EVENTS'] === 'allowed');
    expect(told.map(({ name }) => name)).toEqual(['queryAgentLoginParams']);
  }
  expect(inYaml.resources).toHaveProperty('queryAgentLoginParamsQueue');
});

/** Adds a stage to the copy's serverless.yml. */
async function writeStage(stage: string, params: string): Promise<void> {
  const path = join(service, 'serverless.yml');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('\nparams:\n', `\nparams:\n  ${stage}:${params}\n`));
}
