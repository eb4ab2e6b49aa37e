import { writeSync } from 'node:fs';
import { createCall, type ProbedHandler, type ProbeTask } from './event.ts';

/** What one fresh process saw; times in milliseconds. */
export interface ColdSample {
  /** From the start of the process to the loading of the bundle: Node.js itself. */
  readonly boot: number;
  readonly load: number;
  /** From the call of the handler to its answer. */
  readonly call: number;
  /** From the start of the process to the answer. */
  readonly first: number;
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
  const first = performance.now();
  const sample: ColdSample = {
    boot: startedAt,
    load: loadedAt - startedAt,
    call: first - loadedAt,
    first,
    status,
    body,
  };
  writeSync(SAMPLE_FD, JSON.stringify(sample));
  process.exit();
});
