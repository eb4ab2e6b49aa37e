import type { Clock } from './clock.ts';

/** The reason of a signal that a deadline aborted. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/** The time that one invocation may still use. Its timer ends with the invocation: call `end` in every case. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Milliseconds, never below 0. */
  left(): number;
  end(): void;
}

/** How much is left of a time that begins now: milliseconds, never below 0, whatever becomes of the wall clock meanwhile. */
export function countDown(clock: Clock, milliseconds: number): () => number {
  const endsAt = clock.monotonic() + milliseconds;
  return () => Math.max(0, endsAt - clock.monotonic());
}

export function startDeadline(clock: Clock, milliseconds: number): Deadline {
  const controller = new AbortController();
  const left = countDown(clock, milliseconds);
  const end = clock.alarm(Math.max(0, milliseconds), () => controller.abort(new DeadlinePassed()));
  return { signal: controller.signal, left, end };
}
