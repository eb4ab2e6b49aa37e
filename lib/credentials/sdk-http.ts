import { TransportFault } from '../http/fault.ts';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import type { Transport } from '../http/transport.ts';
import type { Clock } from '../time/clock.ts';
import { DeadlinePassed, startDeadline } from '../time/deadline.ts';

/** What the AWS SDK hands to its HTTP handler, as far as it is looked at here. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * An HTTP handler for AWS SDK clients whose operations are POSTs without a query, as those of JSON 1.0 and 1.1 are. It
 * sends over the transport that the vendors are asked over: the SDK's own handler brings a second HTTP stack, which
 * takes longer to load than the client, and only warns of a request that takes too long.
 * @param timeoutMs what one request may take; without it the caller's signal alone ends a request
 */
export function createSdkHttpHandler(transport: Transport, clock: Clock, timeoutMs?: number) {
  return {
    handle: async (request: SdkRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
      const deadline = timeoutMs === undefined ? undefined : startDeadline(clock, timeoutMs);
      const signals = [deadline?.signal, abortSignal].filter((signal) => signal !== undefined);
      try {
        const answer = await send(transport, toHttpRequest(request), AbortSignal.any(signals));
        const response: SdkResponse = {
          statusCode: answer.status,
          headers: answer.headers,
          body: Buffer.from(answer.text),
        };
        return { response };
      } catch (error) {
        throw abortSignal?.aborted ? error : toTransientError(error);
      } finally {
        deadline?.end();
      }
    },
  };
}

/**
 * A kept connection may have died while the process was frozen: AWS never saw what met it, so that is sent again at
 * once, one time, whatever the attempts of the client are.
 */
async function send(transport: Transport, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  try {
    return await transport.send(request, {}, signal);
  } catch (error) {
    if (!(error instanceof TransportFault && error.connection.idle)) throw error;
    return transport.send(request, {}, signal, { avoidIdle: true });
  }
}

function toHttpRequest({ protocol, hostname, port, path, headers, body }: SdkRequest): HttpRequest {
  return {
    method: 'POST',
    url: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : new TextDecoder().decode(body) }),
  };
}

/** The SDK retries an error with `$retryable`. Its name is what logs and problems say of it, so it is the cause's. */
function toTransientError(error: unknown): unknown {
  if (error instanceof TransportFault) return transientError(error.code, error);
  return error instanceof DeadlinePassed ? transientError('TimeoutError', error) : error;
}

function transientError(name: string, cause: unknown): Error {
  return Object.assign(new Error('no answer', { cause }), { name, $retryable: {} });
}

/** Names that the SDK gives where an answer is not AWS's: the status says more. */
const NOT_OF_AWS = new Set(['SyntaxError', 'Unknown']);

/** Why a call of an AWS service failed, in one word for logs and problems: the SDK's messages quote keys and ARNs. */
export function awsFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { httpStatusCode: status } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  return status !== undefined && NOT_OF_AWS.has(error.name) ? `HTTP ${status}` : error.name;
}
