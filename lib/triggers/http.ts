import type { LookupRequest } from '../pipeline/invocation.ts';
import { Problem, toProblem } from '../problem.ts';
import { answerCloudEvents } from './cloud-events.ts';
import { modeOf } from './cloud-events-binding.ts';
import { type HttpAnswer, type HttpRequest, readJsonBody, refuse, startHeaders } from './http-message.ts';
import { DEFAULT_ACCOUNT } from './message.ts';
import { recordRefusal } from './refusal.ts';
import type { TriggerContext } from './trigger.ts';

/**
 * The same answers, whichever service brings the request.
 * @param request or why the event has none
 */
export async function answerHttp(request: HttpRequest | Problem, context: TriggerContext): Promise<HttpAnswer> {
  if (request instanceof Problem) {
    return refuse(await recordRefusal(request, context), context.requestId, startHeaders());
  }
  const mode = modeOf(request.headers);
  if (mode) return answerCloudEvents(request, mode, context);
  const { requestId, services } = context;
  const headers = startHeaders();
  try {
    const callerGuid = request.headers['guid'];
    const asked: LookupRequest = {
      readInput: () => readJsonBody(request),
      account: request.headers['x-vendor-account'] ?? DEFAULT_ACCOUNT,
      mayUse: services.accountAccess(request.caller),
      ...(callerGuid !== undefined && { callerGuid }),
      keepGuid: (guid) => {
        headers['guid'] = guid;
      },
      requestId,
    };
    const { data, meta } = await context.answer(asked, context.remainingMs());
    headers['content-type'] = 'application/json';
    return { status: 200, headers, body: JSON.stringify({ data, meta }) };
  } catch (error) {
    return refuse(toProblem(error), requestId, headers);
  }
}
