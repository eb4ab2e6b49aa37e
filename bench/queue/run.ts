import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildCase, PLAIN } from '../build.ts';
import { type Case, cases } from '../cases.ts';
import { printTable } from '../print.ts';
import { startQueueProcess, startWorld } from '../processes.ts';
import { median } from '../statistics.ts';

/*
 * Records a second of one process through batches of a queue, against a floor that sends the same requests at the same
 * concurrency and puts the same results on the same bus. The vendor takes 50 ms. `--quick` measures little.
 */

const VENDOR_MS = 50;
/** As the vendors' own files have it. */
const SIDE_BY_SIDE = 10;
const BATCH_SIZES = [10, 100];
const BUILDS = ['floor', 'ours'] as const;
const LEAST_RATIO = 0.9;
/**
 * Passwords are not answered from a queue, and the agent gateway lets five requests an agent through in two seconds, which
 * is what would be measured.
 */
const MEASURED = ['getUserInfoByCallId', 'findOnlineAgent', 'batchGetConversationParticipant'];

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const effort = values.quick ? { rounds: 3, messages: 200 } : { rounds: 9, messages: 300 };

process.chdir(join(import.meta.dirname, '../..'));
const directory = await mkdtemp(join(tmpdir(), 'contact-lookups-bench-'));
const log = openSync(join(directory, 'handlers.log'), 'w');
const probe = join(directory, 'probe.js');
let allReached = true;

try {
  await build({ ...PLAIN, entryPoints: ['bench/queue/probe.ts'], outfile: probe });
  console.log(
    `Node.js ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(2)}. ` +
      `The vendor takes ${VENDOR_MS} ms; ${SIDE_BY_SIDE} lookups at a time; medians of ${effort.rounds} rounds of ` +
      `${effort.messages} messages; the builds take turns.\n`,
  );
  const rows: string[][] = [];
  for (const measured of cases.filter(({ name }) => MEASURED.includes(name)))
    rows.push(...(await measureCase(measured)));
  printTable([
    ['function, batch size', 'floor, records/s', 'ours, records/s', 'ours / floor', 'at least', ''],
    ...rows,
  ]);
  console.log(`\n${allReached ? 'Every target is reached.' : 'Not every target is reached.'}`);
} finally {
  closeSync(log);
  await rm(directory, { recursive: true });
}

async function measureCase(measured: Case): Promise<string[][]> {
  const bundles = await buildCase(measured, directory);
  const world = await startWorld(measured.name, { vendorMs: VENDOR_MS });
  const processes = BUILDS.map((name) => {
    const task = { build: name, bundle: bundles[name].file, call: measured.first, maxConcurrency: SIDE_BY_SIDE };
    return startQueueProcess(probe, task, world, log);
  });
  try {
    const rows: string[][] = [];
    for (const batchSize of BATCH_SIZES) {
      const rates = await measureRates(processes, batchSize);
      const [floor = Number.NaN, ours = Number.NaN] = rates.map(median);
      const reached = ours / floor >= LEAST_RATIO;
      allReached &&= reached;
      rows.push([
        `${measured.name}, ${batchSize}`,
        floor.toFixed(1),
        ours.toFixed(1),
        (ours / floor).toFixed(2),
        String(LEAST_RATIO),
        reached ? 'reached' : '**not reached**',
      ]);
    }
    return rows;
  } finally {
    for (const each of processes) each.close();
    world.close();
  }
}

/** Records a second of each build, a figure a round. */
async function measureRates(processes: readonly ReturnType<typeof startQueueProcess>[], batchSize: number) {
  const rates = processes.map((): number[] => []);
  // The first connects, reads the secret and mints.
  for (const each of processes) await each.run({ batches: 1, batchSize });
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const turn of processes.keys()) {
      const index = (round + turn) % processes.length;
      const batches = effort.messages / batchSize;
      const report = await processes[index]?.run({ batches, batchSize });
      rates[index]?.push((effort.messages * 1000) / (report?.milliseconds ?? Number.NaN));
    }
  }
  return rates;
}
