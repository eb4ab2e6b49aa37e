import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { lookups } from './service.ts';

interface Stage {
  resolveVariable(address: string): Promise<unknown>;
}

/** What a stage has that says nothing: serverless.yml's own values. */
const DEFAULTS = {
  withoutLookups: '',
  jwtScopes: '',
  queues: '',
  fifoQueues: '',
  eventRules: '',
  eventRulesBus: '',
  topics: '',
  streams: '',
  eventMapping: '',
  resultBus: '',
  secretsInEvents: 'refused',
  queueBatchSize: 10,
  queueConcurrency: 5,
  queueMaxReceives: 20,
  queueAgeAlarmSeconds: 1_800,
  alarmTopicArn: '',
  accountAccess: '',
  jwtIssuer: '',
  jwtAudience: '',
  tokenStore: 'none',
  volcengineQps: 10,
};

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:calls';

test('the names that params take are those of the lookups', async () => {
  const { LOOKUPS } = await load('events/params');
  expect([...(LOOKUPS as string[])].sort()).toEqual(lookups.map(({ name }) => name).sort());
});

test.each([
  ['queues', 'findOnlineAgents', /there is no lookup "findOnlineAgents", only getUserInfoByCallId, /],
  ['queues', 'keepAgentSessions', /there is no lookup "keepAgentSessions"/],
  ['queues', ['findOnlineAgent', 'other'], /there is no lookup "other"/],
  ['queues', { findOnlineAgent: {} }, /cannot be/],
  ['fifoQueues', 'FindOnlineAgent', /there is no lookup/],
  ['eventRules', '{"other":{"source":["desk"]}}', /there is no lookup "other"/],
  ['eventRules', 'findOnlineAgent', /is not JSON/],
  ['eventRules', { findOnlineAgent: {} }, /findOnlineAgent must be a JSON object with something in it/],
  ['eventRules', { findOnlineAgent: ['desk'] }, /must be a JSON object/],
  ['eventRules', { findOnlineAgent: '{"source":' }, /findOnlineAgent is not JSON/],
  ['eventRulesBus', 'my bus', /is the name or ARN of an event bus/],
  ['topics', { findOnlineAgent: 'calls' }, /findOnlineAgent needs the ARN of an SNS topic, not "calls"/],
  ['topics', { findOnlineAgent: [] }, /needs the ARN of an SNS topic/],
  ['topics', { other: TOPIC }, /there is no lookup "other"/],
  ['streams', { findOnlineAgent: TOPIC }, /needs the ARN of a Kinesis stream/],
  [
    'streams',
    { findOnlineAgent: 'arn:aws:dynamodb:eu-west-1:123456789012:table/Calls' },
    /needs the ARN of a Kinesis stream, a consumer of one, or a DynamoDB stream/,
  ],
  ['eventRules', { findOnlineAgent: { source: 'desk' } }, /findOnlineAgent: source must be a list/],
  ['eventRules', { findOnlineAgent: { source: null } }, /findOnlineAgent: source must be a list/],
  ['eventMapping', { findOnlineAgent: { s3: {} } }, /findOnlineAgent: "s3" is none of sqs, sns, eventbridge/],
  ['eventMapping', { findOnlineAgent: { sqs: 'x' } }, /findOnlineAgent: the template of "sqs"/],
  ['eventMapping', { findOnlineAgent: { sqs: { 'input.$': 'call.id' } } }, /findOnlineAgent: sqs: input\.\$/],
  [
    'eventMapping',
    { findOnlineAgent: { sqs: { input: { ids: [Number('7203245678901234567')] } } } },
    /findOnlineAgent: sqs: input: ids: 0: 7203245678901235000 is beyond 2\^53 and has lost digits/,
  ],
  [
    'eventMapping',
    { findOnlineAgent: { sqs: { 'input.$': "$[?match(@.name, '(a+)+')]" } } },
    /findOnlineAgent: sqs: input\.\$: .*match\(\)/,
  ],
  ['eventMapping', '[]', /must be a JSON object/],
  ['resultBus', 'my bus', /is own, or the name or ARN of an event bus/],
  ['resultBus', 'arn:aws:sqs:eu-west-1:123456789012:results', /is own, or/],
  ['secretsInEvents', 'yes', /is refused or allowed, not "yes"/],
  ['queueBatchSize', '0', /is a whole number from 1 to 100/],
  ['queueBatchSize', '101', /is a whole number/],
  ['queueBatchSize', '', /is a whole number/],
  ['queueConcurrency', 1, /is a whole number from 2 to 1000, not "1"/],
  ['queueConcurrency', '2.5', /is a whole number/],
  ['queueMaxReceives', 1_001, /is a whole number from 1 to 1000/],
  ['queueAgeAlarmSeconds', '1h', /is a whole number from 60 to 1209600/],
  ['alarmTopicArn', 'operators', /is the ARN of an SNS topic/],
])('%s that is %j is refused by its name', async (param, value, reason) => {
  const message = await settingsOf({ [param]: value }).then(
    () => 'taken',
    (error: Error) => error.message,
  );
  expect(message.startsWith(param)).toBe(true);
  expect(message).toMatch(reason);
});

test.each([
  ['queues', 'queryAgentLoginParams'],
  ['fifoQueues', 'queryAgentLoginParams'],
  ['eventRules', { queryAgentLoginParams: { source: ['desk'] } }],
  ['topics', { queryAgentLoginParams: TOPIC }],
  ['streams', { queryAgentLoginParams: 'arn:aws:kinesis:eu-west-1:123456789012:stream/agents' }],
])('%s for the lookup of passwords are refused, and how to have them is said', async (param, value) => {
  await expect(settingsOf({ [param]: value })).rejects.toThrow(
    /queryAgentLoginParams .* or set secretsInEvents to allowed/,
  );
  await expect(settingsOf({ [param]: value, secretsInEvents: 'allowed' })).resolves.toMatchObject({
    triggered: ['queryAgentLoginParams'],
  });
});

test('a pattern may be JSON text in YAML too', async () => {
  const rules = { findOnlineAgent: '{"source":["desk"]}' };
  expect(await settingsOf({ eventRules: rules })).toMatchObject({ rules: { findOnlineAgent: { source: ['desk'] } } });
});

test('a mapping is refused that would fill the environment of its function, with accountAccess counted', async () => {
  const { environments } = await load('environment');
  const mapping = (length: number) => ({ findOnlineAgent: { sqs: { input: { status: 'x'.repeat(length) } } } });
  const packaged = (params: object) => (environments as (stage: Stage) => Promise<unknown>)(stageWith(params));
  const access = { 'arn:aws:iam::123456789012:user/bob': '*' };

  await expect(packaged({ eventMapping: mapping(3_020) })).resolves.toHaveProperty('findOnlineAgent.EVENT_MAPPING');
  await expect(packaged({ eventMapping: mapping(3_020), accountAccess: access })).rejects.toThrow(
    'eventMapping: that of findOnlineAgent and accountAccess are longer than 3072 bytes together',
  );
  await expect(packaged({ eventMapping: mapping(3_072) })).rejects.toThrow(/^eventMapping/);
});

async function settingsOf(params: object): Promise<object> {
  const { readSettings } = await load('events/settings');
  return (readSettings as (stage: Stage) => Promise<object>)(stageWith(params));
}

function load(file: string): Promise<Record<string, unknown>> {
  return import(pathToFileURL(resolve(`aws/${file}.js`)).href);
}

function stageWith(params: object): Stage {
  const all = new Map<string, unknown>(Object.entries({ ...DEFAULTS, ...params }));
  return { resolveVariable: async (address) => all.get(address.replace('param:', '')) };
}
