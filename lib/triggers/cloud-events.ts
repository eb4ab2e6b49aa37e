import { forbiddenAccount } from '../pipeline/check-account.ts';
import type { Room } from '../pipeline/room.ts';
import { Problem, toProblem } from '../problem.ts';
import { detailOf, type Origin, resultId, SOURCE } from '../results/result.ts';
import { runConcurrently } from '../time/run-concurrently.ts';
import { type Answered, answerMessage, type Delivery } from './answer-message.ts';
import {
  type CloudEvent,
  type Mode,
  readCloudEvents,
  type SentCloudEvent,
  writeCloudEvents,
} from './cloud-events-binding.ts';
import {
  asksForUndocumented,
  checkUndocumented,
  type HttpAnswer,
  type HttpRequest,
  refuse,
  startHeaders,
} from './http-message.ts';
import { DEFAULT_ACCOUNT } from './message.ts';
import { recordRefusal } from './refusal.ts';
import type { TriggerContext } from './trigger.ts';

const TRIGGER = 'cloudevents';
/** What an event has besides its data, at most. */
const ATTRIBUTES_BYTES = 1_000;

/**
 * CloudEvents over HTTP, which event services of other clouds send: the data of each is the message, and the answer to each
 * is a CloudEvent. A failed lookup is an answer as well; only where another try may help, the status asks for it. An empty
 * batch is a valid one (JSON format, 4.3), and its answers are as many.
 */
export async function answerCloudEvents(
  request: HttpRequest,
  mode: Mode,
  context: TriggerContext,
  room: Room,
): Promise<HttpAnswer> {
  const { requestId, services } = context;
  const account = request.headers['x-vendor-account'] ?? DEFAULT_ACCOUNT;
  const mayUse = services.accountAccess(request.caller);
  const headers = startHeaders();
  try {
    // Events name their accounts themselves, so this is all that can be told before they are read.
    if (mayUse.areNone) throw forbiddenAccount();
    checkUndocumented(request);
    const includeUndocumented = asksForUndocumented(request);
    const events = readCloudEvents(request, mode);
    const deliveries = events.map((event) => ({ ...toDelivery(event, account, mayUse), includeUndocumented }));
    const answers = await answerAll(deliveries, context, room);
    const time = new Date(services.clock.now()).toISOString();
    const written = writeCloudEvents(
      answers.map((answer, index) => toCloudEvent(answer, events[index] as CloudEvent, time)),
      mode,
    );
    const problems = answers.map(({ result }) => result).filter(isRetryable);
    const seconds = problems.flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? []);
    if (seconds.length > 0) headers['retry-after'] = String(Math.max(...seconds));
    return { status: problems[0]?.status ?? 200, headers: { ...headers, ...written.headers }, body: written.body };
  } catch (error) {
    const problem = await recordRefusal(toProblem(error), context, { account, message: { trigger: TRIGGER, id: '' } });
    return refuse(problem, requestId, headers);
  }
}

function isRetryable(result: Answered['result']): result is Problem {
  return result instanceof Problem && result.retryable;
}

function toDelivery(
  { id, attributes, readData }: CloudEvent,
  account: string,
  mayUse: NonNullable<Delivery['mayUse']>,
): Delivery {
  return {
    id,
    account,
    mayUse,
    read: () => {
      const data = readData();
      const root = { ...attributes, ...(data !== undefined && { data }) };
      return { form: 'cloudevents', root, value: data };
    },
  };
}

/** Side by side as far as the vendor's rate goes, each with an equal share of the room. */
async function answerAll(deliveries: readonly Delivery[], context: TriggerContext, room: Room): Promise<Answered[]> {
  const share = room.bytes / deliveries.length;
  const limit = deliveries.length > 1 ? `its share of ${room.limit}; send fewer events at once` : room.limit;
  const roomFor = (origin: Origin): Room => {
    const bytes = share - ATTRIBUTES_BYTES - room.sizeOf(JSON.stringify(origin));
    return { ...room, bytes: Math.max(0, bytes), limit };
  };
  const answers: Answered[] = [];
  const waiting = [...deliveries.entries()];
  await runConcurrently(
    context.lookup.vendor.maxConcurrency,
    () => waiting.shift(),
    async ([index, delivery]) => {
      answers[index] = await answerMessage(delivery, TRIGGER, context, context.remainingMs(), roomFor);
    },
  );
  return answers;
}

function toCloudEvent({ origin, result }: Answered, asked: CloudEvent, time: string): SentCloudEvent {
  // An event is known by both together: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#id
  const answerId = resultId(origin.lookup, JSON.stringify([asked.source, asked.id]));
  // The answer to the next try is another event: who drops what it has seen by its id must not drop that.
  const id = isRetryable(result) ? `${answerId}-${origin.requestId}` : answerId;
  return {
    attributes: {
      specversion: '1.0',
      id,
      source: SOURCE,
      type: `${SOURCE}.lookup.${result instanceof Problem ? 'failed' : 'succeeded'}`,
      subject: origin.lookup,
      time,
    },
    data: detailOf({ ...origin, id }, result),
  };
}
