import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { functionEnvironment } from './environment.ts';
import type { ColdSample } from './probe/cold.ts';
import type { ProbeTask } from './probe/event.ts';
import type { WarmCommand, WarmReport } from './probe/warm.ts';
import type { QueueCommand, QueueReport, QueueTask } from './queue/probe.ts';
import type { Calls, WorldAddress, WorldCommand } from './world.ts';

export interface World extends WorldAddress {
  /** The calls since the last count; `forget` also starts the vendor anew. */
  count(command?: WorldCommand): Promise<Calls>;
  close(): void;
}

/** @param vendorMs what the vendor takes for an answer */
export async function startWorld(caseName: string, { vendorMs = 0, store = false } = {}): Promise<World> {
  const child = fork(new URL('world.ts', import.meta.url), [caseName, String(vendorMs), store ? 'store' : 'none'], {
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const address = await reply<WorldAddress>(child);
  return { ...address, count: (command = 'count') => ask(child, command), close: () => child.kill() };
}

/** Loads and calls a bundle once, in a fresh process. What the handler prints goes to the open file `log`. */
export async function runCold(probe: string, task: ProbeTask, world: World, log: number): Promise<ColdSample> {
  const child = spawn(process.execPath, [probe, JSON.stringify(task)], {
    env: functionEnvironment(world),
    stdio: ['ignore', log, 'inherit', 'pipe'],
  });
  const sample = await text(child.stdio[3] as Readable);
  if (sample === '') throw new Error(`${task.bundle} gave no answer`);
  return JSON.parse(sample);
}

export interface WarmProcess {
  run(command: WarmCommand): Promise<WarmReport>;
  close(): void;
}

/** A process that keeps a bundle loaded. What the handler prints goes to the open file `log`. */
export function startWarm(probe: string, task: ProbeTask, world: World, log: number): WarmProcess {
  const child = fork(probe, [JSON.stringify(task)], {
    env: functionEnvironment(world),
    execArgv: ['--expose-gc'],
    stdio: ['ignore', log, 2, 'ipc'],
  });
  return { run: (command) => ask(child, command), close: () => child.kill() };
}

/** A share that ten lookups of 50 ms at a time do not reach, and small enough for the limiter to remember. */
const UNREACHED_SHARE = { VENDOR_QPS_SHARE: '400' };

export interface QueueProcess {
  run(command: QueueCommand): Promise<QueueReport>;
  close(): void;
}

/** The same for batches of a queue. */
export function startQueueProcess(probe: string, task: QueueTask, world: World, log: number): QueueProcess {
  const child = fork(probe, [JSON.stringify(task)], {
    env: { ...functionEnvironment(world), ...UNREACHED_SHARE },
    stdio: ['ignore', log, 2, 'ipc'],
  });
  return { run: (command) => ask(child, command), close: () => child.kill() };
}

async function ask<Reply>(child: ChildProcess, message: object | string): Promise<Reply> {
  child.send(message);
  return reply(child);
}

async function reply<Reply>(child: ChildProcess): Promise<Reply> {
  const ended = new AbortController();
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal: ended.signal }),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => {
        throw new Error(`a measuring process ended early (${code})`);
      }),
    ]);
    return message as Reply;
  } finally {
    ended.abort();
  }
}
