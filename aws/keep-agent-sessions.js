import { ACCOUNT_NAME } from '../lib/pipeline/check-account.ts';
import { proxy } from './network.js';
import { ParameterRefused } from './refusal.js';
import { environment, hasTokenStore } from './token-store.js';

// The function that keeps managed sessions alive while nobody asks, and what starts it. It works on sessions in the
// stage's token store, of the accounts in the param keptAccounts: a stage that lacks either has neither. Packaging does not
// know the secrets, so the function is there for an account without managed sessions as well, and ends at once.

const SCHEDULE_ROLE = 'KeepAgentSessionsScheduleRole';
const FUNCTION_ARN = { 'Fn::GetAtt': ['KeepAgentSessionsLambdaFunction', 'Arn'] };

/** For functions.keepAgentSessions; null where the stage has no such function. */
export async function keepAgentSessions(stage) {
  const accounts = await keptAccounts(stage);
  if (accounts.length === 0) return null;
  return {
    handler: 'functions/huawei-agent-gateway/keep-agent-sessions.handler',
    role: 'keepAgentSessionsRole',
    // A run lasts until the next one has taken over. So two are at work at once, and no concurrency is reserved: a stage
    // that reserves one instance for each function would never let the next one begin.
    timeout: 90,
    // It is at work all the time and paid for that, and nearly all of it waits for answers of polls.
    memorySize: 256,
    // Lambda would run a failed one again, twice, beside those that the schedule has started since.
    maximumRetryAttempts: 0,
    maximumEventAge: 60,
    environment: { ...(await environment(stage)), ...(await proxy(stage)), KEPT_ACCOUNTS: accounts.join(',') },
  };
}

/**
 * For resources.Resources. Not osls's event `schedule`, which knows no retry policy, and which would start the function on
 * one machine as well.
 */
export async function schedule(stage) {
  if ((await keptAccounts(stage)).length === 0) return {};
  return {
    KeepAgentSessionsSchedule: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'rate(1 minute)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: FUNCTION_ARN,
          RoleArn: { 'Fn::GetAtt': [SCHEDULE_ROLE, 'Arn'] },
          // The next minute's comes anyway. 60 s is the least that there is: https://docs.aws.amazon.com/
          // AWSCloudFormation/latest/UserGuide/aws-properties-scheduler-schedule-retrypolicy.html
          RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        },
      },
    },
    [SCHEDULE_ROLE]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'scheduler.amazonaws.com' },
              Action: 'sts:AssumeRole',
              // Schedules of this account alone, so that nobody else's can start the function. AWS wants the group here,
              // never the schedule: https://docs.aws.amazon.com/scheduler/latest/UserGuide/
              // cross-service-confused-deputy-prevention.html
              Condition: {
                StringEquals: {
                  'aws:SourceAccount': { Ref: 'AWS::AccountId' },
                  'aws:SourceArn': {
                    'Fn::Sub': `arn:\${AWS::Partition}:scheduler:\${AWS::Region}:\${AWS::AccountId}:schedule-group/default`,
                  },
                },
              },
            },
          ],
        },
        Policies: [
          {
            PolicyName: 'keepAgentSessions',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: FUNCTION_ARN }],
            },
          },
        ],
      },
    },
  };
}

/** @throws ParameterRefused where one cannot be an account: the function would fail every minute */
async function keptAccounts(stage) {
  const { resolveVariable } = stage;
  if (!(await hasTokenStore(stage))) return refuseNamed(stage);
  const accounts = String(await resolveVariable('param:keptAccounts'))
    .split(',')
    .filter(Boolean);
  const wrong = accounts.find((account) => !ACCOUNT_NAME.test(account));
  if (wrong !== undefined) throw new ParameterRefused(`keptAccounts are names of accounts, which "${wrong}" is not`);
  return accounts;
}

/**
 * Without a token store no sessions are kept. A stage that names accounts expects that they are.
 * @throws ParameterRefused where the stage or the command names some, be it the default ones
 */
async function refuseNamed({ options, resolveConfigurationProperty, resolveVariable }) {
  const ofStage = await resolveConfigurationProperty(['params', await resolveVariable('sls:stage')]);
  const named = [options.param ?? []].flat().some((text) => /^keptAccounts=./.test(text)) || ofStage?.keptAccounts;
  if (!named) return [];
  throw new ParameterRefused(
    'keptAccounts needs tokenStore dynamodb: with none, nothing keeps the sessions of agents alive; leave one of the two out',
  );
}
