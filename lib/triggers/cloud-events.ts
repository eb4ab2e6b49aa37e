import { Problem, toProblem } from '../problem.ts';
import { detailOf, resultId, SOURCE } from '../results/result.ts';
import { runConcurrently } from '../time/run-concurrently.ts';
import { type Answered, answerMessage, type Delivery } from './answer-message.ts';
import {
  type CloudEvent,
  type Mode,
  readCloudEvents,
  type SentCloudEvent,
  writeCloudEvents,
} from './cloud-events-binding.ts';
import { type HttpAnswer, type HttpRequest, refuse, startHeaders } from './http-message.ts';
import { DEFAULT_ACCOUNT } from './message.ts';
import { recordRefusal } from './refusal.ts';
import type { TriggerContext } from './trigger.ts';

const TRIGGER = 'cloudevents';
/** Lambda's answer has 6 MB at most: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_BATCH_BYTES = 6_000_000;
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
): Promise<HttpAnswer> {
  const { requestId, services } = context;
  const account = request.headers['x-vendor-account'] ?? DEFAULT_ACCOUNT;
  const mayUse = services.accountAccess(request.caller);
  const headers = startHeaders();
  try {
    const events = readCloudEvents(request, mode);
    const answers = withoutTooMuch(
      await answerAll(
        events.map((event) => toDelivery(event, account, mayUse)),
        context,
      ),
    );
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

/** Side by side as far as the vendor's rate goes. */
async function answerAll(deliveries: readonly Delivery[], context: TriggerContext): Promise<Answered[]> {
  const answers: Answered[] = [];
  const waiting = [...deliveries.entries()];
  await runConcurrently(
    context.lookup.vendor.maxConcurrency,
    () => waiting.shift(),
    async ([index, delivery]) => {
      answers[index] = await answerMessage(delivery, TRIGGER, context, context.remainingMs());
    },
  );
  return answers;
}

/** Where the answers of a batch are more than Lambda can give, what does not fit any more is a failed lookup that says so. */
function withoutTooMuch(answers: readonly Answered[]): readonly Answered[] {
  if (answers.length <= 1) return answers;
  let bytes = 0;
  return answers.map(({ origin, result }) => {
    // In the answer that Lambda takes, the body is a text in JSON once more.
    const size = ATTRIBUTES_BYTES + Buffer.byteLength(JSON.stringify(JSON.stringify(detailOf(origin, result))));
    // A failure is small, and may be what asks for another try.
    if (bytes + size <= MAX_BATCH_BYTES || result instanceof Problem) {
      bytes += size;
      return { origin, result };
    }
    const detail = 'The results of this batch are larger than one answer can be. Send fewer events at once.';
    return { origin, result: new Problem('result-too-large', detail) };
  });
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
