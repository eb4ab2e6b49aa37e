import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's shapes, of which each test reads one
  Properties: any;
}

interface Package {
  dir: string;
  resources: Record<string, Resource>;
}

/** One for each file under functions/ that exports a handler: what the contract derives from its path. */
const lookups = globSync('functions/*/*.ts')
  .filter((file) => /^export .*\bhandler\b/m.test(readFileSync(file, 'utf8')))
  .sort()
  .map((file) => {
    const vendor = basename(dirname(file));
    const lookup = basename(file, '.ts');
    const name = lookup.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    return { name, vendor, module: file.replace(/\.ts$/, ''), route: `POST /v1/${vendor}/${lookup}` };
  });

let service: string;
let byDefault: Package;
let withParams: Package;

beforeAll(async () => {
  // A copy, since packaging writes into the service's folder, where there may be a package that someone wants to keep.
  service = await mkdtemp(join(tmpdir(), 'contact-lookups-package-'));
  for (const path of ['serverless.yml', 'package.json', 'tsconfig.json', 'aws', 'bundling', 'functions', 'lib']) {
    await cp(path, join(service, path), { recursive: true });
  }
  await symlink(resolve('node_modules'), join(service, 'node_modules'));

  byDefault = await packageService('default');
  withParams = await packageService(
    'params',
    '--stage=prod',
    '--param=jwtIssuer=https://issuer.example.com/',
    '--param=jwtAudience=agents,desk',
    '--param=secretsKmsKeyArn=arn:aws:kms:eu-west-1:123456789012:key/one',
    '--param=vpcSubnetIds=subnet-1,subnet-2',
    '--param=vpcSecurityGroupIds=sg-1',
    '--param=throttlingRate=7',
    '--param=reservedConcurrency=5',
    '--param=logRetentionDays=90',
    '--param=volcengineQps=20',
  );
}, 180_000);

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

test('every handler under functions/ has its function, and no other function is there', () => {
  const handlers = functions(byDefault).map(({ FunctionName, Handler }) => `${FunctionName}: ${Handler}`);
  expect(handlers.sort()).toEqual(
    lookups.map(({ name, module }) => `contact-lookups-dev-${name}: ${module}.handler`).sort(),
  );
});

test('every function has its route, and no other route is there', () => {
  const keys = routes(byDefault).map(({ RouteKey }) => RouteKey);
  expect(keys.sort()).toEqual(lookups.map(({ route }) => route).sort());
});

test.each(lookups)('the zip of $name has its own bundle in it and nothing else', async ({ name, module }) => {
  expect(await filesInZip(join(byDefault.dir, `${name}.zip`))).toEqual([`${module}.cjs`]);
});

test('there is a zip for every function', async () => {
  const zips = (await readdir(byDefault.dir)).filter((file) => file.endsWith('.zip'));
  expect(zips.sort()).toEqual(lookups.map(({ name }) => `${name}.zip`).sort());
});

test('functions run on Node.js 24 on arm64, traced, and end before API Gateway gives up', () => {
  for (const properties of functions(byDefault)) {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    });
    expect(properties.Timeout).toBeLessThan(30);
  }
});

describe.each([
  ['dev', () => byDefault, []],
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
    expect(role.Policies.flatMap((policy: Resource['Properties']) => policy.PolicyDocument.Statement)).toEqual([
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
    const roles = Object.keys(packaged().resources).filter((id) => packaged().resources[id]?.Type === 'AWS::IAM::Role');
    expect(roles.sort()).toEqual(lookups.map(({ name }) => `${name}Role`).sort());
  });
});

test('every route asks for IAM authorization by default', () => {
  for (const { RouteKey, AuthorizationType } of routes(byDefault)) {
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
    await expect(packageService('half', param)).rejects.toThrow('jwtIssuer and jwtAudience go together');
  },
  60_000,
);

test('routes are throttled', () => {
  const settings = ({ resources }: Package) => resources['HttpApiStage']?.Properties.DefaultRouteSettings;
  expect(settings(byDefault)).toMatchObject({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
  expect(settings(withParams)).toMatchObject({ ThrottlingRateLimit: '7', ThrottlingBurstLimit: 100 });
});

test('logs are kept for 30 days, or as long as a stage says', () => {
  const retention = (packaged: Package) =>
    propertiesOf(packaged, 'AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays);
  expect(retention(byDefault)).toEqual(lookups.map(() => 30));
  expect(retention(withParams)).toEqual(lookups.map(() => 90));
});

test('concurrency is reserved only where a stage says so', () => {
  for (const properties of functions(byDefault)) expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
  for (const properties of functions(withParams)) expect(properties.ReservedConcurrentExecutions).toBe(5);
});

test('functions join a private network only where a stage says so', () => {
  for (const properties of functions(byDefault)) expect(properties).not.toHaveProperty('VpcConfig');
  for (const properties of functions(withParams)) {
    expect(properties.VpcConfig).toEqual({ SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] });
  }
});

test('API Gateway sends events of payload format 2.0', () => {
  for (const properties of propertiesOf(byDefault, 'AWS::ApiGatewayV2::Integration')) {
    expect(properties).toMatchObject({ PayloadFormatVersion: '2.0', IntegrationType: 'AWS_PROXY' });
  }
});

test('functions know their stage and their share of the limit of Volcengine, and no secret', () => {
  const variables = (packaged: Package, name: string) => functionOf(packaged, name).Environment.Variables;
  const common = { POWERTOOLS_SERVICE_NAME: 'contact-lookups', POWERTOOLS_METRICS_NAMESPACE: 'ContactLookups' };
  expect(variables(byDefault, 'findOnlineAgent')).toEqual({ STAGE: 'dev', ...common });
  expect(variables(byDefault, 'batchGetConversationParticipant')).toEqual({
    STAGE: 'dev',
    VENDOR_QPS_SHARE: '10',
    ...common,
  });
  expect(variables(withParams, 'batchGetConversationParticipant')).toEqual({
    STAGE: 'prod',
    VENDOR_QPS_SHARE: '20',
    ...common,
  });
});

/** `serverless package` as someone without an AWS account runs it. */
async function packageService(name: string, ...args: string[]): Promise<Package> {
  const dir = join(service, name);
  const cli = resolve('node_modules/serverless/bin/serverless.js');
  const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('AWS_')));
  const noAccount = {
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const run = promisify(execFile)(process.execPath, [cli, 'package', '--package', dir, ...args], {
    cwd: service,
    env: { ...env, ...noAccount },
  });
  await run.catch(({ stdout, stderr }) => {
    throw new Error(`serverless package failed:\n${stdout}${stderr}`);
  });
  const template = await readFile(join(dir, 'cloudformation-template-update-stack.json'), 'utf8');
  return { dir, resources: JSON.parse(template).Resources };
}

function propertiesOf({ resources }: Package, type: string): Resource['Properties'][] {
  return Object.values(resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties);
}

const functions = (packaged: Package) => propertiesOf(packaged, 'AWS::Lambda::Function');
const routes = (packaged: Package) => propertiesOf(packaged, 'AWS::ApiGatewayV2::Route');

function functionOf(packaged: Package, name: string): Resource['Properties'] {
  return functions(packaged).find(({ FunctionName }) => FunctionName.endsWith(`-${name}`));
}

/** The names in a zip file's central directory. */
async function filesInZip(path: string): Promise<string[]> {
  const zip = await readFile(path);
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  while (names.length < zip.readUInt16LE(end + 10)) {
    const nameLength = zip.readUInt16LE(at + 28);
    names.push(zip.toString('utf8', at + 46, at + 46 + nameLength));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return names;
}
