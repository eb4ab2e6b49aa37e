import type { LocalFunction } from './lambda/functions.ts';
import type { InvokeAnswer } from './lambda/invoke-api.ts';
import type { Lambda } from './lambda/lambda.ts';
import { createEventSource } from './queue/event-source.ts';
import type { QueueDescription } from './queue/queue.ts';
import type { Queues } from './queue/queues.ts';

/* The queues of the lookups, wired as aws/events/ wires them: a standard and a FIFO queue for each, which Lambda reads. */

/** The defaults of queueMaxReceives and queueConcurrency. */
const MAX_RECEIVE_COUNT = 20;
const BATCHES_AT_ONCE = 5;
/** Six times the 15 s of most functions. */
const VISIBILITY_TIMEOUT_S = 90;
const POLL_INTERVAL_MS = 50;

const lookupOf = ({ alias, name }: LocalFunction) => alias ?? name;

export const deadLetterQueueOf = ({ name }: LocalFunction) => `${name}-dlq`;

/** Named as in the cloud, and by the lookup alone. */
export function describeQueues(definition: LocalFunction): QueueDescription[] {
  const lookup = lookupOf(definition);
  return ['', '.fifo'].flatMap((suffix) => {
    const deadLetterQueue = `${deadLetterQueueOf(definition)}${suffix}`;
    return [
      {
        name: `${definition.name}${suffix}`,
        alias: `${lookup}${suffix}`,
        visibilityTimeoutSeconds: VISIBILITY_TIMEOUT_S,
        redrive: { deadLetterQueue, maxReceiveCount: MAX_RECEIVE_COUNT },
      },
      { name: deadLetterQueue, alias: `${lookup}-dlq${suffix}` },
    ];
  });
}

/**
 * Several batches of a queue at once, as its event source mapping lets Lambda have them.
 * @returns a function that ends it
 */
export function pollQueues(queues: Queues, functions: readonly LocalFunction[], invoke: Lambda['invoke']): () => void {
  const pollers = functions.flatMap((definition) =>
    ['', '.fifo'].map((suffix) => {
      const queue = `${definition.name}${suffix}`;
      const source = createEventSource({
        queues,
        queue,
        batchSize: suffix === '.fifo' ? 1 : 10,
        deliver: async (event) => resultOf(await invoke(definition.name, event, { whenBusy: 'wait' })),
      });
      return { queue, source, underWay: 0 };
    }),
  );
  const timer = setInterval(() => {
    for (const poller of pollers) {
      if (poller.underWay >= BATCHES_AT_ONCE || queues.counts(poller.queue).visible === 0) continue;
      poller.underWay += 1;
      void poller.source.poll().then(({ failure }) => {
        poller.underWay -= 1;
        // Its name alone: the message of a defect may quote what it met.
        if (failure !== undefined) console.error(`A batch of ${poller.queue} failed: ${(failure as Error).name}`);
      });
    }
  }, POLL_INTERVAL_MS);
  return () => clearInterval(timer);
}

/** @throws Error where the function failed, with its error's name and message */
function resultOf({ payload, functionError }: InvokeAnswer): unknown {
  const value = JSON.parse(payload);
  if (!functionError) return value;
  throw Object.assign(new Error(value.errorMessage), { name: value.errorType });
}
