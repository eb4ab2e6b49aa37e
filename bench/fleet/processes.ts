import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import type { ProbeTask } from '../probe/event.ts';
import type { ProbeReport } from './probe.ts';
import type { Counts, WorldAddress } from './world.ts';

export interface World extends WorldAddress {
  count(): Promise<Counts>;
  close(): void;
}

export async function startWorld(): Promise<World> {
  const child = fork(new URL('world.ts', import.meta.url), { stdio: ['ignore', 2, 2, 'ipc'] });
  const address = await next<WorldAddress>(child);
  const count = () => {
    child.send('count');
    return next<Counts>(child);
  };
  return { ...address, count, close: () => child.kill() };
}

/** Starts as many processes, and when all have loaded the bundle has them answer at once. What they print goes to `log`. */
export async function answerAtOnce(
  count: number,
  {
    probe,
    task,
    environment,
    log,
  }: { probe: string; task: ProbeTask; environment: Record<string, string>; log: number },
): Promise<{ status: number; milliseconds: number }[]> {
  const children = Array.from({ length: count }, () =>
    fork(probe, [JSON.stringify(task)], { env: environment, stdio: ['ignore', log, log, 'ipc'] }),
  );
  // They wait for processors. What they call shall not: then its time-outs would be theirs.
  for (const { pid } of children) if (pid) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  try {
    await Promise.all(children.map((child) => next(child)));
    const reports = children.map((child) => next<ProbeReport>(child));
    const askedAt = Date.now();
    for (const child of children) child.send('go');
    const answered = await Promise.all(reports);
    return answered.map(({ status, answeredAt }) => ({ status, milliseconds: answeredAt - askedAt }));
  } finally {
    for (const child of children) child.kill();
  }
}

async function next<Message>(child: ChildProcess): Promise<Message> {
  const ended = new AbortController();
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal: ended.signal }),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => {
        throw new Error(`a process of the fleet ended early (${code})`);
      }),
    ]);
    return message as Message;
  } finally {
    ended.abort();
  }
}
