import { onTestFinished } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { createSecretsManagerReader } from '../../../lib/credentials/secrets-manager.ts';
import { createDynamoStore } from '../../../lib/credentials/shared/dynamodb.ts';
import { createTransport, type Transport } from '../../../lib/http/transport.ts';
import type { Keeping, KeepingCounts } from '../../../lib/log/keeping.ts';
import type { Clock } from '../../../lib/time/clock.ts';
import { createKeeperHandler } from '../../../lib/vendors/huawei-agent-gateway/keeper/handler.ts';
import {
  type AgentGatewaySimulation,
  demoAgents,
  huaweiAgentGateway,
} from '../../../local/simulators/huawei-agent-gateway.ts';
import { createTestClock, NO_TIMERS } from '../../support/clock.ts';
import { startDynamo } from '../../support/dynamodb.ts';
import { countAlarms, createTurning, seededRandom } from '../../support/turning.ts';
import { PATIENT, startWorld } from '../../support/world.ts';

const FUNCTION_TIMEOUT_MS = 90_000;
const STEP_MS = 250;
const MINUTE_MS = 60_000;

/** One process of the keeper, with memory of its own. */
export interface KeeperProcess {
  /** Starts a run, and ends as it does. */
  run(): Promise<void>;
  isRunning(): boolean;
  /** From now on it neither hears nor does anything, as a process that is frozen, or killed. */
  freeze(): void;
  thaw(): void;
}

interface Options {
  readonly agents?: readonly { agentid: string; password: string; phonenum: string }[];
  readonly secret?: object;
  readonly authMode?: 1 | 2;
  readonly accounts?: readonly string[];
  /** Chance as keepers have it. Where they draw side by side, nothing must depend on who draws first. */
  readonly keeperRandom?: () => number;
  readonly report?: (keeping: Keeping) => void;
}

/**
 * A gateway, a DynamoDB, a Secrets Manager, lookups and keepers on one turned clock. It is turned while nothing is under
 * way but polls that wait for it, so that however slow the machine is, the times are the same.
 */
export async function startKeepers({
  agents = demoAgents,
  secret = {},
  authMode = 2,
  accounts = ['default'],
  keeperRandom = () => 0.5,
  report,
}: Options = {}) {
  await Promise.all([import('@aws-sdk/client-dynamodb'), import('@aws-sdk/client-secrets-manager')]);
  const clock = createTestClock({ skipWaitsMs: 0 });
  const random = seededRandom();
  const dynamo = await startDynamo();
  const createStore = (transport: Transport) =>
    createDynamoStore({
      table: dynamo.table,
      transport,
      clock: PATIENT,
    });

  let simulation: AgentGatewaySimulation | undefined;
  const gatewayClock = countAlarms(clock);
  const { settle, counted } = createTurning(clock, gatewayClock.pending);
  const world = await startWorld({
    lookup,
    clock,
    random,
    // Every process of a lookup has one: what it asks of anybody is under way, too.
    store: (transport) => createStore(Object.assign(transport, { send: counted(transport.send) })),
    simulation: () => {
      simulation = huaweiAgentGateway(gatewayClock, { agents: demoAgents, authMode });
      return simulation;
    },
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents, ...secret }),
  });

  const processes: KeeperProcess[] = [];
  const keepings: Keeping[] = [];
  let runs = 0;

  const startProcess = (): KeeperProcess => {
    const real = createTransport(clock, NO_TIMERS);
    onTestFinished(() => real.close());
    const frost = createFrost();
    const transport = { send: frost.whileThawed(counted(real.send)), close: real.close };
    const handler = createKeeperHandler({
      clock: frost.clock(clock),
      random: keeperRandom,
      transport,
      readSecret: counted(createSecretsManagerReader(transport, PATIENT)),
      store: createStore(transport),
      report: (keeping) => {
        keepings.push(keeping);
        report?.(keeping);
      },
      secretPrefix: 'contact-lookups/test',
      accounts,
    });
    let running = false;
    const process: KeeperProcess = {
      run: async () => {
        running = true;
        runs += 1;
        const endsAt = clock.now() + FUNCTION_TIMEOUT_MS;
        const context = { awsRequestId: `run-${runs}`, getRemainingTimeInMillis: () => endsAt - clock.now() };
        try {
          await handler({}, context);
        } finally {
          running = false;
        }
      },
      isRunning: () => running,
      freeze: frost.freeze,
      thaw: frost.thaw,
    };
    processes.push(process);
    return process;
  };

  /** As the schedule does: in a process that is free, or else in another. What it throws is thrown to no one. */
  const startRun = (): KeeperProcess => {
    const process = processes.find((each) => !each.isRunning()) ?? startProcess();
    process.run().catch(() => undefined);
    return process;
  };

  let nextRunAt = Number.POSITIVE_INFINITY;
  const turn = async (milliseconds: number) => {
    const endsAt = clock.now() + milliseconds;
    for (;;) {
      if (clock.now() >= nextRunAt) {
        startRun();
        nextRunAt += MINUTE_MS;
      }
      await settle();
      if (clock.now() >= endsAt) return;
      clock.advance(Math.min(STEP_MS, endsAt - clock.now(), Math.max(1, nextRunAt - clock.now())));
    }
  };

  /** Turns the clock until the work is done, which waits for it. */
  const turnUntil = async <Result>(work: Promise<Result>): Promise<Result> => {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    while (!done) await turn(STEP_MS);
    return work;
  };

  const requests = (method: string, part: string) =>
    world.vendor.requests.filter((each) => each.method === method && each.path.includes(part));

  return {
    clock,
    world,
    dynamo,
    startProcess,
    startRun,
    /** From now on a run is started every minute while the clock is turned. */
    startSchedule: () => {
      nextRunAt = clock.now();
    },
    turn,
    turnUntil,
    /** Turns the clock by so many minutes, and has something done some time in each. */
    turnMinutes: async (minutes: number, between: (minute: number) => Promise<void>) => {
      for (let minute = 0; minute < minutes; minute += 1) {
        const part = Math.round(random() * MINUTE_MS);
        await turn(part);
        await between(minute);
        await turn(MINUTE_MS - part);
      }
    },
    /** Those that run now are frozen for ever. */
    killRunning: () => {
      for (const process of processes.filter((each) => each.isRunning())) process.freeze();
    },
    /** A lookup in another process, and what it had to do for its session. */
    lookUp: async (process = world.coldStart(), workno = 20011) => {
      const { status, body } = await process.call({ workno });
      return { status, ...(body.code && { code: body.code }), reasons: process.outcomes.at(-1)?.credentialReasons };
    },
    agent: (agentid: string) => simulation?.state()[agentid],
    signIns: () => requests('PUT', '/onlineagent/'),
    signOuts: () => requests('DELETE', '/logout'),
    queries: () => requests('GET', '/agentbyworkno/'),
    polls: (agentid = '') => requests('GET', `/agentevent/${agentid}`),
    /** Between the polls of an agent, in milliseconds. */
    gaps: (agentid: string) => {
      const polls = requests('GET', `/agentevent/${agentid}`).map(({ at }) => at);
      const gaps = polls.slice(1).map((at, index) => at - (polls[index] ?? at));
      return { shortest: Math.min(...gaps), longest: Math.max(...gaps) };
    },
    /** What runs have reported, in the order of their ends. */
    keepings,
    /** How often something happened in all these runs. */
    sum: (count: keyof KeepingCounts) => keepings.reduce((sum, keeping) => sum + keeping[count], 0),
  };
}

/** What stops a process: while it lasts no alarm rings for it, no answer reaches it, and nothing leaves it. */
function createFrost() {
  let thawed: PromiseWithResolvers<void> | undefined;
  return {
    freeze: () => {
      thawed ??= Promise.withResolvers();
    },
    thaw: () => {
      thawed?.resolve();
      thawed = undefined;
    },
    whileThawed:
      (send: Transport['send']): Transport['send'] =>
      async (...request) => {
        await thawed?.promise;
        const answer = send(...request);
        await answer.catch(() => undefined);
        await thawed?.promise;
        return answer;
      },
    clock: (clock: Clock): Clock => ({
      now: clock.now,
      monotonic: clock.monotonic,
      alarm: (milliseconds, ring) => {
        let stopped = false;
        const ringOnce = () => !stopped && ring();
        const stop = clock.alarm(milliseconds, () => (thawed ? void thawed.promise.then(ringOnce) : ringOnce()));
        return () => {
          stopped = true;
          stop();
        };
      },
    }),
  };
}
