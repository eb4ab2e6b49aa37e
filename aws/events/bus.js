import { LOOKUPS } from './params.js';
import { readSettings } from './settings.js';

// Where results of messages go: the stack's own bus, unless the param resultBus names another.

const BUS = 'ResultBus';

/** For resources.Resources. */
export async function bus({ resolveVariable }) {
  if (!hasOwnBus(await readSettings({ resolveVariable }))) return {};
  const stage = await resolveVariable('sls:stage');
  return { [BUS]: { Type: 'AWS::Events::EventBus', Properties: { Name: `contact-lookups-${stage}` } } };
}

/** Whether the bus is part of the stack. */
export function hasOwnBus({ resultBus, triggered }) {
  return resultBus === 'own' || (resultBus === '' && triggered.length > 0);
}

/**
 * Whether a function publishes results. Where the stage names a bus, every lookup does: it may be started by triggers that
 * are wired elsewhere.
 */
export function publishes({ resultBus, triggered }, lookup) {
  return (resultBus === '' ? triggered : LOOKUPS).includes(lookup);
}

/** RESULT_BUS: the name or ARN of the bus. */
export function busName(settings) {
  return hasOwnBus(settings) ? { Ref: BUS } : settings.resultBus;
}

/** What a function's role needs to publish results, on that bus alone. */
export function busStatements(settings, lookup) {
  if (!publishes(settings, lookup)) return [];
  return [{ Action: ['events:PutEvents'], Resource: busArn(settings) }];
}

/** For resources.Outputs. */
export function busOutputs(settings) {
  if (!hasOwnBus(settings)) return {};
  return {
    ResultBusName: { Description: 'Where results of messages are published', Value: busName(settings) },
    ResultBusArn: { Description: 'ARN of that event bus', Value: busArn(settings) },
  };
}

function busArn(settings) {
  if (hasOwnBus(settings)) return { 'Fn::GetAtt': [BUS, 'Arn'] };
  if (settings.resultBus.startsWith('arn:')) return settings.resultBus;
  return {
    'Fn::Sub': `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:event-bus/${settings.resultBus}`,
  };
}
