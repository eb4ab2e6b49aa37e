import { ACCOUNT_NAME } from '../pipeline/check-account.ts';
import type { LookupAnswer } from '../pipeline/invocation.ts';
import { narrow, type Room } from '../pipeline/room.ts';
import { Problem, toProblem } from '../problem.ts';
import { type Origin, resultId } from '../results/result.ts';
import type { Content } from './content.ts';
import { DEFAULT_ACCOUNT, inputOf, type Message, pointInto, readMessage } from './message.ts';
import type { TriggerContext } from './trigger.ts';

/** A sender may name its message anything. */
const LONGEST_MESSAGE_ID = 1_024;

/** One message as its trigger delivers it. */
export interface Delivery {
  /** The trigger's own name for the message. */
  readonly id: string;
  /** Messages of one group are answered in their order, and the first that goes back takes the later ones along. */
  readonly group?: string;
  /** When it was sent, in epoch milliseconds, where its service says so and goes on counting while it goes back. */
  readonly sentAt?: number;
  /** @throws Problem `invalid-input` */
  read(): Content;
  /** Which accounts the sender may use; every one where nothing is said. */
  mayUse?(account: string): boolean;
  /** The account of a message that names none. */
  readonly account?: string;
  /** Whether a message that says nothing of undocumented fields asks for them. */
  readonly includeUndocumented?: boolean;
}

/** A result, be it a failed one, with what tells its receiver whose it is. */
export interface Answered {
  readonly origin: Origin;
  readonly result: LookupAnswer | Problem;
}

/**
 * Answers a message that was stored on its way: whoever sent it is not waiting. The vendor is asked once, since who
 * delivered the message delivers it again.
 * @param trigger its name, for the log and the result
 * @param remainingMs for the lookup
 * @param roomFor the lookup's answer, beside what tells whose it is
 */
export async function answerMessage(
  delivery: Delivery,
  trigger: string,
  context: TriggerContext,
  remainingMs: number,
  roomFor: (origin: Origin) => Room,
): Promise<Answered> {
  const { lookup, requestId } = context;
  const { id = delivery.id, message } = await readDelivery(delivery, context);
  const account = message.account ?? delivery.account ?? DEFAULT_ACCOUNT;
  const origin: Origin = {
    id: resultId(lookup.name, id),
    lookup: lookup.name,
    ...(message.correlationId !== undefined && { correlationId: message.correlationId }),
    ...(ACCOUNT_NAME.test(account) && { account }),
    requestId,
    trigger,
    messageId: delivery.id.slice(0, LONGEST_MESSAGE_ID).toWellFormed(),
  };
  const request = {
    readInput: () => inputOf(message),
    account,
    mayUse: delivery.mayUse ?? (() => true),
    // A caller's own session comes over HTTP alone.
    keepGuid: () => undefined,
    requestId,
    includeUndocumented: message.includeUndocumented ?? delivery.includeUndocumented ?? false,
    room: narrow(roomFor(origin), message.maxResultBytes),
    message: { trigger, id: delivery.id },
    ...(message.correlationId !== undefined && { correlationId: message.correlationId }),
  };
  try {
    const { json: _json, ...answer } = await context.answer(request, remainingMs);
    const { data } = answer;
    return { origin, result: { ...answer, data: lookup.withoutSecrets ? lookup.withoutSecrets(data) : data } };
  } catch (error) {
    return { origin, result: pointInto(toProblem(error), message) };
  }
}

async function readDelivery(
  delivery: Delivery,
  { lookup, services }: TriggerContext,
): Promise<{ readonly id?: string; readonly message: Message }> {
  const mappings = await services.messages.eventMapping.compile();
  try {
    const { form, root, value, id } = delivery.read();
    const map = mappings.get(form);
    const message = readMessage(map ? map(root) : value);
    const isForbidden = lookup.withoutSecrets !== undefined && !services.messages.secretsInEvents;
    return {
      ...(id !== undefined && { id }),
      message: isForbidden ? { ...message, problem: forbidden(lookup.name) } : message,
    };
  } catch (error) {
    return { message: { inputPointer: '', problem: toProblem(error) } };
  }
}

function forbidden(lookup: string): Problem {
  const detail = `${lookup} takes and gives passwords, and events are stored on their way. Ask over HTTP or invoke the function. A stage can allow it all the same (secretsInEvents).`;
  return new Problem('forbidden-trigger', detail);
}
