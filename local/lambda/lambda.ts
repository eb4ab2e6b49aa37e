import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from '../../bundling/esbuild.ts';
import { type Clock, systemClock } from '../../lib/time/clock.ts';
import { createAsyncInvocations, type DeadLetter } from './async-invocations.ts';
import { createFunctionPool, type FunctionPool } from './function-pool.ts';
import { startFunctionProcess } from './function-process.ts';
import type { LocalFunction } from './functions.ts';
import {
  type Control,
  functionNotFound,
  type InvocationType,
  type Invoke,
  type InvokeAnswer,
  startInvokeServer,
} from './invoke-api.ts';
import { LambdaServiceError } from './service-error.ts';
import { createTurnableClock } from './turnable-clock.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
/** Account and default region stand for any. */
const ACCOUNT_ID = '123456789012';
const DEFAULT_REGION = 'us-east-1';

export interface LambdaOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly functions: readonly LocalFunction[];
  /** Of all functions; what a function has of its own comes before it. Processes get nothing of this one's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Gets each line of the functions' logs that is JSON. */
  readonly onLogLine: (line: string) => void;
  /** For time-outs and retries; by default the retries have one that the control address moves on. What a function itself sees, `getRemainingTimeInMillis()` too, is real time. */
  readonly clock?: Clock;
  /** Waits before a failed asynchronous invocation is tried again; by default one minute, then two. */
  readonly asyncRetryDelaysMs?: readonly number[];
  readonly onDeadLetter?: (letter: DeadLetter) => void;
  /** Invocations of one function at once, and so its processes; default 10. */
  readonly maxConcurrency?: number;
}

export interface Lambda {
  /** What AWS_ENDPOINT_URL_LAMBDA and `aws lambda invoke --endpoint-url` take. */
  readonly url: string;
  /**
   * Without a socket, for what stands for another service.
   * @param name of the function, or its alias
   * @param event a JSON value
   * @throws LambdaServiceError
   */
  invoke(name: string, event: unknown, options?: { readonly type?: InvocationType }): Promise<InvokeAnswer>;
  /** Fulfilled when no process is left. What waits to be tried again is forgotten. */
  close(): Promise<void>;
}

interface Deployed {
  readonly definition: LocalFunction;
  readonly pool: FunctionPool;
}

/**
 * AWS Lambda on loopback: the bundles of deployment in processes of their own, behind the Invoke API. Its control address,
 * `<url>/__control/`, takes `GET invocations` (how many are under way, and how far each asynchronous one has come) and, when
 * it has a clock of its own, `POST clock` (`{ "advanceSeconds": 60 }`): waits before another try end earlier, time-outs do
 * not.
 * @throws Error EADDRINUSE
 */
export async function startLambda(options: LambdaOptions): Promise<Lambda> {
  const { clock = systemClock, asyncRetryDelaysMs = [60_000, 120_000], onDeadLetter = () => undefined } = options;
  const directory = await mkdtemp(join(tmpdir(), 'contact-lookups-lambda-'));
  const removeBundles = () => rm(directory, { recursive: true, force: true });
  const deployed = new Map<string, Deployed>();
  const ownClock = options.clock ? undefined : createTurnableClock();
  const retryClock = ownClock ?? clock;
  const asyncInvocations = createAsyncInvocations(retryClock, asyncRetryDelaysMs, onDeadLetter);

  let closed = false;
  const invoke: Invoke = async (name, event, type, requestId) => {
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
        attempt: () => pool.invoke({ requestId, event }, 'wait'),
      });
      return { status: 202, requestId, payload: '' };
    }
    const outcome = await pool.invoke({ requestId, event }, 'refuse');
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

  try {
    await buildBundles(options.functions, directory);
    for (const definition of options.functions) {
      const entry = { definition, pool: createPool(definition, directory, { ...options, clock }) };
      deployed.set(definition.name, entry);
      if (definition.alias !== undefined) deployed.set(definition.alias, entry);
    }
    const server = await startInvokeServer(options.port ?? 0, invoke, control);
    return {
      url: server.url,
      invoke: (name, event, { type = 'RequestResponse' } = {}) =>
        invoke(name, JSON.stringify(event), type, randomUUID()),
      close: async () => {
        closed = true;
        asyncInvocations.close();
        await Promise.all([server.close(), ...[...deployed.values()].map(({ pool }) => pool.close())]);
        await removeBundles();
      },
    };
  } catch (error) {
    await removeBundles();
    throw error;
  }
}

async function buildBundles(functions: readonly LocalFunction[], directory: string): Promise<void> {
  await build({
    ...bundleOptions(functions.map(({ handlerFile }) => handlerFile)),
    absWorkingDir: REPOSITORY,
    outbase: REPOSITORY,
    outdir: directory,
  });
}

function createPool(
  { name, handlerFile, timeoutMs, environment }: LocalFunction,
  directory: string,
  options: LambdaOptions & { readonly clock: Clock },
): FunctionPool {
  const region = options.environment['AWS_REGION'] ?? DEFAULT_REGION;
  const start = () =>
    startFunctionProcess({
      bundle: join(directory, handlerFile.replace(/\.ts$/, '.cjs')),
      environment: {
        // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_REGION: region,
        ...options.environment,
        ...environment,
      },
      functionArn: `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${name}`,
      timeoutMs,
      clock: options.clock,
      onLogLine: options.onLogLine,
    });
  return createFunctionPool(start, options.maxConcurrency ?? 10);
}
