import { Worker } from 'node:worker_threads';
import type { Clock } from '../../lib/time/clock.ts';
import type { Bundle } from './bundles.ts';
import type { Assignment, FunctionError, Heard as HeardOfFunction, Outcome, Report } from './messages.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const LOADING_TIMEOUT_MS = 10_000;
/** An eighth of what a thread takes by default, so that busy instances stay small. */
const YOUNG_GENERATION_MB = 6;
/** 6 MB and 100 bytes: MaxPayloadSize of https://github.com/aws/aws-lambda-runtime-interface-emulator */
const LONGEST_ANSWER_BYTES = 6 * 1024 * 1024 + 100;

export interface InstanceOptions {
  /** Of runtime.ts. */
  readonly runtime: Bundle;
  readonly bundle: Bundle;
  readonly environment: Readonly<Record<string, string>>;
  readonly functionArn: string;
  readonly memorySizeMb: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Gets each line that is JSON, of standard output and standard error. */
  readonly onLogLine: (line: string) => void;
}

export interface Instance {
  /** Whether it can take another invocation. */
  isAlive(): boolean;
  /** Whether its code is loaded. */
  isLoaded(): boolean;
  /** One at a time. Never rejects. */
  run(invocation: Pick<Assignment, 'requestId' | 'event'>): Promise<Outcome>;
  /** Ends it at once; fulfilled when it has ended and every line of its log was given. */
  end(): Promise<void>;
}

type Heard = HeardOfFunction | { readonly kind: 'ended'; readonly how: string } | { readonly kind: 'silent' };

/**
 * Starts an instance of a function: Lambda's execution environment, though it is never frozen. It is a thread, which needs
 * a third of a process's memory, with its own heap, modules and environment, and it ends with this process, however that
 * ends.
 */
export function startInstance(options: InstanceOptions): Instance {
  const { runtime, bundle, environment, functionArn, memorySizeMb, timeoutMs, clock, onLogLine } = options;
  const worker = new Worker(runtime.code, {
    eval: true,
    workerData: bundle,
    env: environment,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memorySizeMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const lines = splitLines((line) => {
    if (isJson(line)) onLogLine(line);
  });
  let alive = true;
  let workerError: NodeJS.ErrnoException | undefined;
  let tell: (heard: Heard) => void = () => undefined;
  worker.on('message', ({ output, ...report }: Report) => {
    if (output !== undefined) lines.write(output);
    if (report.kind !== 'output') tell(report);
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    workerError = error;
  });
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      alive = false;
      // Lambda kills the process that has used up its memory.
      const how = workerError?.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'signal: killed' : `exit status ${code}`;
      lines.end();
      tell({ kind: 'ended', how });
      resolve();
    });
  });

  function kill(): void {
    alive = false;
    void worker.terminate();
  }

  /** Waits for its next message, so many milliseconds. */
  function listen(milliseconds: number): Promise<Heard> {
    return new Promise((resolve) => {
      const stop = clock.alarm(milliseconds, () => tell({ kind: 'silent' }));
      tell = (heard) => {
        stop();
        tell = () => undefined;
        // Lambda goes on with no instance that crashed or ran out of time.
        if (heard.kind === 'crashed' || heard.kind === 'silent') kill();
        resolve(heard);
      };
    });
  }

  let isLoaded = false;
  const loaded = listen(LOADING_TIMEOUT_MS).finally(() => {
    isLoaded = true;
  });

  return {
    isAlive: () => alive,
    isLoaded: () => isLoaded,
    run: async ({ requestId, event }) => {
      const start = await loaded;
      if (start.kind !== 'ready') return judge(start, requestId, LOADING_TIMEOUT_MS);
      const heard = listen(timeoutMs);
      worker.postMessage({ requestId, functionArn, timeoutMs, event } satisfies Assignment);
      return judge(await heard, requestId, timeoutMs);
    },
    end: async () => {
      kill();
      await ended;
    },
  };
}

function judge(heard: Heard, requestId: string, timeoutMs: number): Outcome {
  switch (heard.kind) {
    case 'answered':
      return judgeSize(heard.payload);
    case 'failed':
    case 'crashed':
      return { ok: false, error: heard.error };
    case 'silent':
      // https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html#troubleshooting-timeouts
      return failure(
        'Sandbox.Timedout',
        `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
      );
    case 'ended':
      // As the interface emulator words it (above).
      return failure('Runtime.ExitError', `RequestId: ${requestId} Error: Runtime exited with error: ${heard.how}`);
    case 'ready':
      throw new Error('An instance that is ready was told to be once more.');
  }
}

function judgeSize(payload: string): Outcome {
  const bytes = Buffer.byteLength(payload);
  if (bytes <= LONGEST_ANSWER_BYTES) return { ok: true, payload };
  return failure(
    'Function.ResponseSizeTooLarge',
    `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${LONGEST_ANSWER_BYTES} bytes).`,
  );
}

function failure(errorType: string, errorMessage: string): Outcome {
  const error: FunctionError = { errorType, errorMessage };
  return { ok: false, error };
}

/** Gives whole lines, and at the end the rest of the last one. */
function splitLines(give: (line: string) => void) {
  let rest = '';
  return {
    write: (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) give(line);
    },
    end: () => give(rest),
  };
}

function isJson(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
