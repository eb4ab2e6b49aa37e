import type { Dispatcher } from 'undici';
import type { Clock } from '../time/clock.ts';
import { type BodyCollector, collectBody } from './collect-body.ts';
import { decodeText } from './decode.ts';
import { UnusableBody } from './fault.ts';
import { hostAndPort } from './host-and-port.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';

/** Responses are short, so compressing them would cost more than it saves. A body that is compressed all the same is decoded. */
const NO_CODING = { 'accept-encoding': 'identity' };

interface Exchange {
  readonly url: URL;
  readonly request: HttpRequest;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'now'>;
  /** Called when there is a connection, just before the request is written to it. */
  onStart?(): void;
  /** Called when the head of an answer has come. */
  onAnswer?(): void;
}

/**
 * One request and its whole answer, by undici's dispatch interface: its `request()` gives the body as a stream, which
 * costs more than all else that a warm call does, and here every body is read to its end.
 */
export function dispatch(
  dispatcher: Dispatcher,
  { url, request, signal, clock, onStart, onAnswer }: Exchange,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let body: BodyCollector | undefined;

    // A request that still waits for a connection has no controller yet.
    const onAbort = () => {
      fail(signal.reason);
      controller?.abort(signal.reason);
    };
    const end = () => {
      signal.removeEventListener('abort', onAbort);
      body?.stop();
    };
    const fail = (reason: unknown) => {
      end();
      reject(reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });

    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: { ...NO_CODING, ...request.headers },
        body: request.body ?? null,
        // The deadline is the signal's; undici's own time-outs are coarse.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart(started) {
          controller = started;
          if (signal.aborted) started.abort(signal.reason);
          else onStart?.();
        },
        onResponseStart(started, status, headers) {
          // 1xx tell that an answer is to come.
          if (status < 200) return;
          onAnswer?.();
          const cookies = [headers['set-cookie'] ?? []].flat();
          const received = { receivedAt: clock.now(), server: hostAndPort(url.href) };
          const head = { status, headers: lastValues(headers), cookies, ...received };
          body = collectBody(joined(headers['content-encoding']), (result) => {
            end();
            if (!(result instanceof UnusableBody)) {
              resolve({ ...head, text: decodeText(result, head.headers['content-type']) });
              return;
            }
            reject(result);
            started.abort(result);
          });
        },
        onResponseData(_controller, chunk) {
          body?.write(chunk);
        },
        onResponseEnd() {
          body?.end();
        },
        onResponseError(_controller, error) {
          fail(error);
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

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join() : value;
}
