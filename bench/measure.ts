import { isDeepStrictEqual } from 'node:util';
import { BUILDS, type Build, type Bundle, type Probes } from './build.ts';
import type { Case } from './cases.ts';
import type { ColdSample } from './probe/cold.ts';
import { runCold, startWarm, startWorld, type World } from './processes.ts';
import { median, quantile } from './statistics.ts';
import type { Calls } from './world.ts';

/** How much is measured. */
export interface Effort {
  readonly freshProcesses: number;
  readonly warmRounds: number;
}

export const FULL: Effort = { freshProcesses: 21, warmRounds: 60 };
export const QUICK: Effort = { freshProcesses: 5, warmRounds: 10 };

const CALLS_A_ROUND = 50;
const CALLS_BEFORE_HEAP = 1_000;

/** The figures of one build of one function; times in milliseconds. */
export interface Figures {
  readonly bundleBytes: number;
  readonly load: number;
  readonly firstCall: number;
  readonly firstAnswer: number;
  readonly warmP50: number;
  readonly warmP99: number;
  readonly heapBytes: number;
  /** What a warm answer calls besides the lookup itself, over all warm calls. */
  readonly otherCalls: number;
}

export type CaseFigures = Record<Build, Figures>;

/** Everything of one function: what of it is the same for all builds runs in another process. */
export async function measureCase(
  measured: Case,
  bundles: Record<Build, Bundle>,
  probes: Probes,
  { freshProcesses, warmRounds }: Effort,
  logFile: string,
): Promise<CaseFigures> {
  const world = await startWorld(measured.name);
  try {
    await proveEqual(measured, bundles, probes, world, logFile);
    const cold = await measureCold(measured, bundles, probes, world, freshProcesses, logFile);
    const warm = await measureWarm(measured, bundles, probes, world, warmRounds, logFile);
    return forEachBuild((build) => ({
      bundleBytes: bundles[build].bytes,
      load: median(cold[build].map(({ load }) => load)),
      firstCall: median(cold[build].map(({ call }) => call)),
      firstAnswer: median(cold[build].map(({ first }) => first)),
      ...warm[build],
    }));
  } finally {
    world.close();
  }
}

/** Each build asks the vendor's simulator, which checks what it sends; all must give the same `data`. */
async function proveEqual(
  { first, name }: Case,
  bundles: Record<Build, Bundle>,
  probes: Probes,
  world: World,
  logFile: string,
): Promise<void> {
  const answers = [];
  for (const build of BUILDS) {
    await world.count('forget');
    const sample = await runCold(probes.cold, { bundle: bundles[build].file, call: first }, world, logFile);
    const body = JSON.parse(sample.body ?? '');
    if (sample.status !== 200) throw new Error(`${name}: ${build} answers ${sample.status}: ${sample.body}`);
    const { lookups, otherVendorCalls, secrets } = await world.count();
    answers.push({ data: body.data, calls: { lookups, otherVendorCalls, secrets } });
    if (!isDeepStrictEqual(answers[0], answers.at(-1))) {
      throw new Error(`${name}: ${build} answers or calls otherwise: ${JSON.stringify([answers[0], answers.at(-1)])}`);
    }
  }
}

/** The builds take turns, so that whatever else the machine does meets all of them. */
async function measureCold(
  { first }: Case,
  bundles: Record<Build, Bundle>,
  probes: Probes,
  world: World,
  processes: number,
  logFile: string,
): Promise<Record<Build, ColdSample[]>> {
  const samples = forEachBuild((): ColdSample[] => []);
  for (let round = 0; round < processes; round += 1) {
    for (const build of turns(round)) {
      const sample = await runCold(probes.cold, { bundle: bundles[build].file, call: first }, world, logFile);
      samples[build].push(sample);
    }
  }
  return samples;
}

async function measureWarm(
  measured: Case,
  bundles: Record<Build, Bundle>,
  probes: Probes,
  world: World,
  rounds: number,
  logFile: string,
): Promise<Record<Build, Pick<Figures, 'warmP50' | 'warmP99' | 'heapBytes' | 'otherCalls'>>> {
  const call = measured.warm ?? measured.first;
  const processes = forEachBuild((build) =>
    startWarm(probes.warm, { bundle: bundles[build].file, call }, world, logFile),
  );
  try {
    const heap = forEachBuild(() => 0);
    const durations = forEachBuild((): number[] => []);
    const otherCalls = forEachBuild(() => 0);
    for (const build of BUILDS) {
      const { heapBytes = 0 } = await processes[build].run({ calls: CALLS_BEFORE_HEAP, heap: true });
      heap[build] = heapBytes;
    }
    await world.count();
    for (let round = 0; round < rounds; round += 1) {
      for (const build of turns(round)) {
        const report = await processes[build].run({ calls: CALLS_A_ROUND });
        durations[build].push(...report.durations);
        otherCalls[build] += countOthers(await world.count());
      }
    }
    return forEachBuild((build) => ({
      warmP50: quantile(durations[build], 0.5),
      warmP99: quantile(durations[build], 0.99),
      heapBytes: heap[build],
      otherCalls: otherCalls[build],
    }));
  } finally {
    for (const build of BUILDS) processes[build].close();
  }
}

function countOthers({ lookups, otherVendorCalls, secrets }: Calls): number {
  return Math.abs(lookups - CALLS_A_ROUND) + otherVendorCalls + secrets;
}

function turns(round: number): Build[] {
  const start = round % BUILDS.length;
  return [...BUILDS.slice(start), ...BUILDS.slice(0, start)];
}

function forEachBuild<Value>(create: (build: Build) => Value): Record<Build, Value> {
  return { floor: create('floor'), ours: create('ours'), naive: create('naive') };
}
