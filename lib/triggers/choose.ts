import { Problem } from '../problem.ts';
import { answerDirect, LookupFailed } from './direct.ts';
import { answerDynamodbStream } from './dynamodb-stream.ts';
import { answerEventBridge } from './eventbridge.ts';
import { answerHttpApi } from './http-api.ts';
import { answerKinesis } from './kinesis.ts';
import { answerLoadBalancer } from './load-balancer.ts';
import { answerOtherEvent } from './other-event.ts';
import { recordRefusal } from './refusal.ts';
import { answerRestApi } from './rest-api.ts';
import { answerSns } from './sns.ts';
import { answerSqs } from './sqs.ts';
import type { Trigger, TriggerContext } from './trigger.ts';
import { refuseUnsupported } from './unsupported.ts';

/** No two take the same event, apart from the last, which takes every list of records, and what is mapped. */
const TRIGGERS: readonly Trigger[] = [
  answerHttpApi,
  answerSqs,
  answerKinesis,
  answerDynamodbStream,
  answerSns,
  answerEventBridge,
  answerRestApi,
  answerLoadBalancer,
  answerOtherEvent,
];

/**
 * Answers an event as the service expects it whose shape it has; any other is an invocation of the function itself.
 * @throws LookupFailed where the event has the shape of no event that is answered; it is logged like any refusal
 */
export async function answerEvent(event: unknown, context: TriggerContext): Promise<unknown> {
  try {
    return await (startAnswer(event, context) ?? answerDirect(event, context));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new LookupFailed(await recordRefusal(error, context), context.requestId);
  }
}

/** @throws Problem `invalid-input` */
function startAnswer(event: unknown, context: TriggerContext): Promise<unknown> | undefined {
  refuseUnsupported(event);
  for (const trigger of TRIGGERS) {
    const answer = trigger(event, context);
    if (answer) return answer;
  }
  return undefined;
}
