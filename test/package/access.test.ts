import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { copyService, denialsOf, type Package, packageService, propertiesOf, routes, statementsOf } from './service.ts';

/* Who may call a deployed stage, who called it, and how a deployment tells that this changes. */

let service: string;
let packaged: Package;

beforeAll(async () => {
  service = await copyService();
  packaged = await packageService(
    service,
    'access',
    '--stage=prod',
    '--param=jwtIssuer=https://issuer.example.com/',
    '--param=jwtAudience=agents',
    '--param=withoutLookups=findOnlineAgent',
    '--param=queues=getUserInfoByCallId',
    '--param=vpcSubnetIds=subnet-1',
    '--param=vpcSecurityGroupIds=sg-1',
  );
}, 120_000);

afterAll(() => rm(service, { recursive: true, force: true }));

describe('with a JWT', () => {
  test('the route of queryAgentLoginParams alone asks for a scope by default', () => {
    const scopes = routes(packaged).map(({ RouteKey, AuthorizationScopes }) => [RouteKey, AuthorizationScopes]);
    expect(Object.fromEntries(scopes)).toEqual({
      'POST /v1/huawei-cec/get-user-info-by-call-id': undefined,
      'POST /v1/huawei-cec/query-agent-login-params': ['agent-login'],
      'POST /v1/huawei-agent-gateway/query-agent-info-by-work-no': undefined,
      'POST /v1/volcengine-im/batch-get-conversation-participant': undefined,
    });
  });
});

describe('a lookup that withoutLookups names', () => {
  test('has no function, no route, no role and no log group', () => {
    expect(Object.keys(packaged.resources).filter((id) => /findOnlineAgent/i.test(id))).toEqual([]);
    expect(JSON.stringify(packaged.resources)).not.toContain('find-online-agent');
  });

  test('cannot have a queue', async () => {
    const { readSettings } = await import(pathToFileURL(join(service, 'aws/events/settings.js')).href);
    const params: Record<string, unknown> = { queues: 'findOnlineAgent', withoutLookups: 'findOnlineAgent' };
    const resolveVariable = async (address: string) => params[address.replace('param:', '')] ?? '';
    await expect(readSettings({ resolveVariable })).rejects.toThrow(
      /^withoutLookups leaves findOnlineAgent out: take it/,
    );
  });
});

test('the HTTP API logs who called what and how it ended, and keeps the lines as long as the functions do', () => {
  const [{ AccessLogSettings }] = propertiesOf(packaged, 'AWS::ApiGatewayV2::Stage') as [
    Record<string, { Format: string }>,
  ];
  expect(JSON.parse(AccessLogSettings?.Format ?? '')).toMatchObject({
    requestId: '$context.requestId',
    principal: '$context.identity.userArn',
    subject: '$context.authorizer.claims.sub',
    route: '$context.routeKey',
    status: '$context.status',
    latencyMs: '$context.responseLatency',
  });
  const group = propertiesOf(packaged, 'AWS::Logs::LogGroup').find(({ LogGroupName }) => /http-api/.test(LogGroupName));
  expect(group).toMatchObject({ RetentionInDays: 30 });
});

test.each(['getUserInfoByCallId', 'batchGetConversationParticipant'])(
  'the code of %s cannot create network interfaces, which Lambda does for it in a private network',
  (name) => {
    const allowed = statementsOf(packaged, name).find(({ Action }) => /^ec2:/.test(Action[0]));
    expect(denialsOf(packaged, name)).toEqual([
      {
        Effect: 'Deny',
        Action: allowed.Action,
        Resource: '*',
        Condition: {
          ArnEquals: {
            'lambda:SourceFunctionArn': {
              'Fn::Sub': `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:contact-lookups-prod-${name}`,
            },
          },
        },
      },
    ]);
  },
);

test('a deployment that leaves a queue out keeps the queues with their messages', () => {
  const queues = Object.values(packaged.resources).filter(({ Type }) => Type === 'AWS::SQS::Queue');
  expect(queues).toHaveLength(2);
  for (const queue of queues) expect(queue).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
});

test('a dead-letter queue takes messages of its own queue alone', () => {
  expect(packaged.resources['getUserInfoByCallIdDeadLetterQueue']?.Properties.RedriveAllowPolicy).toEqual({
    redrivePermission: 'byQueue',
    sourceQueueArns: [
      {
        'Fn::Sub': `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:contact-lookups-prod-getUserInfoByCallId`,
      },
    ],
  });
});

describe('a deployment', () => {
  test('tells what it changes in triggers and authorization against the deployed stack', async () => {
    const deployed = JSON.parse(readFileSync(join(packaged.dir, 'cloudformation-template-update-stack.json'), 'utf8'));
    deployed.Resources.oldQueue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'contact-lookups-prod-old' } };
    // CloudFormation and STS as far as the comparison needs them; what deploys afterwards is refused.
    const answers: Readonly<Record<string, string>> = {
      GetCallerIdentity:
        '<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/one</Arn><UserId>one</UserId>',
      GetTemplate: `<TemplateBody>${JSON.stringify(deployed).replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</TemplateBody>`,
    };
    const cloudFormation = createServer(async (request, response) => {
      const action = new URLSearchParams(await text(request)).get('Action') ?? '';
      const answer = answers[action];
      const body = answer
        ? `<${action}Response><${action}Result>${answer}</${action}Result></${action}Response>`
        : '<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not here</Message></Error></ErrorResponse>';
      response.writeHead(answer ? 200 : 403, { 'content-type': 'text/xml' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(cloudFormation, 'listening');
    onTestFinished(() => void cloudFormation.close());
    const { port } = cloudFormation.address() as AddressInfo;
    const output = await promisify(execFile)(
      process.execPath,
      ['node_modules/serverless/bin/serverless.js', 'deploy', '--stage=prod', '--param=accountAccess={}'],
      {
        cwd: service,
        timeout: 170_000,
        env: {
          PATH: process.env['PATH'],
          TMPDIR: service,
          AWS_ACCESS_KEY_ID: 'one',
          AWS_SECRET_ACCESS_KEY: 'two',
          AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
        },
      },
    ).catch(({ stdout, stderr }) => ({ stdout, stderr }));
    const lines = `${output.stdout}${output.stderr}`.split('\n').map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining([
        'Triggers and authorization, against the deployed stack:',
        '- queue contact-lookups-prod-old: present',
        '- queue contact-lookups-prod-getUserInfoByCallId: present',
        '+ route POST /v1/huawei-isdp/find-online-agent: AWS_IAM',
        '~ route POST /v1/huawei-cec/query-agent-login-params: JWT, agent-login -> AWS_IAM',
        '~ accounts of contact-lookups-prod-getUserInfoByCallId: jwt -> {}',
      ]),
    );
  }, 90_000);
});
