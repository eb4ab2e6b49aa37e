import { createSecretStore } from '../../../credentials/secret-store.ts';
import type { Keeping, KeepingOutcome } from '../../../log/keeping.ts';
import { Problem } from '../../../problem.ts';
import { sleep } from '../../../time/clock.ts';
import { startDeadline } from '../../../time/deadline.ts';
import { ageMs } from '../../../time/moment.ts';
import { NAME } from '../answer.ts';
import { type GatewaySecret, gatewaySecret } from '../secret.ts';
import { carryOverEarly, changeSecret } from './change-secret.ts';
import { describeKeeping } from './describe-keeping.ts';
import { keepAgent, TURN_MS } from './keep-agent.ts';
import { takeKeeperLease } from './keeper-lease.ts';
import { type KeptAccount, type KeptAgent, openAccount } from './kept-account.ts';
import { type KeeperTools, type Run, startCounts, within } from './run.ts';
import type { KeeperServices } from './services.ts';

/** What is kept for writing the log before Lambda ends the function. */
const MARGIN_MS = 300;
/** What is left when the last turn has ended: for reading the secret, and for what its change asks for. */
const CLOSING_MS = 8_000;
/** Two attempts of 2 s each, as the reader has them. */
const SECRET_MS = 4_500;
/**
 * How often a run looks whether the secret has changed. Lookups that have the new one wait for its sessions to be
 * carried over, up to LONGEST_WAIT_MS of fleet-sessions.ts: it is found before that.
 */
const SECRET_LOOK_MS = 4_000;
/**
 * How long an account that has nothing to keep is left alone: a minute longer after each look, up to this. The function is
 * deployed whether or not there are managed sessions, and must cost next to nothing where there are none.
 */
const LONGEST_IDLE_MS = 5 * 60_000;
const IDLE_STEP_MS = 60_000;

/** Agents that are being polled. */
interface Polling {
  /** Once the turns that are under way have ended. */
  readonly ended: Promise<unknown>;
  stop(): void;
}

/**
 * One run for one account. It never throws: the keeping says how it ended. Undefined where the account had nothing to keep a
 * short while ago, and was left alone.
 */
export type KeepAccount = (requestId: string, remainingMs: number) => Promise<Keeping | undefined>;

/** Keeps the sessions of one account, run by run, for as long as the process lives. */
export function createAccountKeeper(account: string, services: KeeperServices, tools: KeeperTools): KeepAccount {
  const { clock } = tools;
  const secretName = `${services.secretPrefix}/${NAME}/${account}`;
  /** As the last run left it. It opens what an old secret has sealed, and has the Guids that the store did not take. */
  let known: KeptAccount | undefined;
  /** Looks in a row that found nothing to keep, and when the next one is due, on the monotonic clock. */
  const idle = { looks: 0, until: Number.NEGATIVE_INFINITY };

  /** The account as its secret has it now; undefined where there is nothing to keep. */
  const readAccount = async (run: Run): Promise<KeptAccount | undefined> => {
    // Each time a store of its own: one that lives on would give what it remembers.
    const secrets = createSecretStore<GatewaySecret>(gatewaySecret, services);
    try {
      const held = await within(SECRET_MS, run, (time) => secrets.get(secretName, time, () => undefined));
      run.secretFailure = undefined;
      if (held.fingerprint !== known?.secret.fingerprint) return openAccount(account, held);
      return { ...known, secret: { ...held, value: known.secret.value } };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (known && ageMs(known.secret.obtainedAt, clock) < known.secret.usableMs) {
        run.secretFailure = error;
        return known;
      }
      if (error.code === 'unknown-account') return undefined;
      throw error;
    }
  };

  /** Whether the secret has nothing to keep. Without the lease: it is taken where there are sessions to work on. */
  const hasNothing = async (run: Run): Promise<boolean> => {
    const isIdle = !known && !(await readAccount(run));
    idle.looks = isIdle ? idle.looks + 1 : 0;
    idle.until = clock.monotonic() + Math.min(LONGEST_IDLE_MS, (idle.looks - 1) * IDLE_STEP_MS);
    return isIdle;
  };

  /** @returns whether it has changed; then no agent is polled any more */
  const followSecret = async (run: Run, polling?: Polling): Promise<boolean> => {
    const next = await readAccount(run);
    const hasChanged = known !== undefined && known.secret.fingerprint !== next?.secret.fingerprint;
    if (known && hasChanged) {
      if (polling) {
        polling.stop();
        await carryOverEarly(known, next, run);
        await polling.ended;
        run.signal.throwIfAborted();
      }
      await changeSecret(known, next, run);
    }
    known = next;
    return hasChanged;
  };

  /** Polls the agents until the run closes, or the secret has changed. */
  const pollAgents = async (agents: readonly KeptAgent[], run: Run): Promise<void> => {
    const stop = new AbortController();
    const over = new AbortController();
    const polls = agents.map((kept) => keepAgent(kept, run, stop.signal));
    const polling = { ended: Promise.all(polls).then(() => over.abort()), stop: () => stop.abort() };
    const isOver = () =>
      sleep(clock, SECRET_LOOK_MS, over.signal).then(
        () => false,
        () => true,
      );
    try {
      while (!(await isOver())) if (await followSecret(run, polling)) return;
    } finally {
      polling.stop();
      await polling.ended;
    }
  };

  const keep = async (run: Run): Promise<void> => {
    // What others have written since counts, but for what the store did not take from here.
    for (const kept of known?.agents ?? []) if (!kept.unwritten) kept.session = undefined;
    await followSecret(run);
    while (known && clock.monotonic() < run.closesAt) {
      await pollAgents(known.agents, run);
      run.signal.throwIfAborted();
    }
    if (known) await followSecret(run);
  };

  const keepUnderLease = async (run: Run, lost: AbortController): Promise<KeepingOutcome> => {
    if (await hasNothing(run)) return 'nothing-to-keep';
    const lease = await takeKeeperLease(account, run, lost);
    if (!lease) return 'waited';
    try {
      await keep(run);
      return known ? 'kept' : 'nothing-to-keep';
    } catch (error) {
      if (lost.signal.aborted) return 'lease-lost';
      throw error;
    } finally {
      await lease.release();
    }
  };

  return async (requestId, remainingMs) => {
    if (clock.monotonic() < idle.until) return undefined;
    const startedAt = clock.monotonic();
    const time = startDeadline(clock, remainingMs - MARGIN_MS);
    const lost = new AbortController();
    const run: Run = {
      tools,
      signal: AbortSignal.any([time.signal, lost.signal]),
      closesAt: startedAt + remainingMs - MARGIN_MS - CLOSING_MS - TURN_MS,
      counts: startCounts(),
      failures: new Map(),
      secretFailure: undefined,
    };
    const describe = (outcome: KeepingOutcome, error?: unknown) =>
      describeKeeping({ account, requestId, startedAt, outcome, error, agents: known?.agents ?? [] }, run);
    try {
      return describe(await keepUnderLease(run, lost));
    } catch (error) {
      return describe('failed', error);
    } finally {
      time.end();
    }
  };
}
