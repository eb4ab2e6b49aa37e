import { createCall, type ProbedHandler, type ProbeTask } from '../probe/event.ts';

/** What a fresh process saw of its first call. */
export interface ProbeReport {
  readonly status: number;
  /** Epoch milliseconds. */
  readonly answeredAt: number;
}

/* A process of a fleet: loads a bundle, says so, and answers one call when it is told to. */

const task: ProbeTask = JSON.parse(process.argv[2] ?? '');
// As Lambda's runtime client loads a `.js` or `.cjs` file.
const { handler } = require(task.bundle) as { handler: ProbedHandler };

process.once('message', () => {
  handler(...createCall(task, 0)).then(({ statusCode: status = 0 }) => {
    process.send?.({ status, answeredAt: Date.now() } satisfies ProbeReport);
  });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
