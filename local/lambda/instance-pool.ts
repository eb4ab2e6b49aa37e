import { availableParallelism } from 'node:os';
import type { Clock } from '../../lib/time/clock.ts';
import type { Instance } from './instance.ts';
import type { Assignment, Outcome } from './messages.ts';
import { LambdaServiceError } from './service-error.ts';

export type Invocation = Pick<Assignment, 'requestId' | 'event'>;

/** When every instance is busy: Lambda refuses an invocation whose caller can retry, and lets others wait. */
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

export interface InstancePoolOptions {
  start(): Instance;
  readonly maxInstances: number;
  readonly clock: Clock;
}

/** More instances at work would only share the processors, and each would be slow until it is warm. */
const EAGER_INSTANCES = Math.max(2, availableParallelism());
/** Instances that wait for a vendor for so long cost no processor, so another one helps. */
const GROW_AFTER_MS = 100;

/**
 * Starts instances on demand, each answering one invocation at a time, and reuses the one that was used last. Lambda starts
 * one for each invocation under way. Here an invocation that may wait gets one of a few, and more only where none of them
 * becomes free for a while.
 */
export function createInstancePool({ start, maxInstances, clock }: InstancePoolOptions): InstancePool {
  const idle: Instance[] = [];
  const busy = new Set<Instance>();
  const waiting: ((instance: Instance) => void)[] = [];
  let stopTimer = () => {};
  let closed = false;

  function take(): Instance {
    let instance = idle.pop();
    while (instance && !instance.isAlive()) instance = idle.pop();
    instance ??= start();
    busy.add(instance);
    return instance;
  }

  async function acquire(whenBusy: WhenBusy, signal?: AbortSignal): Promise<Instance> {
    const limit = whenBusy === 'wait' ? Math.min(EAGER_INSTANCES, maxInstances) : maxInstances;
    if (idle.length > 0 || busy.size < limit) return take();
    if (whenBusy === 'refuse') throw tooManyRequests();
    return new Promise((resolve, reject) => {
      waiting.push(resolve);
      if (waiting.length === 1) growLater();
      signal?.addEventListener('abort', () => {
        const index = waiting.indexOf(resolve);
        if (index >= 0) waiting.splice(index, 1);
        reject(tooManyRequests());
      });
    });
  }

  /** Starts over with each instance that becomes free. */
  function growLater(): void {
    stopTimer();
    if (waiting.length === 0 || closed) return;
    stopTimer = clock.alarm(GROW_AFTER_MS, () => {
      const isLoading = [...busy].some((instance) => !instance.isLoaded());
      if (busy.size < maxInstances && !isLoading) waiting.shift()?.(take());
      growLater();
    });
  }

  function release(instance: Instance): void {
    busy.delete(instance);
    if (closed) return;
    if (instance.isAlive()) idle.push(instance);
    waiting.shift()?.(take());
    growLater();
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
      stopTimer();
      waiting.length = 0;
      await Promise.all([...idle, ...busy].map((instance) => instance.end()));
    },
  };
}

const tooManyRequests = () =>
  new LambdaServiceError('TooManyRequestsException', 429, 'Rate Exceeded.', {
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
  });
