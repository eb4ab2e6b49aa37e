import type { Dispatcher } from 'undici';
import type { Clock } from '../time/clock.ts';
import { decodeText } from './decode.ts';
import { TransportFault } from './fault.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';

/** Above this an answer is given up: no documented answer comes near it. */
const MAX_ANSWER_BYTES = 5 * 1024 * 1024;

interface Exchange {
  readonly url: URL;
  readonly request: HttpRequest;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called when the head of an answer has come. */
  onAnswer(): void;
}

/**
 * One request and its whole answer, by undici's dispatch interface: its `request()` gives the body as a stream, which
 * costs more than all else that a warm call does, and here every body is read to its end.
 */
export function dispatch(pool: Dispatcher, { url, request, signal, clock, onAnswer }: Exchange): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let head: Omit<HttpAnswer, 'text'> | undefined;
    const chunks: Buffer[] = [];
    let length = 0;

    // A request that still waits for a connection has no controller yet.
    const onAbort = () => {
      controller?.abort(signal.reason);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const end = () => signal.removeEventListener('abort', onAbort);

    pool.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
        // The deadline is the signal's; undici's own time-outs are coarse.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart(started) {
          controller = started;
          if (signal.aborted) started.abort(signal.reason);
        },
        onResponseStart(_controller, status, headers) {
          // 1xx tell that an answer is to come.
          if (status < 200) return;
          onAnswer();
          const cookies = [headers['set-cookie'] ?? []].flat();
          head = { status, headers: lastValues(headers), cookies, receivedAt: clock.now() };
        },
        onResponseData(started, chunk) {
          length += chunk.length;
          chunks.push(chunk);
          if (length > MAX_ANSWER_BYTES) started.abort(new TransportFault('ANSWER_TOO_LARGE'));
        },
        onResponseEnd() {
          end();
          if (!head) return;
          resolve({ ...head, text: decodeText(Buffer.concat(chunks, length), head.headers['content-type']) });
        },
        onResponseError(_controller, error) {
          end();
          reject(error);
        },
      },
    );
  });
}

function lastValues(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const last: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) last[name] = (Array.isArray(value) ? value.at(-1) : value) ?? '';
  return last;
}
