import type { Clock } from '../../lib/time/clock.ts';
import type { FunctionError, Outcome } from './messages.ts';

/** An event that every attempt failed with. */
export interface DeadLetter {
  readonly functionName: string;
  readonly requestId: string;
  /** As JSON. */
  readonly event: string;
  /** Of the last attempt. */
  readonly error: FunctionError;
}

interface AsyncInvocation {
  readonly functionName: string;
  readonly requestId: string;
  readonly event: string;
  /** How often it may be tried again; the delays say at most how often. */
  readonly maxRetries: number;
  readonly attempt: () => Promise<Outcome>;
}

/** How far an asynchronous invocation has come. */
export interface AsyncProgress {
  readonly functionName: string;
  readonly requestId: string;
  /** `waiting`: to be tried again; `dead`: its event is a dead letter. */
  readonly state: 'running' | 'waiting' | 'succeeded' | 'dead';
  /** Attempts that have ended. */
  readonly attempts: number;
  /** Of one that waits: when it is tried again, in epoch milliseconds of the clock. */
  readonly dueAt?: number;
  /** Of the last attempt. */
  readonly error?: FunctionError;
}

export interface AsyncInvocations {
  start(invocation: AsyncInvocation): void;
  /** Of every invocation so far, in their order. */
  progress(): AsyncProgress[];
  /** Forgets what waits to be tried again. */
  close(): void;
}

/**
 * Lambda's queue of asynchronous invocations: a failed one is tried again, "with a one-minute wait between the first two
 * attempts, and two minutes between the second and third attempts", with the same request id; then its event is a dead
 * letter. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function createAsyncInvocations(
  clock: Clock,
  retryDelaysMs: readonly number[],
  onDeadLetter: (letter: DeadLetter) => void,
): AsyncInvocations {
  const alarms = new Set<() => void>();
  const all = new Map<string, AsyncProgress>();
  let closed = false;

  async function run(invocation: AsyncInvocation, retries: number): Promise<void> {
    const { functionName, requestId, event } = invocation;
    const note = (progress: Omit<AsyncProgress, 'functionName' | 'requestId'>) =>
      all.set(requestId, { functionName, requestId, ...progress });
    note({ state: 'running', attempts: retries });
    const outcome = await invocation.attempt();
    if (closed) return;
    const attempts = retries + 1;
    if (outcome.ok) {
      note({ state: 'succeeded', attempts });
      return;
    }
    const delayMs = retries < invocation.maxRetries ? retryDelaysMs[retries] : undefined;
    if (delayMs === undefined) {
      note({ state: 'dead', attempts, error: outcome.error });
      onDeadLetter({ functionName, requestId, event, error: outcome.error });
      return;
    }
    note({ state: 'waiting', attempts, dueAt: clock.now() + delayMs, error: outcome.error });
    const stop = clock.alarm(delayMs, () => {
      alarms.delete(stop);
      void run(invocation, retries + 1);
    });
    alarms.add(stop);
  }

  return {
    start: (invocation) => void run(invocation, 0),
    progress: () => [...all.values()],
    close: () => {
      closed = true;
      for (const stop of alarms) stop();
      alarms.clear();
    },
  };
}
