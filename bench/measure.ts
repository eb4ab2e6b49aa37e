import { isDeepStrictEqual } from 'node:util';
import { BUILDS, type Build, type Bundle, type Probes } from './build.ts';
import type { CallDescription, Case } from './cases.ts';
import type { ColdSample } from './probe/cold.ts';
import { runCold, startWarm, startWorld, type World } from './processes.ts';
import { median, quantile } from './statistics.ts';
import type { Calls } from './world.ts';

/** How much is measured. */
export interface Effort {
  readonly freshProcesses: number;
  readonly warmRounds: number;
  /** Whether ours has the shared store, as a stage has by default. */
  readonly store?: boolean;
}

export const FULL: Effort = { freshProcesses: 21, warmRounds: 120 };
export const QUICK: Effort = { freshProcesses: 5, warmRounds: 10 };

const CALLS_A_ROUND = 50;
const CALLS_BEFORE_HEAP = 1_000;

/** The figures of one build of one function. */
export interface Figures {
  readonly bundleBytes: number;
  readonly loadMs: number;
  /** The first call of the handler. */
  readonly firstCallMs: number;
  /** From the start of the process: Node.js, load and first call. */
  readonly firstAnswerMs: number;
  readonly warmP50Ms: number;
  readonly warmP99Ms: number;
  readonly heapBytes: number;
  /** What warm answers called besides one lookup each, all of them together. */
  readonly otherCalls: number;
}

export type CaseFigures = Record<Build, Figures>;

/** One function while it is measured: its three bundles, and the world that they call. */
interface Bench {
  readonly world: World;
  readonly probes: Probes;
  readonly bundles: Record<Build, Bundle>;
  /** The open file that handlers print to. */
  readonly log: number;
}

export async function measureCase(
  measured: Case,
  tools: Omit<Bench, 'world'>,
  { freshProcesses, warmRounds, store = false }: Effort,
): Promise<CaseFigures> {
  const world = await startWorld(measured.name, { store });
  const bench = { ...tools, world };
  try {
    await proveEqual(bench, measured);
    const cold = await measureCold(bench, measured.first, freshProcesses);
    const warm = await measureWarm(bench, measured.warm ?? measured.first, warmRounds);
    return forEachBuild((build) => ({
      bundleBytes: bench.bundles[build].bytes,
      loadMs: median(cold[build].map(({ loadMs }) => loadMs)),
      firstCallMs: median(cold[build].map(({ callMs }) => callMs)),
      firstAnswerMs: median(cold[build].map(({ firstAnswerMs }) => firstAnswerMs)),
      ...warm[build],
    }));
  } finally {
    world.close();
  }
}

/** Each build asks the vendor's simulator, which checks what is sent; all must call and answer alike. */
async function proveEqual(bench: Bench, { name, first }: Case): Promise<void> {
  const seen: { data: unknown; calls: Calls }[] = [];
  for (const build of BUILDS) {
    await bench.world.count('forget');
    const { status, body = '' } = await runOnce(bench, build, first);
    if (status !== 200) throw new Error(`${name}: ${build} answers ${status}: ${body}`);
    seen.push({ data: JSON.parse(body).data, calls: await bench.world.count() });
    if (!isDeepStrictEqual(seen[0], seen.at(-1))) {
      throw new Error(`${name}: ${build} is not like the floor: ${JSON.stringify([seen[0], seen.at(-1)])}`);
    }
  }
}

function runOnce({ bundles, probes, world, log }: Bench, build: Build, call: CallDescription): Promise<ColdSample> {
  return runCold(probes.cold, { bundle: bundles[build].file, call }, world, log);
}

async function measureCold(
  bench: Bench,
  call: CallDescription,
  processes: number,
): Promise<Record<Build, ColdSample[]>> {
  const samples = forEachBuild((): ColdSample[] => []);
  for (let round = 0; round < processes; round += 1) {
    for (const build of turns(round)) samples[build].push(await runOnce(bench, build, call));
  }
  return samples;
}

async function measureWarm(
  { bundles, probes, world, log }: Bench,
  call: CallDescription,
  rounds: number,
): Promise<Record<Build, Pick<Figures, 'warmP50Ms' | 'warmP99Ms' | 'heapBytes' | 'otherCalls'>>> {
  const processes = forEachBuild((build) => startWarm(probes.warm, { bundle: bundles[build].file, call }, world, log));
  try {
    const heapBytes = forEachBuild(() => 0);
    const durations = forEachBuild((): number[] => []);
    const otherCalls = forEachBuild(() => 0);
    for (const build of BUILDS) {
      const report = await processes[build].run({ calls: CALLS_BEFORE_HEAP, heap: true });
      heapBytes[build] = report.heapBytes ?? Number.NaN;
    }
    await world.count();
    for (let round = 0; round < rounds; round += 1) {
      for (const build of turns(round)) {
        const report = await processes[build].run({ calls: CALLS_A_ROUND });
        durations[build].push(...report.durations);
        const { lookups, otherVendorCalls, secrets } = await world.count();
        otherCalls[build] += Math.abs(lookups - CALLS_A_ROUND) + otherVendorCalls + secrets;
      }
    }
    return forEachBuild((build) => ({
      warmP50Ms: quantile(durations[build], 0.5),
      warmP99Ms: quantile(durations[build], 0.99),
      heapBytes: heapBytes[build],
      otherCalls: otherCalls[build],
    }));
  } finally {
    for (const build of BUILDS) processes[build].close();
  }
}

/** The builds take turns, in another order each time, so that whatever else the machine does meets all of them. */
function turns(round: number): Build[] {
  const start = round % BUILDS.length;
  return [...BUILDS.slice(start), ...BUILDS.slice(0, start)];
}

function forEachBuild<Value>(create: (build: Build) => Value): Record<Build, Value> {
  return { floor: create('floor'), ours: create('ours'), naive: create('naive') };
}
