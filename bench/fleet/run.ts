import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { functionEnvironment } from '../environment.ts';
import { FULL, QUICK } from './conditions.ts';
import { runFleet } from './fleet.ts';
import { printConditions, printResult, printSummary } from './print.ts';
import { startWorld } from './processes.ts';
import { real } from './real.ts';
import type { Result, Run } from './result.ts';
import { cold } from './scenarios/cold.ts';
import { leaseHolder } from './scenarios/lease-holder.ts';
import { renewal } from './scenarios/renewal.ts';
import { rotation } from './scenarios/rotation.ts';
import { store } from './scenarios/store.ts';
import { coldOutage, outage } from './scenarios/token-endpoint.ts';

/*
 * Shows credentials at the size of a fleet: what is minted, what fails and how long it takes when processes start at
 * once, and when the vendor, the store, a process or the secret fails them. `--only <name>` runs one scenario, `--quick`
 * a small fleet, `--reasons` also prints why processes did what they did. Measurements are no tests: the exit code is 0.
 */

const SCENARIOS: Readonly<Record<string, (run: Run) => Promise<Result>>> = {
  cold,
  renewal,
  'outage-failing': outage('failing'),
  'outage-silent': outage('silent'),
  'cold-outage-failing': coldOutage('failing'),
  'cold-outage-silent': coldOutage('silent'),
  'lease-holder': leaseHolder,
  store,
  rotation,
};

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    reasons: { type: 'boolean', default: false },
  },
});
const names = ['real', ...Object.keys(SCENARIOS)];
const chosen = names.filter((name) => values.only === undefined || name === values.only);
if (chosen.length === 0) throw new Error(`no scenario ${values.only}: ${names.join(', ')}`);

process.chdir(join(import.meta.dirname, '..', '..'));
const size = values.quick ? QUICK : FULL;
const startedAt = performance.now();
const results: Result[] = [];

function show(result: Result): void {
  results.push(result);
  printResult(result);
}

async function measureReal(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'contact-lookups-fleet-'));
  try {
    show(await real(size.real, directory));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function measureSimulated(scenarios: readonly string[]): Promise<void> {
  const world = await startWorld();
  // The SDK's clients look there, as on Lambda.
  Object.assign(process.env, functionEnvironment(world), {
    AWS_ENDPOINT_URL_DYNAMODB: world.dynamoUrl,
  });
  const run: Run = async (withStore, story) => {
    const fleet = await runFleet({ size: size.simulated, withStore, storeUrl: world.dynamoUrl }, story);
    if (values.reasons)
      console.log(`\n${[...fleet.reasons].map(([reason, times]) => `${reason} ${times}`).join(', ')}`);
    return fleet;
  };
  try {
    for (const name of scenarios) {
      const result = await SCENARIOS[name]?.(run);
      if (result) show(result);
    }
  } finally {
    world.close();
  }
}

console.log(
  `Node.js ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, load ${loadavg()[0]?.toFixed(2)}.\n`,
);
printConditions(size);
if (chosen.includes('real')) await measureReal();
const simulated = chosen.filter((name) => name !== 'real');
if (simulated.length > 0) await measureSimulated(simulated);
printSummary(results);
console.log(`\nIt took ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
