import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../lib/time/clock.ts';
import { describeRequest, readTarget } from './http-api/event.ts';
import { type ApiResponse, internalServerError, message, readResponse } from './http-api/response.ts';
import type { LocalFunction } from './lambda/functions.ts';
import type { Lambda } from './lambda/lambda.ts';
import { type LoopbackServer, listenOnLoopback, readBody } from './loopback.ts';

/*
 * An HTTP API of API Gateway on loopback: the routes of serverless.yml, in payload format 2.0. It asks for no
 * authorization.
 */

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const INTEGRATION_TIMEOUT_MS = 30_000;
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

export interface HttpApiOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly functions: readonly LocalFunction[];
  readonly invoke: Lambda['invoke'];
  readonly clock?: Clock;
}

/** @throws Error EADDRINUSE */
export function startHttpApi({
  port,
  functions,
  invoke,
  clock = systemClock,
}: HttpApiOptions): Promise<LoopbackServer> {
  const routes = new Map(functions.flatMap(({ name, routes = [] }) => routes.map((route) => [route, name] as const)));

  async function answer(incoming: IncomingMessage, requestId: string, gone: AbortSignal): Promise<ApiResponse> {
    const target = readTarget(incoming.url ?? '');
    const routeKey = `${incoming.method} ${target?.path}`;
    const name = routes.get(routeKey);
    const body = await readBody(incoming, MAX_BODY_BYTES);
    if (!target || name === undefined) return message(404, 'Not Found');
    const event = body && describeRequest(incoming, target, body, { routeKey, requestId, now: clock.now() });
    // The event is its body and a few headers, so this is its size but for these.
    if (!event || Buffer.byteLength(event.body ?? '') > MAX_EVENT_BYTES)
      return message(413, 'Request Entity Too Large');
    const { payload, functionError } = await invoke(name, event, { whenBusy: 'wait', signal: gone });
    return functionError ? internalServerError : readResponse(payload);
  }

  function answerInTime(incoming: IncomingMessage, outgoing: ServerResponse, requestId: string): Promise<ApiResponse> {
    const caller = new AbortController();
    const leave = () => caller.abort();
    outgoing.once('close', leave);
    return new Promise((resolve) => {
      const stop = clock.alarm(INTEGRATION_TIMEOUT_MS, () => {
        leave();
        resolve(message(503, 'Service Unavailable'));
      });
      answer(incoming, requestId, caller.signal)
        .catch(() => internalServerError)
        .then(resolve)
        .finally(() => {
          stop();
          outgoing.off('close', leave);
        });
    });
  }

  return listenOnLoopback(
    async (incoming: IncomingMessage, outgoing: ServerResponse) => {
      const requestId = `${randomUUID().replaceAll('-', '').slice(0, 15)}=`;
      const { status, headers, body } = await answerInTime(incoming, outgoing, requestId);
      outgoing.writeHead(status, {
        ...(headers as Record<string, string | string[]>),
        'content-length': Buffer.byteLength(body),
        'apigw-requestid': requestId,
      });
      outgoing.end(body);
    },
    { port },
  );
}
