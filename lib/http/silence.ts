import type { Clock } from '../time/clock.ts';
import type { Connection } from './connection.ts';

/** Waits for a response on a kept connection. */
export interface Silence {
  /** Aborted if no response has begun in time. */
  readonly signal: AbortSignal;
  stop(): void;
}

/** Starts to wait for the response of a kept connection. A socket that undici has replaced meanwhile is not to blame. */
export function watchSilence(connection: Connection, milliseconds: number, timers: Pick<Clock, 'alarm'>): Silence {
  const controller = new AbortController();
  const socketsBefore = connection.sockets();
  const stop = timers.alarm(milliseconds, () => {
    if (connection.isOpen() && connection.sockets() === socketsBefore) {
      controller.abort(Object.assign(new Error('no response began'), { code: 'IDLE_SILENT' }));
    }
  });
  return { signal: controller.signal, stop };
}
