import { readEventMapping } from '../lib/triggers/mapping.ts';
import { type EventBus, LOCAL_BUS, startEventBus } from './event-bus.ts';
import { type LocalFunction, readFunctions } from './lambda/functions.ts';
import type { InvokeAnswer } from './lambda/invoke-api.ts';
import { type Lambda, startLambda } from './lambda/lambda.ts';
import { createEventSource } from './queue/event-source.ts';
import type { Queues } from './queue/queues.ts';
import { type Sqs, startSqs } from './queue/sqs.ts';

/*
 * What starts the functions besides HTTP on one machine, wired as aws/events/ wires it: a standard and a FIFO queue for each
 * lookup, a bus for results, and a Lambda that reads the queues and takes asynchronous invocations.
 */

/** The defaults of queueMaxReceives and queueConcurrency. */
const MAX_RECEIVE_COUNT = 20;
const BATCHES_AT_ONCE = 5;
/** Six times the 15 s of most functions. */
const VISIBILITY_TIMEOUT_S = 90;
const POLL_INTERVAL_MS = 50;

export interface EventServices {
  /** The lookups. */
  readonly functions: readonly LocalFunction[];
  readonly bus: EventBus;
  readonly sqs: Sqs;
  /** Of the functions: where both are, and what the stage would set. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * EventBridge and SQS. EVENT_MAPPING and SECRETS_IN_EVENTS of this process's environment hold for all functions.
 * @throws Error EADDRINUSE, or what is wrong with EVENT_MAPPING
 */
export async function startEventServices({
  busPort,
  sqsPort,
  stage,
}: {
  readonly busPort: number;
  readonly sqsPort: number;
  readonly stage: string;
}): Promise<EventServices> {
  // Every function would fail with one that cannot be read.
  await readEventMapping(process.env['EVENT_MAPPING']).compile();
  const functions = await readFunctions(stage);
  const [bus, sqs] = await Promise.all([
    startEventBus({ port: busPort }),
    startSqs({ port: sqsPort, queues: functions.flatMap(describeQueues) }),
  ]);
  const settings = ['EVENT_MAPPING', 'SECRETS_IN_EVENTS'].flatMap((name): [string, string][] => {
    const value = process.env[name];
    return value ? [[name, value]] : [];
  });
  return {
    functions,
    bus,
    sqs,
    environment: {
      ...Object.fromEntries(settings),
      RESULT_BUS: LOCAL_BUS,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
      AWS_ENDPOINT_URL_SQS: sqs.url,
    },
    close: async () => {
      await Promise.all([bus.close(), sqs.close()]);
    },
  };
}

function describeQueues(definition: LocalFunction) {
  const lookup = lookupOf(definition);
  return ['', '.fifo'].flatMap((suffix) => {
    const deadLetterQueue = `${lookup}-dlq${suffix}`;
    const common = { visibilityTimeoutSeconds: VISIBILITY_TIMEOUT_S };
    const redrive = { deadLetterQueue, maxReceiveCount: MAX_RECEIVE_COUNT };
    return [{ name: `${lookup}${suffix}`, ...common, redrive }, { name: deadLetterQueue }];
  });
}

export interface LocalFunctions {
  /** Of Lambda's Invoke API. */
  readonly url: string;
  readonly names: readonly string[];
  readonly invoke: Lambda['invoke'];
  close(): Promise<void>;
}

/**
 * Lambda, which reads the queues from then on.
 * @throws Error EADDRINUSE
 */
export async function startFunctions(
  { functions, sqs }: EventServices,
  {
    others = [],
    ...options
  }: {
    readonly port: number;
    readonly environment: Readonly<Record<string, string>>;
    /** Functions that no queue starts. */
    readonly others?: readonly LocalFunction[];
  },
): Promise<LocalFunctions> {
  const lambda = await startLambda({
    ...options,
    functions: [...functions, ...others],
    onLogLine: (line) => console.log(line),
    // The event itself, as Lambda puts it there: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    onDeadLetter: ({ functionName, event }) => {
      const definition = functions.find(({ name }) => name === functionName);
      if (definition) sqs.queues.send(`${lookupOf(definition)}-dlq`, event);
    },
  });
  const stopPolling = pollQueues(sqs.queues, functions.map(lookupOf), lambda);
  return {
    url: lambda.url,
    names: [...functions, ...others].map(({ name }) => name),
    invoke: lambda.invoke,
    close: async () => {
      stopPolling();
      await lambda.close();
    },
  };
}

/** As the queues are named. */
const lookupOf = ({ alias, name }: LocalFunction) => alias ?? name;

/** Several batches of a queue at once, as its event source mapping lets Lambda have them. */
function pollQueues(queues: Queues, lookups: readonly string[], lambda: Lambda): () => void {
  const pollers = lookups.flatMap((lookup) =>
    [lookup, `${lookup}.fifo`].map((queue) => {
      const source = createEventSource({
        queues,
        queue,
        batchSize: queue.endsWith('.fifo') ? 1 : 10,
        deliver: async (event) => resultOf(await lambda.invoke(lookup, event)),
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
