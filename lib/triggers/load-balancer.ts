import type { ALBEvent, ALBResult } from 'aws-lambda';
import { isJsonObject } from '../http/body.ts';
import type { Caller } from './account-access.ts';
import { answerHttp } from './http.ts';
import { readHttpEvent } from './http-event.ts';
import { LOAD_BALANCER } from './limits.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * A request to an Application Load Balancer with the function as its target:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 */
export function answerLoadBalancer(event: unknown, context: TriggerContext): Promise<ALBResult> | undefined {
  return isLoadBalancerEvent(event) ? answer(event, context) : undefined;
}

function isLoadBalancerEvent(event: unknown): event is ALBEvent {
  return isJsonObject(event) && isJsonObject(event['requestContext']) && isJsonObject(event['requestContext']['elb']);
}

/**
 * Who the caller is, it says in headers at most, which are worth nothing before their signature is checked
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html). So nobody has an
 * account where accounts are given to callers.
 */
const NOBODY: Caller = {};

async function answer(event: ALBEvent, context: TriggerContext): Promise<ALBResult> {
  const answered = await answerHttp(readHttpEvent(event, NOBODY), context, LOAD_BALANCER);
  // Not with the function: it takes longer to load than all that is here, and nothing else needs it.
  const { STATUS_CODES } = await import('node:http');
  return {
    statusCode: answered.status,
    statusDescription: `${answered.status} ${STATUS_CODES[answered.status]}`,
    // With multi-value headers turned on it brings these, and takes only these.
    ...(event.multiValueHeaders ? { multiValueHeaders: toLists(answered.headers) } : { headers: answered.headers }),
    body: answered.body,
    isBase64Encoded: false,
  };
}

function toLists(headers: Readonly<Record<string, string>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
}
