import { answerCommands } from './commands.ts';
import { createCall, type ProbedHandler, type ProbeTask } from './event.ts';

/** Ask for so many calls one after the other; with `heap`, for the bytes in use after them. */
export interface WarmCommand {
  readonly calls: number;
  readonly heap?: boolean;
}

export interface WarmReport {
  /** Milliseconds of each call. */
  readonly durations: readonly number[];
  readonly heapBytes?: number;
}

const task: ProbeTask = JSON.parse(process.argv[2] ?? '');
const { handler } = require(task.bundle) as { handler: ProbedHandler };
let index = 0;

answerCommands(measure);

async function measure({ calls, heap }: WarmCommand): Promise<WarmReport> {
  const durations: number[] = [];
  for (let left = calls; left > 0; left -= 1) {
    const [event, context] = createCall(task, index);
    index += 1;
    const startedAt = performance.now();
    const { statusCode, body } = await handler(event, context);
    durations.push(performance.now() - startedAt);
    if (statusCode !== 200) throw new Error(`${task.bundle} answered ${statusCode}: ${body}`);
  }
  if (!heap) return { durations };
  globalThis.gc?.();
  return { durations, heapBytes: process.memoryUsage().heapUsed };
}
