import { randomUUID } from 'node:crypto';
import type { Outcome } from '../../lib/log/outcome.ts';
import { TOKEN_SECONDS } from './conditions.ts';
import { type Answer, createProcess, type SimulatedProcess, wait } from './process.ts';
import { createRandom } from './random.ts';
import { createStoreWire, type StoreWire } from './store-wire.ts';
import { createVendor, type FleetVendor } from './vendor.ts';
import { createVirtualTime } from './virtual-time.ts';

const STARTS_AT = Date.UTC(2026, 0, 1);
const WARM_UP_MS = 10_000;

export interface FleetOptions {
  readonly size: number;
  readonly withStore: boolean;
  /** Where DynamoDB is. */
  readonly storeUrl: string;
}

/** Many processes in one, on a virtual clock that begins at 0 here. */
export interface Fleet {
  readonly processes: readonly SimulatedProcess[];
  readonly vendor: FleetVendor;
  readonly wire: StoreWire;
  /** `at` as milliseconds since the beginning. */
  readonly answers: readonly Answer[];
  /** How many invocations noted a reason, with `secret:` before those of the secret. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Milliseconds since the beginning. */
  now(): number;
  until(milliseconds: number): Promise<void>;
  /** All at once, once each. */
  callAll(): Promise<void>;
  /** Once each, at random within the first seconds: then all hold a token. */
  warmUp(): Promise<void>;
  /** Forgets what came until now: figures are of what comes from now on. */
  watch(): void;
  /** Calls of every process, one after the other, with random gaps until then. */
  callSteadily(until: number, gap: { readonly from: number; readonly until: number }): Promise<void>;
  /** Stores a new secret, with a key that the vendor takes; the vendor takes the old one as well. Gives both keys. */
  rotate(): { oldKey: string; newKey: string };
}

/** Runs a story with a fleet of its own: new processes, a new vendor, a secret that no other fleet has. */
export async function runFleet(options: FleetOptions, story: (fleet: Fleet) => Promise<void>): Promise<Fleet> {
  const time = createVirtualTime(STARTS_AT);
  const vendor = createVendor(time.now);
  const wire = createStoreWire(options.storeUrl, time);
  const answers: Answer[] = [];
  const reasons = new Map<string, number>();
  let appSecret = newKey();

  function newKey(): string {
    const key = randomUUID();
    vendor.accept(key);
    return key;
  }

  function report({ secretReasons = [], credentialReasons = [] }: Outcome): void {
    for (const reason of [...secretReasons.map((reason) => `secret:${reason}`), ...credentialReasons]) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }

  const readSecret = () =>
    JSON.stringify({ baseUrl: 'https://vendor.invalid', appKey: 'fleet', appSecret, tokenTtlSeconds: TOKEN_SECONDS });
  const surroundings = { ...options, time, vendor, wire, readSecret, report };
  const processes = Array.from({ length: options.size }, (_, index) => createProcess(index, surroundings));
  const now = () => time.now() - STARTS_AT;

  async function call(process: SimulatedProcess): Promise<boolean> {
    const answer = await process.call();
    if (answer) answers.push({ ...answer, at: answer.at - STARTS_AT });
    return answer !== undefined;
  }

  const fleet: Fleet = {
    processes,
    vendor,
    wire,
    answers,
    reasons,
    now,
    until: (milliseconds) => wait(time, milliseconds - now()),
    callAll: async () => {
      await Promise.all(processes.map(call));
    },
    warmUp: async () => {
      await Promise.all(
        processes.map(async (process, index) => {
          await wait(time, WARM_UP_MS * createRandom(-1 - index)());
          await call(process);
        }),
      );
    },
    watch: () => {
      answers.length = 0;
      reasons.clear();
      vendor.tokenRequests.length = 0;
      wire.forget();
    },
    callSteadily: async (until, gap) => {
      const work = processes.map(async (process, index) => {
        const random = createRandom(-1 - index);
        await wait(time, gap.until * random());
        while (now() < until && (await call(process))) {
          await wait(time, gap.from + (gap.until - gap.from) * random());
        }
      });
      await Promise.all(work);
    },
    rotate: () => {
      const oldKey = appSecret;
      appSecret = newKey();
      return { oldKey, newKey: appSecret };
    },
  };
  try {
    await time.run(story(fleet));
    return fleet;
  } finally {
    await wire.close();
  }
}
