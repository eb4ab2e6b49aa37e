import { randomUUID } from 'node:crypto';
import { PROBLEMS } from '../../lib/problem.ts';
import { type Clock, systemClock } from '../../lib/time/clock.ts';
import { createAsyncInvocations, type DeadLetter } from './async-invocations.ts';
import { type Bundle, deployBundles } from './bundles.ts';
import { lambdaEnvironment } from './environment.ts';
import type { LocalFunction } from './functions.ts';
import { startInstance } from './instance.ts';
import { createInstancePool, type InstancePool, type Invocation, type WhenBusy } from './instance-pool.ts';
import {
  type Control,
  functionNotFound,
  type InvocationType,
  type InvokeAnswer,
  startInvokeServer,
} from './invoke-api.ts';
import type { FunctionError, Outcome } from './messages.ts';
import { LambdaServiceError } from './service-error.ts';
import { createTurnableClock } from './turnable-clock.ts';

const RUNTIME = 'local/lambda/runtime.ts';
/** Of one function; each needs 20 MB, and 40 MB when it has been busy for a while. */
const MAX_INSTANCES = 4;
const DEFAULT_MEMORY_MB = 1024;
/** Account and default region stand for any. */
const ACCOUNT_ID = '123456789012';
const DEFAULT_REGION = 'us-east-1';

export interface LambdaOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly functions: readonly LocalFunction[];
  /** Of all functions; what a function has of its own comes before it. Instances get nothing of this process's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Gets each line of the functions' logs that is JSON. */
  readonly onLogLine: (line: string) => void;
  /**
   * For time-outs and retries. By default the retries have a clock that the control address moves on. A function itself
   * sees real time, in `getRemainingTimeInMillis()` too.
   */
  readonly clock?: Clock;
  /** Waits before a failed asynchronous invocation is tried again; by default one minute, then two. */
  readonly asyncRetryDelaysMs?: readonly number[];
  readonly onDeadLetter?: (letter: DeadLetter) => void;
  /** Of one function; default MAX_INSTANCES. */
  readonly maxInstances?: number;
}

export interface Lambda {
  /** The value of AWS_ENDPOINT_URL_LAMBDA and of `aws lambda invoke --endpoint-url`. */
  readonly url: string;
  /**
   * Without a socket, for what stands for another service.
   * @param name of the function, or its alias
   * @param event a JSON value
   * @throws LambdaServiceError
   */
  invoke(
    name: string,
    event: unknown,
    options?: { readonly type?: InvocationType; readonly whenBusy?: WhenBusy; readonly signal?: AbortSignal },
  ): Promise<InvokeAnswer>;
  /** Fulfilled when no instance is left. Retries that still wait are forgotten. */
  close(): Promise<void>;
}

interface Deployed {
  readonly definition: LocalFunction;
  readonly pool: InstancePool;
}

/**
 * AWS Lambda on loopback: the bundles of deployment in instances, behind the Invoke API. Its control address,
 * `<url>/__control/`, takes `GET invocations` (how many are under way, and how far each asynchronous one has come) and, when
 * it has a clock of its own, `POST clock` (`{ "advanceSeconds": 60 }`): waits before another try end earlier, time-outs do
 * not.
 * @throws Error EADDRINUSE
 */
export async function startLambda(options: LambdaOptions): Promise<Lambda> {
  const { clock = systemClock, asyncRetryDelaysMs = [60_000, 120_000], onDeadLetter = () => undefined } = options;
  const deployed = new Map<string, Deployed>();
  const ownClock = options.clock ? undefined : createTurnableClock();
  const retryClock = ownClock ?? clock;
  const asyncInvocations = createAsyncInvocations(retryClock, asyncRetryDelaysMs, onDeadLetter);

  const attempt = async (
    { name }: LocalFunction,
    pool: InstancePool,
    invocation: Invocation,
    whenBusy: WhenBusy,
    signal?: AbortSignal,
  ): Promise<Outcome> => {
    const outcome = await pool.invoke(invocation, whenBusy, signal);
    if (!outcome.ok && !closed) tellOfFailure(name, invocation.requestId, outcome.error, options.onLogLine);
    return outcome;
  };

  let closed = false;
  const invoke = async (
    name: string,
    event: string,
    type: InvocationType,
    requestId: string,
    whenBusy: WhenBusy = 'refuse',
    signal?: AbortSignal,
  ): Promise<InvokeAnswer> => {
    if (closed) throw new LambdaServiceError('ServiceException', 500, 'The local Lambda is closed.');
    const { definition, pool } = deployed.get(name) ?? {};
    if (!definition || !pool) throw functionNotFound(name);
    if (type === 'DryRun') return { status: 204, requestId, payload: '' };
    if (type === 'Event') {
      asyncInvocations.start({
        functionName: definition.name,
        requestId,
        event,
        maxRetries: definition.maximumRetryAttempts ?? asyncRetryDelaysMs.length,
        attempt: () => attempt(definition, pool, { requestId, event }, 'wait'),
      });
      return { status: 202, requestId, payload: '' };
    }
    const outcome = await attempt(definition, pool, { requestId, event }, whenBusy, signal);
    if (outcome.ok) return { status: 200, requestId, payload: outcome.payload };
    return { status: 200, requestId, payload: JSON.stringify(outcome.error), functionError: 'Unhandled' };
  };

  const control: Control = {
    'GET invocations': () => ({
      now: retryClock.now(),
      underWay: [...new Set(deployed.values())]
        .filter(({ definition }) => !definition.inBackground)
        .reduce((sum, { pool }) => sum + pool.underWay(), 0),
      asynchronous: asyncInvocations.progress(),
    }),
    ...(ownClock && {
      'POST clock': ({ advanceSeconds: seconds }) => {
        ownClock.advance(Number(seconds) * 1000);
        return { now: new Date(ownClock.now()).toISOString() };
      },
    }),
  };

  const region = options.environment['AWS_REGION'] ?? DEFAULT_REGION;
  // https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
  const list = () => ({
    Functions: options.functions.map(({ name, handlerFile, timeoutMs, memorySizeMb = DEFAULT_MEMORY_MB }) => ({
      FunctionName: name,
      FunctionArn: arnOf(name, region),
      Runtime: 'nodejs24.x',
      Handler: handlerFile.replace(/\.ts$/, '.handler'),
      Timeout: timeoutMs / 1000,
      MemorySize: memorySizeMb,
      Version: '$LATEST',
      PackageType: 'Zip',
    })),
  });

  const bundleOf = await deployBundles([RUNTIME, ...options.functions.map(({ handlerFile }) => handlerFile)]);
  const runtime = bundleOf(RUNTIME);
  for (const definition of options.functions) {
    const bundle = bundleOf(definition.handlerFile);
    const entry = { definition, pool: createPool(definition, runtime, bundle, region, { ...options, clock }) };
    deployed.set(definition.name, entry);
    if (definition.alias !== undefined) deployed.set(definition.alias, entry);
  }
  const server = await startInvokeServer(options.port ?? 0, invoke, list, control);
  return {
    url: server.url,
    invoke: (name, event, { type = 'RequestResponse', whenBusy, signal } = {}) =>
      invoke(name, JSON.stringify(event), type, randomUUID(), whenBusy, signal),
    close: async () => {
      closed = true;
      asyncInvocations.close();
      await Promise.all([server.close(), ...[...deployed.values()].map(({ pool }) => pool.close())]);
    },
  };
}

/**
 * Logs an error that the function itself could not log, as Lambda does. The text of one that Lambda did not find may quote
 * what it met.
 */
function tellOfFailure(
  functionName: string,
  requestId: string,
  { errorType, errorMessage }: FunctionError,
  onLogLine: (line: string) => void,
): void {
  if (Object.hasOwn(PROBLEMS, errorType)) return;
  const message = /^(Function|Runtime|Sandbox)\.(?!Unhandled)/.test(errorType) ? errorMessage : 'The function failed.';
  onLogLine(JSON.stringify({ level: 'ERROR', message, errorType, functionName, requestId }));
}

const arnOf = (name: string, region: string) => `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${name}`;

function createPool(
  definition: LocalFunction,
  runtime: Bundle,
  bundle: Bundle,
  region: string,
  options: LambdaOptions & { readonly clock: Clock },
): InstancePool {
  const { name, timeoutMs, environment, memorySizeMb = DEFAULT_MEMORY_MB } = definition;
  const start = () =>
    startInstance({
      runtime,
      bundle,
      environment: {
        ...lambdaEnvironment({ ...definition, memorySizeMb }, region),
        ...options.environment,
        ...environment,
      },
      functionArn: arnOf(name, region),
      memorySizeMb,
      timeoutMs,
      clock: options.clock,
      onLogLine: options.onLogLine,
    });
  return createInstancePool({ start, maxInstances: options.maxInstances ?? MAX_INSTANCES, clock: options.clock });
}
