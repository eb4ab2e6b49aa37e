import { onTestFinished, vi } from 'vitest';
import { type EventBus, LOCAL_BUS, type ReceivedEvent, startEventBus } from '../../local/event-bus.ts';
import { FUNCTION_TIMEOUT_MS, startWorld, type World, type WorldOptions } from './world.ts';

/** A world whose results of messages go to a bus, over a socket. */
export interface MessageWorld extends World {
  readonly bus: EventBus;
  /** Invokes the function as Lambda does for a service. */
  deliver(event: unknown, options?: { readonly remainingMs?: number; readonly requestId?: string }): Promise<unknown>;
}

let invocations = 0;

export async function startMessageWorld(options: WorldOptions): Promise<MessageWorld> {
  const bus = await startEventBus();
  onTestFinished(() => bus.close());
  vi.stubEnv('RESULT_BUS', LOCAL_BUS);
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', bus.url);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const world = await startWorld(options);
  return {
    ...world,
    bus,
    deliver: (event, { remainingMs = FUNCTION_TIMEOUT_MS, requestId } = {}) => {
      invocations += 1;
      const endsAt = world.clock.now() + remainingMs;
      return world.handler(event, {
        awsRequestId: requestId ?? `invocation-${invocations}`,
        getRemainingTimeInMillis: () => endsAt - world.clock.now(),
      });
    },
  };
}

/** Detail types and details of what the bus got, in its order. */
export function resultsOn({ events }: EventBus): { type: string; detail: ReceivedEvent['detail'] }[] {
  return events.map(({ detailType, detail }) => ({ type: detailType, detail }));
}
