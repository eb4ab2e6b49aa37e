import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, vi } from 'vitest';

/** The parts of `npm start` have ports up to this much above its own. */
export const PORT_SPAN = 17;
export const START_TIMEOUT_MS = 180_000;
export const STOP_TIMEOUT_MS = 120_000;

/** `npm start` as a newcomer runs it, in a process group of its own as a terminal gives it. */
export interface NpmStart {
  readonly port: number;
  readonly url: string;
  /** All that it printed so far. */
  readonly lines: readonly string[];
  /** The line that it printed right after this one. */
  lineAfter(line: string): string | undefined;
  /** To all of its processes, as a terminal sends it. */
  signal(signal: NodeJS.Signals): void;
  /** To npm alone, or to the process that npm started. */
  signalOne(which: 'npm' | 'local/start.ts', signal: NodeJS.Signals): void;
  /** Whether any process of its group is left. */
  isAlive(): boolean;
  /** Waits until none is left. */
  end(): Promise<void>;
}

/** Starts it on free ports and waits for its `ready:` line and the line after that. */
export async function npmStart(environment: Readonly<Record<string, string>> = {}): Promise<NpmStart> {
  const port = await findFreePorts();
  const url = `http://localhost:${port}`;
  const npm = spawn('npm', ['start'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SECRETS_FILE: '', ...environment, PORT: String(port) },
  });
  const group = npm.pid;
  if (group === undefined) throw new Error('npm could not be started');
  const ended = once(npm, 'exit').then(([code]) => {
    throw new Error(`npm start ended with ${code}`);
  });
  // It may also end later, when nobody waits for it to be ready.
  ended.catch(() => undefined);

  const lines: string[] = [];
  createInterface({ input: npm.stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(line));
  const lineAfter = (line: string) => (lines.includes(line) ? lines[lines.indexOf(line) + 1] : undefined);
  const ready = vi.waitUntil(() => lineAfter(`ready: ${url}`), { timeout: START_TIMEOUT_MS, interval: 50 });
  await Promise.race([ready, ended]);

  const isAlive = () => {
    try {
      process.kill(-group, 0);
      return true;
    } catch {
      return false;
    }
  };
  return {
    port,
    url,
    lines,
    lineAfter,
    signal: (signal) => process.kill(-group, signal),
    signalOne: (which, signal) => process.kill(which === 'npm' ? group : findNode(group, which), signal),
    isAlive,
    end: async () => {
      await vi.waitFor(() => expect(isAlive()).toBe(false), { timeout: STOP_TIMEOUT_MS, interval: 50 });
    },
  };
}

/** The process of a group that runs this file. */
function findNode(group: number, file: string): number {
  const lines = execFileSync('ps', ['-eo', 'pgid=,pid=,args='], { encoding: 'utf8' }).split('\n');
  const found = lines
    .map((line) => line.trim().split(/\s+/))
    .find(
      ([pgid, , command = '', ...args]) => Number(pgid) === group && command.endsWith('node') && args.includes(file),
    );
  if (!found) throw new Error(`No process runs ${file}`);
  return Number(found[1]);
}

/** Below the ports that systems give out by themselves, so that nobody takes one between this look and the start. */
async function findFreePorts(): Promise<number> {
  for (let base = 21_000 + 20 * Math.floor(Math.random() * 400); ; base += 20) {
    const ports = Array.from({ length: PORT_SPAN + 1 }, (_, index) => base + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
