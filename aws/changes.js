// Who may call what, and what starts a function: the parts of a template that a forgotten parameter changes in silence.

/**
 * The routes, triggers and rights to accounts in a CloudFormation template: what each is, in words, with how it is set.
 * @returns {Map<string, string>}
 */
export function describeAccess(template) {
  const facts = Object.entries(template?.Resources ?? {}).flatMap(
    ([id, { Type, Properties = {} }]) => DESCRIPTIONS[Type]?.(Properties, id) ?? [],
  );
  return new Map(facts);
}

const DESCRIPTIONS = {
  'AWS::ApiGatewayV2::Route': ({ RouteKey, AuthorizationType = 'NONE', AuthorizationScopes = [] }) => [
    [`route ${RouteKey}`, [AuthorizationType, ...[AuthorizationScopes].flat()].join(', ')],
  ],
  'AWS::ApiGatewayV2::Authorizer': ({ Name, JwtConfiguration }) => [[`authorizer ${Name}`, text(JwtConfiguration)]],
  'AWS::Lambda::Function': ({ FunctionName, Environment }) => {
    const access = Environment?.Variables?.ACCOUNT_ACCESS;
    return access === undefined ? [] : [[`accounts of ${FunctionName}`, text(access)]];
  },
  'AWS::Lambda::EventSourceMapping': (properties, id) => [[`trigger ${id}`, text(properties.EventSourceArn)]],
  'AWS::SQS::Queue': ({ QueueName }) => [[`queue ${QueueName}`, 'present']],
  'AWS::Events::Rule': ({ Name, EventPattern, EventBusName = 'default' }) => [
    [`rule ${Name}`, `${text(EventPattern)} on ${text(EventBusName)}`],
  ],
  'AWS::SNS::Subscription': ({ TopicArn }, id) => [[`subscription ${id}`, text(TopicArn)]],
  'AWS::Scheduler::Schedule': ({ ScheduleExpression }, id) => [[`schedule ${id}`, ScheduleExpression]],
};

const text = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * One line for each thing that appears, goes or changes.
 * @param {Map<string, string>} before
 * @param {Map<string, string>} after
 */
export function listChanges(before, after) {
  const labels = [...new Set([...before.keys(), ...after.keys()])].sort();
  return labels.flatMap((label) => {
    const [was, is] = [before.get(label), after.get(label)];
    if (was === is) return [];
    if (was === undefined) return [`+ ${label}: ${is}`];
    return is === undefined ? [`- ${label}: ${was}`] : [`~ ${label}: ${was} -> ${is}`];
  });
}
