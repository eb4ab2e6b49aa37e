import type { LookupRequest } from '../pipeline/invocation.ts';
import { toProblem } from '../problem.ts';
import { answerCloudEvents } from './cloud-events.ts';
import { modeOf } from './cloud-events-binding.ts';
import { type HttpAnswer, type HttpRequest, readJsonBody, refuse, startHeaders } from './http-message.ts';
import { DEFAULT_ACCOUNT } from './message.ts';
import type { TriggerContext } from './trigger.ts';

/** The same answers, whichever service brings the request. */
export async function answerHttp(request: HttpRequest, context: TriggerContext): Promise<HttpAnswer> {
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
