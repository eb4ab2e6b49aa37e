import { writeSync } from 'node:fs';
import { createCall, type ProbedHandler, type ProbeTask } from './event.ts';

/** What one fresh process saw. */
export interface ColdSample {
  readonly loadMs: number;
  /** From the call of the handler to its answer. */
  readonly callMs: number;
  /** From the start of the process to the answer. */
  readonly firstAnswerMs: number;
  readonly status: number | undefined;
  readonly body: string | undefined;
}

/** Where the parent reads the sample: standard output is the handlers'. */
const SAMPLE_FD = 3;

const task: ProbeTask = JSON.parse(process.argv[2] ?? '');
const [event, context] = createCall(task, 0);

const startedAt = performance.now();
// As Lambda's runtime client loads a `.js` or `.cjs` file.
const { handler } = require(task.bundle) as { handler: ProbedHandler };
const loadedAt = performance.now();
handler(event, context).then(({ statusCode: status, body }) => {
  // The time origin of `performance` is the start of the process.
  const answeredAt = performance.now();
  const sample: ColdSample = {
    loadMs: loadedAt - startedAt,
    callMs: answeredAt - loadedAt,
    firstAnswerMs: answeredAt,
    status,
    body,
  };
  writeSync(SAMPLE_FD, JSON.stringify(sample));
  process.exit();
});
