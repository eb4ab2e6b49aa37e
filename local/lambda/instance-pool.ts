import type { Instance } from './instance.ts';
import type { Assignment, Outcome } from './messages.ts';
import { LambdaServiceError } from './service-error.ts';

export type Invocation = Pick<Assignment, 'requestId' | 'event'>;

/**
 * When every instance that there may be is busy: Lambda refuses an invocation whose caller can retry, and lets others
 * wait.
 */
export type WhenBusy = 'refuse' | 'wait';

/** The instances of one function. */
export interface InstancePool {
  /**
   * @param signal ends the wait: nobody would get the answer any more
   * @throws LambdaServiceError TooManyRequestsException
   */
  invoke(invocation: Invocation, whenBusy: WhenBusy, signal?: AbortSignal): Promise<Outcome>;
  /** Invocations that have begun and not ended, and those that wait. */
  underWay(): number;
  /** Fulfilled when no instance is left. Invocations under way fail, those that wait are forgotten. */
  close(): Promise<void>;
}

/** Starts instances on demand, each answering one invocation at a time. It reuses the one that was used last. */
export function createInstancePool(start: () => Instance, maxInstances: number): InstancePool {
  const idle: Instance[] = [];
  const busy = new Set<Instance>();
  const waiting: ((instance: Instance) => void)[] = [];
  let closed = false;

  function take(): Instance {
    let instance = idle.pop();
    while (instance && !instance.isAlive()) instance = idle.pop();
    instance ??= start();
    busy.add(instance);
    return instance;
  }

  async function acquire(whenBusy: WhenBusy, signal?: AbortSignal): Promise<Instance> {
    if (busy.size < maxInstances) return take();
    if (whenBusy === 'refuse') throw tooManyRequests();
    return new Promise((resolve, reject) => {
      waiting.push(resolve);
      signal?.addEventListener('abort', () => {
        const index = waiting.indexOf(resolve);
        if (index >= 0) waiting.splice(index, 1);
        reject(tooManyRequests());
      });
    });
  }

  function release(instance: Instance): void {
    busy.delete(instance);
    if (closed) return;
    if (instance.isAlive()) idle.push(instance);
    const next = waiting.shift();
    if (next) next(take());
  }

  return {
    invoke: async (invocation, whenBusy, signal) => {
      const instance = await acquire(whenBusy, signal);
      try {
        return await instance.run(invocation);
      } finally {
        release(instance);
      }
    },
    underWay: () => busy.size + waiting.length,
    close: async () => {
      closed = true;
      waiting.length = 0;
      await Promise.all([...idle, ...busy].map((instance) => instance.end()));
    },
  };
}

const tooManyRequests = () =>
  new LambdaServiceError('TooManyRequestsException', 429, 'Rate Exceeded.', {
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
  });
