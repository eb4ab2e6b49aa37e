import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildCase } from '../build.ts';
import { cases } from '../cases.ts';
import { functionEnvironment } from '../environment.ts';
import { TABLE } from './conditions.ts';
import { answerAtOnce, startWorld } from './processes.ts';
import { ANSWER_HEADINGS, answerCells, atMost, failuresIn, listCounts, type Result } from './result.ts';

/** In place of the store's own 100 ms, and 400 ms before its first answer. */
const TIMEOUT_MS = 10_000;

interface Plan {
  readonly label: string;
  readonly build: 'ours' | 'naive';
  /** Names the table in place of none. */
  readonly storeEnvironment?: Readonly<Record<string, string>>;
}

const STORE = { TOKEN_STORE_TABLE: TABLE };

const PLANS: readonly Plan[] = [
  {
    label: 'with the store',
    build: 'ours',
    storeEnvironment: { ...STORE, TOKEN_STORE_TIMEOUT_MS: String(TIMEOUT_MS) },
  },
  { label: 'with the store and its own time-outs', build: 'ours', storeEnvironment: STORE },
  { label: 'without', build: 'ours' },
  { label: 'naive', build: 'naive' },
];

/** Real processes with the bundle that is deployed, which start cold at once. */
export async function real(count: number, directory: string): Promise<Result> {
  const measured = cases.find(({ name }) => name === 'getUserInfoByCallId');
  if (!measured) throw new Error('bench/cases.ts has no getUserInfoByCallId');
  const bundles = await buildCase(measured, directory);
  const probe = join(directory, 'probe', 'fleet.js');
  await build({
    entryPoints: ['bench/fleet/probe.ts'],
    outfile: probe,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
  });

  const runs = [];
  for (const plan of PLANS) {
    const task = { bundle: bundles[plan.build].file, call: measured.first };
    runs.push({ plan, ...(await run(plan, count, { probe, task, directory })) });
  }
  const [stored] = runs;
  return {
    title: `${count} real processes, cold at once`,
    note:
      'Each has loaded its bundle and waits; milliseconds are from the signal to its answer, in real time, and mostly ' +
      'those of waiting for a processor, which on Lambda each has of its own. So the first run has ' +
      `TOKEN_STORE_TIMEOUT_MS=${TIMEOUT_MS}: the store's own time-outs, 400 ms before its first answer and then 100 ms, fire ` +
      'here for lack of a processor and not of a store, as the second run shows. On a machine that does other things as ' +
      'well so may the 2 s of Secrets Manager. Ours loads the AWS SDK after the signal, naive before it.',
    table: [
      ['', ...ANSWER_HEADINGS, 'problems', 'mints', 'store given up by', 'store calls'],
      ...runs.map(({ plan, answers, counts, givenUp, problems }) => [
        plan.label,
        ...answerCells(answers),
        listCounts(problems),
        String(counts.tokenRequests),
        String(givenUp),
        listCounts(Object.entries(counts.storeCalls)),
      ]),
    ],
    targets: [
      atMost('mints with the store', stored?.counts.tokenRequests ?? Number.NaN, 1),
      ...runs.map(({ plan, answers }) => atMost(`failed answers, ${plan.label}`, failuresIn(answers), 0)),
    ],
  };
}

async function run(
  { build: name, storeEnvironment }: Plan,
  count: number,
  { directory, ...probing }: Pick<Parameters<typeof answerAtOnce>[1], 'probe' | 'task'> & { directory: string },
) {
  const world = await startWorld();
  const logFile = join(directory, `${name}.log`);
  const log = openSync(logFile, 'w');
  try {
    const environment = {
      ...functionEnvironment(world),
      AWS_ENDPOINT_URL_DYNAMODB: world.dynamoUrl,
      ...storeEnvironment,
    };
    const answers = await answerAtOnce(count, { ...probing, environment, log });
    const counts = await world.count();
    // Each writes one line, which says why it did what it did.
    const lines = readFileSync(logFile, 'utf8');
    const givenUp = lines.match(/"store-down"/g)?.length ?? 0;
    const problems = Map.groupBy(lines.match(/(?<="problem":")[^"]+/g) ?? [], (code) => code);
    return { answers, counts, givenUp, problems: [...problems].map(([code, { length }]) => [code, length] as const) };
  } finally {
    closeSync(log);
    world.close();
  }
}
