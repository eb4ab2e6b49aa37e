import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isReached } from './leading-keys.ts';
import {
  copyService,
  filesInZip,
  functionOf,
  functions,
  keeper,
  lookups,
  type Package,
  packageService,
  propertiesOf,
  roleNames,
  routes,
  statementsOf,
  variablesOf,
} from './service.ts';

const KMS_KEY_ARN = 'arn:aws:kms:eu-west-1:123456789012:key/two';
const TABLE_ARN = { 'Fn::GetAtt': ['TokenStoreTable', 'Arn'] };
const KEEPER_ARN = { 'Fn::GetAtt': ['KeepAgentSessionsLambdaFunction', 'Arn'] };

const deployed = [...lookups, keeper];
const vendors = [...new Set(lookups.map(({ vendor }) => vendor))];
/** What signs its requests has no token. */
const sharing = deployed.filter(({ vendor }) => vendor !== 'volcengine-im');

let service: string;
let plain: Package;
let withParams: Package;

beforeAll(async () => {
  service = await copyService();
  plain = await packageService(service, 'plain');
  withParams = await packageService(
    service,
    'params',
    '--stage=prod',
    `--param=tokenStoreKmsKeyArn=${KMS_KEY_ARN}`,
    '--param=tokenStoreTimeoutMs=80',
    '--param=keptAccounts=default,emea',
    '--param=vpcSubnetIds=subnet-1',
    '--param=vpcSecurityGroupIds=sg-1',
    '--param=reservedConcurrency=1',
  );
});

afterAll(() => rm(service, { recursive: true, force: true }));

test('the table is paid by request, keyed by pk and sk, forgets by ttl, and goes with the stack', () => {
  expect(plain.resources['TokenStoreTable']).toEqual({
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    },
  });
});

test("the table is encrypted under a customer's key where a stage names one", () => {
  expect(withParams.resources['TokenStoreTable']?.Properties.SSESpecification).toEqual({
    SSEEnabled: true,
    SSEType: 'KMS',
    KMSMasterKeyId: KMS_KEY_ARN,
  });
});

test('every function that keeps tokens or sessions knows the table, and no other', () => {
  for (const packaged of [plain, withParams]) {
    const knowing = deployed.filter(({ name }) => 'TOKEN_STORE_TABLE' in variablesOf(packaged, name));
    expect(knowing).toEqual(sharing);
    for (const { name } of sharing) {
      expect(variablesOf(packaged, name)['TOKEN_STORE_TABLE']).toEqual({ Ref: 'TokenStoreTable' });
    }
  }
});

test('functions wait for the table as long as they would by themselves, or as long as a stage says', () => {
  const timeouts = (packaged: Package) =>
    Object.fromEntries(
      deployed.flatMap(({ name }) => {
        const variables = variablesOf(packaged, name);
        return 'TOKEN_STORE_TIMEOUT_MS' in variables ? [[name, variables['TOKEN_STORE_TIMEOUT_MS']]] : [];
      }),
    );
  expect(timeouts(plain)).toEqual({});
  expect(timeouts(withParams)).toEqual(Object.fromEntries(sharing.map(({ name }) => [name, '80'])));
});

describe.each([
  ['plain', 'dev', () => plain, [], []],
  [
    "with a customer's key, in a private network",
    'prod',
    () => withParams,
    [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:UnassignPrivateIpAddresses',
    ],
    ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
  ],
])('%s', (_how, stage, packaged, ofNetwork, ofKey) => {
  test.each(deployed)('the role of $name may do what its work takes and nothing else', ({ name, vendor }) => {
    const statements = statementsOf(packaged(), name);
    const ofStore = sharing.some((each) => each.name === name)
      ? ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem', ...ofKey]
      : [];
    const actions = statements.flatMap(({ Action }) => Action);
    expect(actions.sort()).toEqual(
      [
        'secretsmanager:GetSecretValue',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
        ...ofNetwork,
        ...ofStore,
      ].sort(),
    );
    expect(statements.find(({ Action }) => Action.includes('secretsmanager:GetSecretValue')).Resource).toEqual({
      'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:contact-lookups/${stage}/${vendor}/*`,
    });
    const everywhere = statements.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action);
    expect(everywhere.every((action: string) => /^(xray|ec2):/.test(action))).toBe(true);
  });

  test.each(sharing)("the role of $name reaches its vendor's items, and no other's", ({ name, vendor }) => {
    const [statement, ...others] = statementsOf(packaged(), name).filter(({ Action }) =>
      Action.some((action: string) => action.startsWith('dynamodb:')),
    );
    expect(others).toEqual([]);
    expect(statement.Resource).toEqual(TABLE_ARN);

    const reached = vendors.filter((each) => isReached(statement.Condition, [`${each}#default#0123abcd`]));
    expect(reached).toEqual([vendor]);
    expect(isReached(statement.Condition, [`${vendor}#default#0123abcd`, 'other#default#0123abcd'])).toBe(false);
    // A request that names no key, as one for the whole table would be.
    expect(isReached(statement.Condition, [])).toBe(false);
  });

  test('there is a role for every function and one for the schedule', () => {
    const expected = [...deployed.map(({ name }) => `${name}Role`), 'KeepAgentSessionsScheduleRole'];
    expect(roleNames(packaged()).sort()).toEqual(expected.sort());
  });
});

test("the customer's key is used through DynamoDB alone", () => {
  for (const { name } of sharing) {
    const [statement] = statementsOf(withParams, name).filter(({ Action }) => Action.includes('kms:Decrypt'));
    expect(statement.Resource).toBe(KMS_KEY_ARN);
    expect(statement.Condition).toEqual({
      StringEquals: { 'kms:ViaService': { 'Fn::Sub': `dynamodb.\${AWS::Region}.amazonaws.com` } },
    });
  }
});

test('the function that keeps sessions has no route and may overlap with itself', () => {
  expect(functionOf(plain, keeper.name)).toMatchObject({
    Handler: `${keeper.module}.handler`,
    Timeout: 90,
    MemorySize: 256,
    Role: { 'Fn::GetAtt': [`${keeper.name}Role`, 'Arn'] },
  });
  expect(functionOf(withParams, keeper.name)).not.toHaveProperty('ReservedConcurrentExecutions');
  for (const packaged of [plain, withParams]) {
    const handlers = functions(packaged).map(({ Handler }) => Handler);
    expect(handlers.sort()).toEqual(deployed.map(({ module }) => `${module}.handler`).sort());
    expect(
      routes(packaged)
        .map(({ RouteKey }) => RouteKey)
        .sort(),
    ).toEqual(lookups.map(({ route }) => route).sort());
  }
});

test('it keeps the accounts that a stage names', () => {
  const kept = (packaged: Package) =>
    Object.fromEntries(deployed.map(({ name }) => [name, variablesOf(packaged, name)['KEPT_ACCOUNTS']]));
  const nobodyElse = Object.fromEntries(lookups.map(({ name }) => [name, undefined]));
  expect(kept(plain)).toEqual({ ...nobodyElse, [keeper.name]: 'default' });
  expect(kept(withParams)).toEqual({ ...nobodyElse, [keeper.name]: 'default,emea' });
});

test('it is started every minute, and never again for the same minute', () => {
  expect(propertiesOf(plain, 'AWS::Scheduler::Schedule')).toEqual([
    {
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: KEEPER_ARN,
        RoleArn: { 'Fn::GetAtt': ['KeepAgentSessionsScheduleRole', 'Arn'] },
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    },
  ]);
  const invocations = propertiesOf(plain, 'AWS::Lambda::EventInvokeConfig');
  expect(invocations.filter(({ FunctionName }) => FunctionName.Ref === 'KeepAgentSessionsLambdaFunction')).toEqual([
    {
      FunctionName: { Ref: 'KeepAgentSessionsLambdaFunction' },
      Qualifier: '$LATEST',
      DestinationConfig: {},
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    },
  ]);
});

test("schedules of this account's default group may start it, which is all that their role allows", () => {
  const { AssumeRolePolicyDocument, Policies, ...rest } =
    plain.resources['KeepAgentSessionsScheduleRole']?.Properties ?? {};
  expect(AssumeRolePolicyDocument.Statement).toEqual([
    {
      Effect: 'Allow',
      Principal: { Service: 'scheduler.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: {
        StringEquals: {
          'aws:SourceAccount': { Ref: 'AWS::AccountId' },
          'aws:SourceArn': {
            'Fn::Sub': `arn:\${AWS::Partition}:scheduler:\${AWS::Region}:\${AWS::AccountId}:schedule-group/default`,
          },
        },
      },
    },
  ]);
  expect(Policies.map(({ PolicyDocument }: { PolicyDocument: object }) => PolicyDocument)).toEqual([
    {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: KEEPER_ARN }],
    },
  ]);
  expect(rest).toEqual({});
});

test.each(deployed)('the zip of $name has its own bundle in it, the same bytes each time', async ({ name, module }) => {
  const [one, two] = [plain, withParams].map(({ dir }) => join(dir, `${name}.zip`)) as [string, string];
  expect(await filesInZip(one)).toEqual([`${module}.cjs`]);
  expect((await readFile(one)).equals(await readFile(two))).toBe(true);
});

test('there is a zip for every function', async () => {
  const zips = (await readdir(plain.dir)).filter((file) => file.endsWith('.zip'));
  expect(zips.sort()).toEqual(deployed.map(({ name }) => `${name}.zip`).sort());
});

test('a token store that there is not is refused by its name', async () => {
  const packaged = packageService(service, 'other', '--param=tokenStore=redis');
  await expect(packaged).rejects.toThrow('tokenStore is none or dynamodb, not "redis"');
});

test('accounts to keep that are named without a token store are refused', async () => {
  const packaged = packageService(service, 'other', '--param=tokenStore=none', '--param=keptAccounts=default');
  await expect(packaged).rejects.toThrow('keptAccounts needs tokenStore dynamodb');
});
