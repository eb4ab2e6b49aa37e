import type { FunctionProcess } from './function-process.ts';
import type { Assignment, Outcome } from './messages.ts';
import { LambdaServiceError } from './service-error.ts';

type Invocation = Pick<Assignment, 'requestId' | 'event'>;

/** The processes of one function. */
export interface FunctionPool {
  /**
   * @param whenBusy what to do when as many invocations as there may be are under way: Lambda refuses those whose caller
   * waits, and keeps the others
   * @throws LambdaServiceError TooManyRequestsException
   */
  invoke(invocation: Invocation, whenBusy: 'refuse' | 'wait'): Promise<Outcome>;
  /** Invocations that have begun and not ended. */
  underWay(): number;
  /** Fulfilled when no process is left. Invocations under way fail, those that wait are forgotten. */
  close(): Promise<void>;
}

/** Starts processes on demand, each answering one invocation at a time; the one that was used last is used first. */
export function createFunctionPool(start: () => FunctionProcess, maxConcurrency: number): FunctionPool {
  const idle: FunctionProcess[] = [];
  const busy = new Set<FunctionProcess>();
  const waiting: ((process: FunctionProcess) => void)[] = [];
  let closed = false;

  function take(): FunctionProcess {
    let process = idle.pop();
    while (process && !process.isAlive()) process = idle.pop();
    process ??= start();
    busy.add(process);
    return process;
  }

  async function acquire(whenBusy: 'refuse' | 'wait'): Promise<FunctionProcess> {
    if (busy.size < maxConcurrency) return take();
    if (whenBusy === 'wait') return new Promise((resolve) => waiting.push(resolve));
    throw new LambdaServiceError('TooManyRequestsException', 429, 'Rate Exceeded.', {
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
  }

  function release(process: FunctionProcess): void {
    busy.delete(process);
    if (closed) return;
    if (process.isAlive()) idle.push(process);
    const next = waiting.shift();
    if (next) next(take());
  }

  return {
    invoke: async (invocation, whenBusy) => {
      const process = await acquire(whenBusy);
      try {
        return await process.run(invocation);
      } finally {
        release(process);
      }
    },
    underWay: () => busy.size + waiting.length,
    close: async () => {
      closed = true;
      waiting.length = 0;
      await Promise.all([...idle, ...busy].map((process) => process.end()));
    },
  };
}
