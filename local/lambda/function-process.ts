import { fork } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Clock } from '../../lib/time/clock.ts';
import type { Assignment, FunctionError, Outcome, Report } from './messages.ts';

const RUNTIME = join(import.meta.dirname, 'runtime.ts');
/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const LOADING_TIMEOUT_MS = 10_000;
/** 6 MB and 100 bytes: MaxPayloadSize of https://github.com/aws/aws-lambda-runtime-interface-emulator */
const LONGEST_ANSWER_BYTES = 6 * 1024 * 1024 + 100;

export interface FunctionProcessOptions {
  /** Path of the bundle. */
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly functionArn: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Gets each line that is JSON, of standard output and standard error. */
  readonly onLogLine: (line: string) => void;
}

export interface FunctionProcess {
  /** Whether it can take another invocation. */
  isAlive(): boolean;
  /** One at a time. Never rejects. */
  run(invocation: Pick<Assignment, 'requestId' | 'event'>): Promise<Outcome>;
  /** Ends it at once; fulfilled when it has ended and every line of its log was given. */
  end(): Promise<void>;
}

type Heard = Report | { readonly kind: 'ended'; readonly how: string } | { readonly kind: 'silent' };

/** Starts a process with one function in it: what Lambda calls an execution environment, though it is never frozen. */
export function startFunctionProcess(options: FunctionProcessOptions): FunctionProcess {
  const { bundle, environment, functionArn, timeoutMs, clock, onLogLine } = options;
  // Nothing of this process: neither its environment nor its flags.
  const child = fork(RUNTIME, [bundle], { env: environment, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output as Readable }).on('line', (line) => {
      if (isJson(line)) onLogLine(line);
    });
  }
  let alive = true;
  let tell: (heard: Heard) => void = () => undefined;
  child.on('message', (report: Report) => tell(report));
  child.on('exit', () => {
    alive = false;
  });
  const ended = new Promise<string>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ? `signal: ${signal}` : `exit status ${code}`));
    // It could not be started.
    child.on('error', (error) => {
      alive = false;
      resolve(error.message);
    });
  });
  void ended.then((how) => tell({ kind: 'ended', how }));

  function kill(): void {
    alive = false;
    child.kill('SIGKILL');
  }

  /** What is heard of it next, for so long. */
  function listen(milliseconds: number): Promise<Heard> {
    return new Promise((resolve) => {
      const stop = clock.alarm(milliseconds, () => tell({ kind: 'silent' }));
      tell = (heard) => {
        stop();
        tell = () => undefined;
        // Lambda goes on with no process that crashed or ran out of time.
        if (heard.kind === 'crashed' || heard.kind === 'silent') kill();
        resolve(heard);
      };
    });
  }

  const loaded = listen(LOADING_TIMEOUT_MS);

  return {
    isAlive: () => alive,
    run: async ({ requestId, event }) => {
      const start = await loaded;
      if (start.kind !== 'ready') return judge(start, requestId, LOADING_TIMEOUT_MS);
      const heard = listen(timeoutMs);
      // A process that is gone is heard of as ended.
      child.send({ requestId, functionArn, timeoutMs, event } satisfies Assignment, () => undefined);
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
      throw new Error('A process that is ready was told to be once more.');
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

function isJson(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
