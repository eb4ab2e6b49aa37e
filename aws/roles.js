import { busStatements } from './events/bus.js';
import { lookupsIn } from './events/params.js';
import { queueStatements } from './events/queues.js';
import { readSettings } from './events/settings.js';
import { streamStatements } from './events/streams.js';
import { tokenStoreStatements } from './token-store.js';

const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * One IAM role for each function in serverless.yml, `<function>Role`. It may read the secrets of its own vendor, whose
 * name is the folder that the handler is in, write its own log and traces, use its vendor's items in the token store
 * if its environment names one, read the queues and streams that the stage gives it, and publish results on the bus;
 * nothing else.
 */
export async function roles({ resolveVariable }) {
  const functions = await resolveVariable('self:functions');
  const stage = await resolveVariable('sls:stage');
  const secretsKmsKeyArn = await resolveVariable('param:secretsKmsKeyArn');
  const tokenStoreKmsKeyArn = await resolveVariable('param:tokenStoreKmsKeyArn');
  const events = await readSettings({ resolveVariable });
  const leftOut = await lookupsIn(resolveVariable, 'withoutLookups');
  const joinsNetwork = Boolean(await resolveVariable('param:vpcSubnetIds'));

  return Object.fromEntries(
    Object.entries(functions)
      // A function that this stage does not have is null, or left out by aws/plugin.js.
      .filter(([name, definition]) => definition && !leftOut.includes(name))
      .map(([name, { handler, environment }]) => {
        const vendor = handler.split('/')[1];
        const tokenStore = environment?.TOKEN_STORE_TABLE
          ? tokenStoreStatements({ vendor, kmsKeyArn: tokenStoreKmsKeyArn })
          : [];
        return [
          `${name}Role`,
          role(name, [
            ...statements({ name, vendor, stage, secretsKmsKeyArn, joinsNetwork }),
            ...tokenStore,
            ...queueStatements(events, name),
            ...streamStatements(events, name),
            ...busStatements(events, name),
          ]),
        ];
      }),
  );
}

function statements({ name, vendor, stage, secretsKmsKeyArn, joinsNetwork }) {
  const allowed = [
    {
      Action: ['secretsmanager:GetSecretValue'],
      Resource: {
        'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:contact-lookups/${stage}/${vendor}/*`,
      },
    },
    {
      // The log group itself is part of the stack, so that its retention holds from the first line.
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: { 'Fn::GetAtt': [`${name[0].toUpperCase()}${name.slice(1)}LogGroup`, 'Arn'] },
    },
    {
      // X-Ray knows no resources to restrict these to.
      Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      Resource: '*',
    },
  ];
  if (secretsKmsKeyArn) {
    allowed.push({
      Action: ['kms:Decrypt'],
      Resource: secretsKmsKeyArn,
      Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Sub': `secretsmanager.\${AWS::Region}.amazonaws.com` } } },
    });
  }
  if (joinsNetwork) {
    allowed.push({
      // Lambda needs these to put a function into a network, and they cannot be restricted to one: Lambda's managed policy
      // AWSLambdaENIManagementAccess has them on the same resource.
      Action: NETWORK_ACTIONS,
      Resource: '*',
    });
    allowed.push(deniedInNetwork(`contact-lookups-${stage}-${name}`));
  }
  return allowed;
}

/**
 * Lambda uses these rights for a function in a private network; the function's own code must not:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
 */
function deniedInNetwork(functionName) {
  return {
    Effect: 'Deny',
    Action: NETWORK_ACTIONS,
    Resource: '*',
    Condition: {
      ArnEquals: {
        'lambda:SourceFunctionArn': {
          'Fn::Sub': `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:${functionName}`,
        },
      },
    },
  };
}

function role(name, statements) {
  const Statement = statements.map((statement) => ({ Effect: 'Allow', ...statement }));
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      Policies: [{ PolicyName: name, PolicyDocument: { Version: '2012-10-17', Statement } }],
    },
  };
}
