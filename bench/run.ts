import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildCase, buildProbes } from './build.ts';
import { cases } from './cases.ts';
import { FULL, measureCase, QUICK } from './measure.ts';
import { printFigures } from './print.ts';
import { judge } from './targets.ts';

/*
 * Measures every function against a floor and a naive build, made in the same run; docs/performance.md says how to
 * read it. `--store` measures with the shared store, `--only <function>` one function, `--quick` little, for development.
 */

const RESULTS = 'bench/results.json';
/** Handlers are bundled for this one, and older ones cannot run them. */
const NODE_MAJOR = 24;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    store: { type: 'boolean', default: false },
  },
});
const chosen = cases.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) throw new Error(`no function ${values.only}: ${cases.map(({ name }) => name).join(', ')}`);
if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR) {
  throw new Error(`this needs Node.js ${NODE_MAJOR}: run it as \`npm run bench\``);
}

process.chdir(join(import.meta.dirname, '..'));
const directory = await mkdtemp(join(tmpdir(), 'contact-lookups-bench-'));
const log = openSync(join(directory, 'handlers.log'), 'w');
const effort = { ...(values.quick ? QUICK : FULL), store: values.store };
const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cpus: availableParallelism(),
  loadAtStart: loadavg()[0],
};
const functions: Record<string, object> = {};
let allReached = true;

try {
  const probes = await buildProbes(directory);
  console.log(
    `Node.js ${process.version}, ${machine.cpus} × ${machine.cpu}, load ${machine.loadAtStart?.toFixed(2)}. ` +
      `Medians of ${effort.freshProcesses} fresh processes; the builds take turns. ` +
      'Log lines go to a file; the floor writes one a call, the others one and their metrics.',
  );
  for (const measured of chosen) {
    const bundles = await buildCase(measured, directory);
    const figures = await measureCase(measured, { bundles, probes, log }, effort);
    const targets = judge(figures);
    allReached &&= targets.every(({ reached }) => reached);
    functions[measured.name] = { ...figures, targets };
    printFigures(measured.name, figures, targets, measured.note);
  }
  const results = { at: new Date().toISOString(), machine, effort, functions };
  await writeFile(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(`\n${allReached ? 'Every target is reached.' : 'Not every target is reached.'} Written to ${RESULTS}.`);
} finally {
  closeSync(log);
  await rm(directory, { recursive: true });
}
