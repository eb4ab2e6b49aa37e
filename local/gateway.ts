import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const SERVERLESS = 'node_modules/serverless/bin/serverless.js';
const REPOSITORY = resolve(import.meta.dirname, '..');
const STOP_TIMEOUT_MS = 6_000;

export interface GatewayOptions {
  readonly port: number;
  readonly lambdaPort: number;
  readonly stage: string;
  /** Of the functions: what the stage would set, and where AWS's services are. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Gateway {
  /** Fulfilled when its process has ended, whatever the reason. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** The API Gateway and Lambda of one machine: serverless-offline, with the bundles that deployment uses. */
export async function startGateway({ port, lambdaPort, stage, environment }: GatewayOptions): Promise<Gateway> {
  // serverless-offline starts all the same where a port is taken, and answers nothing.
  await Promise.all([port, lambdaPort].map(assertFree));
  const child = spawn(
    process.execPath,
    [
      SERVERLESS,
      'offline',
      'start',
      '--localEnvironment',
      '--stage',
      stage,
      // Its table is a name in the environment here, where the stack's would be a reference.
      '--param',
      'tokenStore=none',
      '--httpPort',
      String(port),
      '--lambdaPort',
      String(lambdaPort),
    ],
    {
      cwd: REPOSITORY,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    },
  );
  // However this process ends, also where another of its parts could not start.
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(() => undefined);

  createInterface({ input: child.stdout }).on('line', printLogLine);
  const told: string[] = [];
  const ready = new Promise<void>((fulfil) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      told.push(line);
      printLogLine(line);
      if (line.includes('Server ready:')) fulfil();
    });
  });
  const failed = ended.then(() => {
    throw new Error(`The local gateway did not start:\n${told.join('\n')}`);
  });
  await Promise.race([ready, failed]);
  failed.catch(() => undefined);

  return {
    ended,
    close: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Of what it prints, the functions' log lines; the rest is about itself. */
function printLogLine(line: string): void {
  if (line.startsWith('{')) console.log(line);
}

/** @throws Error EADDRINUSE */
async function assertFree(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
