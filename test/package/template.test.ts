import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStack } from '../../local/stack.ts';
import {
  copyService,
  filesInZip,
  functionOf,
  functions,
  lookups,
  type Package,
  packageService,
  propertiesOf,
  roleNames,
  routes,
  statementsOf,
  variablesOf,
} from './service.ts';

const PROXY = { HTTPS_PROXY: 'http://proxy.example.com:3128', NO_PROXY: '.amazonaws.com' };

let service: string;
let plain: Package;
let withParams: Package;

beforeAll(async () => {
  service = await copyService();
  // What the token store adds is in token-store.test.ts.
  plain = await packageService(service, 'plain', '--param=tokenStore=none');
  withParams = await packageService(
    service,
    'params',
    '--stage=prod',
    '--param=tokenStore=none',
    '--param=jwtIssuer=https://issuer.example.com/',
    '--param=jwtAudience=agents,desk',
    '--param=secretsKmsKeyArn=arn:aws:kms:eu-west-1:123456789012:key/one',
    '--param=vpcSubnetIds=subnet-1,subnet-2',
    '--param=vpcSecurityGroupIds=sg-1',
    `--param=httpsProxy=${PROXY.HTTPS_PROXY}`,
    `--param=noProxy=${PROXY.NO_PROXY}`,
    '--param=throttlingRate=7',
    '--param=reservedConcurrency=5',
    '--param=logRetentionDays=90',
    '--param=volcengineQps=20',
    // Of no use without a store.
    '--param=tokenStoreKmsKeyArn=arn:aws:kms:eu-west-1:123456789012:key/two',
    '--param=tokenStoreTimeoutMs=80',
  );
});

afterAll(() => rm(service, { recursive: true, force: true }));

test("the contract's five lookups are functions with their routes", () => {
  expect(lookups.map(({ name, route }) => `${name}: ${route}`)).toEqual(
    expect.arrayContaining([
      'getUserInfoByCallId: POST /v1/huawei-cec/get-user-info-by-call-id',
      'queryAgentLoginParams: POST /v1/huawei-cec/query-agent-login-params',
      'findOnlineAgent: POST /v1/huawei-isdp/find-online-agent',
      'queryAgentInfoByWorkNo: POST /v1/huawei-agent-gateway/query-agent-info-by-work-no',
      'batchGetConversationParticipant: POST /v1/volcengine-im/batch-get-conversation-participant',
    ]),
  );
});

test('every function gets the proxy of its stage, that which keeps sessions too', async () => {
  expect(functions(withParams).map(({ Environment }) => Environment.Variables)).toEqual(
    functions(withParams).map(() => expect.objectContaining(PROXY)),
  );
  const keeping = await readStack('keep-agent-sessions.js', 'keepAgentSessions', {
    httpsProxy: PROXY.HTTPS_PROXY,
    noProxy: PROXY.NO_PROXY,
  });
  expect(keeping).toMatchObject({ environment: PROXY });
});

test('every handler under functions/ has its function, and no other function is there', () => {
  const handlers = functions(plain).map(({ FunctionName, Handler }) => `${FunctionName}: ${Handler}`);
  expect(handlers.sort()).toEqual(
    lookups.map(({ name, module }) => `contact-lookups-dev-${name}: ${module}.handler`).sort(),
  );
});

test('every function has its route, and no other route is there', () => {
  const keys = routes(plain).map(({ RouteKey }) => RouteKey);
  expect(keys.sort()).toEqual(lookups.map(({ route }) => route).sort());
});

test.each(lookups)('the zip of $name has its own bundle in it and nothing else', async ({ name, module }) => {
  expect(await filesInZip(join(plain.dir, `${name}.zip`))).toEqual([`${module}.cjs`]);
});

test('there is a zip for every function', async () => {
  const zips = (await readdir(plain.dir)).filter((file) => file.endsWith('.zip'));
  expect(zips.sort()).toEqual(lookups.map(({ name }) => `${name}.zip`).sort());
});

test('functions run on Node.js 24 on arm64, traced, and end before API Gateway gives up', () => {
  for (const properties of functions(plain)) {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    });
    expect(properties.Timeout).toBeLessThan(30);
  }
});

describe.each([
  ['dev', () => plain, []],
  [
    'prod',
    () => withParams,
    [
      {
        Effect: 'Allow',
        Action: ['kms:Decrypt'],
        Resource: 'arn:aws:kms:eu-west-1:123456789012:key/one',
        Condition: {
          StringEquals: { 'kms:ViaService': { 'Fn::Sub': `secretsmanager.\${AWS::Region}.amazonaws.com` } },
        },
      },
      {
        Effect: 'Allow',
        Action: [
          'ec2:CreateNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        Resource: '*',
      },
    ],
  ],
])('in stage %s', (stage, packaged, askedFor) => {
  test.each(lookups)("the role of $name reads its vendor's secrets, writes its own log and traces", (lookup) => {
    const { name, vendor } = lookup;
    const log = `${name[0]?.toUpperCase()}${name.slice(1)}LogGroup`;
    const { Role } = functionOf(packaged(), name);

    expect(Role).toEqual({ 'Fn::GetAtt': [`${name}Role`, 'Arn'] });
    const role = packaged().resources[`${name}Role`]?.Properties;
    expect(role.ManagedPolicyArns).toBeUndefined();
    expect(statementsOf(packaged(), name)).toEqual([
      {
        Effect: 'Allow',
        Action: ['secretsmanager:GetSecretValue'],
        Resource: {
          'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:contact-lookups/${stage}/${vendor}/*`,
        },
      },
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [log, 'Arn'] },
      },
      { Effect: 'Allow', Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: '*' },
      ...askedFor,
    ]);
    expect(packaged().resources[log]?.Properties.LogGroupName).toBe(`/aws/lambda/contact-lookups-${stage}-${name}`);
  });

  test('there is a role for every function and no other', () => {
    expect(roleNames(packaged()).sort()).toEqual(lookups.map(({ name }) => `${name}Role`).sort());
  });
});

test('every route asks for IAM authorization by default', () => {
  for (const { RouteKey, AuthorizationType } of routes(plain)) {
    expect([RouteKey, AuthorizationType]).toEqual([RouteKey, 'AWS_IAM']);
  }
});

test('every route asks for a JWT where a stage sets issuer and audience', () => {
  for (const route of routes(withParams)) {
    expect(route).toMatchObject({ AuthorizationType: 'JWT', AuthorizerId: { Ref: 'HttpApiAuthorizerJwt' } });
  }
  expect(withParams.resources['HttpApiAuthorizerJwt']?.Properties).toMatchObject({
    AuthorizerType: 'JWT',
    IdentitySource: ['$request.header.Authorization'],
    JwtConfiguration: { Issuer: 'https://issuer.example.com/', Audience: ['agents', 'desk'] },
  });
});

test.each(['--param=jwtIssuer=https://issuer.example.com/', '--param=jwtAudience=agents'])(
  'a JWT set by half (%s) is refused',
  async (param) => {
    await expect(packageService(service, 'half', param)).rejects.toThrow('jwtIssuer and jwtAudience go together');
  },
  60_000,
);

test('routes are throttled', () => {
  const settings = ({ resources }: Package) => resources['HttpApiStage']?.Properties.DefaultRouteSettings;
  expect(settings(plain)).toMatchObject({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
  expect(settings(withParams)).toMatchObject({ ThrottlingRateLimit: '7', ThrottlingBurstLimit: 100 });
});

test('logs are kept for 30 days, or as long as a stage says', () => {
  const retention = (packaged: Package) =>
    propertiesOf(packaged, 'AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays);
  // One group for each function, and the access log of the API.
  expect(retention(plain)).toEqual([...lookups, 'API'].map(() => 30));
  expect(retention(withParams)).toEqual([...lookups, 'API'].map(() => 90));
});

test('concurrency is reserved only where a stage says so', () => {
  for (const properties of functions(plain)) expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
  for (const properties of functions(withParams)) expect(properties.ReservedConcurrentExecutions).toBe(5);
});

test('functions join a private network only where a stage says so', () => {
  for (const properties of functions(plain)) expect(properties).not.toHaveProperty('VpcConfig');
  for (const properties of functions(withParams)) {
    expect(properties.VpcConfig).toEqual({ SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] });
  }
});

test('API Gateway sends events of payload format 2.0', () => {
  for (const properties of propertiesOf(plain, 'AWS::ApiGatewayV2::Integration')) {
    expect(properties).toMatchObject({ PayloadFormatVersion: '2.0', IntegrationType: 'AWS_PROXY' });
  }
});

test('functions know their stage and their share of the limit of Volcengine, and no secret', () => {
  const common = { POWERTOOLS_SERVICE_NAME: 'contact-lookups', POWERTOOLS_METRICS_NAMESPACE: 'ContactLookups' };
  expect(variablesOf(plain, 'findOnlineAgent')).toEqual({
    STAGE: 'dev',
    ACCOUNT_ACCESS: '*',
    SECRET_MAX_AGE_MINUTES: '60',
    ...common,
  });
  expect(variablesOf(plain, 'batchGetConversationParticipant')).toEqual({
    STAGE: 'dev',
    ACCOUNT_ACCESS: '*',
    SECRET_MAX_AGE_MINUTES: '60',
    VENDOR_QPS_SHARE: '10',
    ...common,
  });
  expect(variablesOf(withParams, 'batchGetConversationParticipant')).toEqual({
    STAGE: 'prod',
    ACCOUNT_ACCESS: 'jwt',
    SECRET_MAX_AGE_MINUTES: '60',
    VENDOR_QPS_SHARE: '20',
    ...PROXY,
    ...common,
  });
});

test.each([
  ['by itself', () => plain],
  ['whatever its other params say', () => withParams],
])('a stage whose tokenStore is none has nothing of one, %s', (_which, packaged) => {
  const { resources } = packaged();
  const types = Object.values(resources).map(({ Type }) => Type);
  const ofStores = /^AWS::(DynamoDB|Scheduler|Events)::/;
  expect(types.filter((type) => ofStores.test(type))).toEqual([]);
  expect(JSON.stringify(resources)).not.toMatch(/dynamodb|scheduler|TOKEN_STORE|KEPT_ACCOUNTS|key\/two/i);
});

test('Lambda tries an asynchronous check of a password once, and nothing else is told how often', () => {
  expect(propertiesOf(plain, 'AWS::Lambda::EventInvokeConfig')).toEqual([
    expect.objectContaining({
      FunctionName: { Ref: 'QueryAgentLoginParamsLambdaFunction' },
      MaximumRetryAttempts: 0,
    }),
  ]);
});
