import { RetryLater } from '../../../credentials/credential-cache.ts';
import { StoreUnavailable } from '../../../credentials/shared/store.ts';
import { Problem, toProblem } from '../../../problem.ts';
import { sleep } from '../../../time/clock.ts';
import { thisMoment } from '../../../time/moment.ts';
import { isSessionGone } from '../answer.ts';
import type { KeptSession } from '../kept-session.ts';
import { type Polled, pollEvents } from '../poll.ts';
import { liveUntil, newerSession, readSettled, writeOver } from './agent-item.ts';
import { addressOf, type KeptAgent } from './kept-account.ts';
import { retireAgent } from './retire-agent.ts';
import { type Run, within } from './run.ts';

/**
 * What a poll or a sign-in may take. The gateway answers a poll after 10 s where there is no event, and one that met a
 * closed connection is sent again at once: there is time for both, so that no answer is cut off.
 */
export const TURN_MS = 22_000;
/**
 * Before the first turn of a run, at most. Agents that go in step have their Guids renewed at one moment, and all of them
 * lose theirs where that moment's answers are lost.
 */
const SPREAD_MS = 10_000;
/** Between an answer and the next poll: https://support.huaweicloud.com/api-ccfs-cec/cec_07_1274.html */
const PAUSE_MS = 200;
const PAUSE_SPREAD_MS = 300;
/** After a failure, doubled with each in a row, at most; at least half of it. */
const FIRST_BACKOFF_MS = 1_000;
const LAST_BACKOFF_MS = 5_000;
/** The event that an agent has been signed out: https://support.huaweicloud.com/intl/en-us/devg-ccgw-cec/cec_05_4026.html */
const SHUTDOWN = 'AgentOther_ShutdownService';

/**
 * Keeps one agent signed in, and its session in the store, until the run closes or is aborted. It never throws.
 * @param stop aborted to end it after the turn that is under way, which is not cut off
 */
export async function keepAgent(kept: KeptAgent, run: Run, stop: AbortSignal): Promise<void> {
  const { random } = run.tools;
  let failuresInARow = 0;
  let pauseMs = SPREAD_MS * random();
  while (await pauseFor(pauseMs, run, stop)) {
    try {
      await (kept.session ? poll(kept, kept.session, run) : findSession(kept, run));
      failuresInARow = 0;
      pauseMs = PAUSE_MS + PAUSE_SPREAD_MS * random();
    } catch (error) {
      if (run.signal.aborted) return;
      const backoffMs = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failuresInARow) * (0.5 + random() / 2);
      failuresInARow += 1;
      pauseMs = Math.max(backoffMs, noteFailure(error, kept, run));
    }
  }
}

/** Whether there is time for another turn after the pause. It takes no longer than until the run closes. */
async function pauseFor(milliseconds: number, run: Run, stop: AbortSignal): Promise<boolean> {
  const { clock } = run.tools;
  const leftMs = run.closesAt - clock.monotonic();
  const ended = AbortSignal.any([run.signal, stop]);
  await sleep(clock, Math.max(0, Math.min(milliseconds, leftMs)), ended).catch(() => undefined);
  return milliseconds < leftMs && !ended.aborted;
}

/** @returns milliseconds for which the vendor, or whoever had the failure first, asks to be left alone */
function noteFailure(error: unknown, { agent: { agentid } }: KeptAgent, { counts, failures }: Run): number {
  if (error instanceof StoreUnavailable) {
    counts.storeFailures += 1;
    return 0;
  }
  if (error instanceof RetryLater) {
    if (error.problem) failures.set(agentid, error.problem);
    return error.pauseMs;
  }
  const problem = toProblem(error);
  failures.set(agentid, problem);
  return (problem.retryAfterSeconds ?? 0) * 1000;
}

/** The session that the store has, or a new one. */
async function findSession(kept: KeptAgent, run: Run): Promise<void> {
  const { tools, counts } = run;
  const item = await readSettled(kept, run);
  kept.session = newerSession(item, kept, run);
  if (kept.session) return;

  const { agent, account, secret } = kept;
  let minted = false;
  const note = (reason: string) => {
    minted ||= reason === 'minted';
  };
  const caller = { account, secret, note, exchange: tools.exchange };
  const last = { generation: item.generation, replaces: kept.lost ? [kept.lost] : [] };
  kept.session = await within(TURN_MS, run, (time) => tools.signIn(agent, secret.value, caller, time, last));
  kept.lost = undefined;
  if (minted) counts.signIns += 1;
}

async function poll(kept: KeptAgent, session: KeptSession, run: Run): Promise<void> {
  const { tools, counts } = run;
  const sentAt = thisMoment(tools.clock);
  let polled: Polled;
  try {
    polled = await within(TURN_MS, run, ({ signal }) => {
      // With no time left for further tries: they would be cut off in the middle, and a renewed Guid be lost with them.
      const once = { signal, left: () => 0 };
      return pollEvents(addressOf(kept, session), tools, tools.clock, once);
    });
  } catch (error) {
    if (error instanceof Problem && isSessionGone(error)) return replaceLost(kept, run);
    throw error;
  }
  counts.polls += 1;
  if (polled.event === SHUTDOWN) return replaceLost(kept, run);

  kept.polledAt = sentAt;
  if (polled.session === session) return save(kept, session, run);
  counts.renewals += 1;
  // As old as its poll: were it as new as the answer, one that came late would pass for newer than what others wrote.
  const renewed = { ...session, ...polled.session, obtainedAt: sentAt };
  kept.session = renewed;
  kept.unwritten = true;
  await save(kept, renewed, run);
}

/** Tells the others of a session that was just polled: its Guid, where that is new, and until when it is good. */
async function save(kept: KeptAgent, session: KeptSession, run: Run): Promise<void> {
  const endsAt = liveUntil(kept, run);
  const isSaved = kept.unwritten
    ? await writeOver(session.generation, kept, session, endsAt, run)
    : await run.tools.store.prolong(kept.key, session.generation, endsAt);
  if (isSaved) return;

  const item = await readSettled(kept, run);
  const newer = newerSession(item, kept, run);
  if (newer) return adopt(newer, kept, run);
  // A lookup has found this very Guid refused, though it polls: half a session is none.
  if (!item.sealed && !kept.unwritten && item.generation > session.generation) return retireAgent(kept, run);
  await writeOver(item.generation, kept, session, endsAt, run);
}

/** The gateway has ended the session. Somebody may have signed the agent in since; otherwise the next turn does. */
async function replaceLost(kept: KeptAgent, run: Run): Promise<void> {
  const item = await readSettled(kept, run);
  run.counts.lost += 1;
  const newer = newerSession(item, kept, run);
  if (newer) return adopt(newer, kept, run);
  kept.lost = kept.session;
  kept.session = undefined;
  kept.unwritten = false;
  if (item.sealed) await run.tools.store.replace(kept.key, item.generation);
}

function adopt(newer: KeptSession, kept: KeptAgent, { counts }: Run): void {
  counts.adopted += 1;
  kept.session = newer;
  kept.unwritten = false;
}
