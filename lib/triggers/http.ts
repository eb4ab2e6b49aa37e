import { type LookupRequest, required } from '../pipeline/invocation.ts';
import { escapedBytes, type Room } from '../pipeline/room.ts';
import { Problem, toProblem } from '../problem.ts';
import { answerCloudEvents } from './cloud-events.ts';
import { modeOf } from './cloud-events-binding.ts';
import {
  asksForUndocumented,
  checkUndocumented,
  type HttpAnswer,
  type HttpRequest,
  readJsonBody,
  refuse,
  startHeaders,
} from './http-message.ts';
import { type AnswerLimit, LAMBDA } from './limits.ts';
import { DEFAULT_ACCOUNT } from './message.ts';
import { recordRefusal } from './refusal.ts';
import type { TriggerContext } from './trigger.ts';

/** What a function returns around the body: a status and headers, of which a Guid of 256 characters is the longest. */
const AROUND_BODY_BYTES = 2_048;

/**
 * The same answers, whichever service brings the request.
 * @param request or why the event has none
 * @param limit of what the function returns, the answer's body being a text in it
 */
export async function answerHttp(
  request: HttpRequest | Problem,
  context: TriggerContext,
  limit: AnswerLimit = LAMBDA,
): Promise<HttpAnswer> {
  if (request instanceof Problem) {
    return refuse(await recordRefusal(request, context), context.requestId, startHeaders());
  }
  const room: Room = { ...limit, bytes: limit.bytes - AROUND_BODY_BYTES, sizeOf: escapedBytes };
  const mode = modeOf(request.headers);
  if (mode) return answerCloudEvents(request, mode, context, room);
  const { requestId, services } = context;
  const headers = startHeaders();
  try {
    const callerGuid = request.headers['guid'];
    const asked: LookupRequest = {
      readInput: () => {
        checkUndocumented(request);
        return readJsonBody(request);
      },
      account: request.headers['x-vendor-account'] ?? DEFAULT_ACCOUNT,
      mayUse: services.accountAccess(request.caller),
      ...(callerGuid !== undefined && { callerGuid }),
      keepGuid: (guid) => {
        headers['guid'] = guid;
      },
      requestId,
      includeUndocumented: asksForUndocumented(request),
      room,
    };
    const { json } = await context.answer(asked, context.remainingMs());
    headers['content-type'] = 'application/json';
    return { status: 200, headers, body: required(json) };
  } catch (error) {
    return refuse(toProblem(error), requestId, headers);
  }
}
