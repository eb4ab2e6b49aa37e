import { LEASE_MS } from '../../../credentials/shared/fleet-mint.ts';
import { nameOf, type SharedItem } from '../../../credentials/shared/store.ts';
import { sleep } from '../../../time/clock.ts';
import { ageMs } from '../../../time/moment.ts';
import { type KeptSession, LIVE_MS, readSession, writeSession } from '../kept-session.ts';
import type { KeptAgent } from './kept-account.ts';
import type { Run } from './run.ts';

/** How long until an item is looked at again whose agent somebody signs in, at most; at least half of it. */
const LOOK_MS = 500;

/** The agent's item. While somebody signs the agent in, what that brings is waited for. @throws StoreUnavailable */
export async function readSettled({ key }: KeptAgent, { tools, signal }: Run): Promise<SharedItem> {
  const { store, clock, random, msUntil } = tools;
  for (;;) {
    const item = await store.read(key);
    if (msUntil(nameOf(key, 'lease'), item.leaseUntil, LEASE_MS) === 0) return item;
    await sleep(clock, LOOK_MS * (0.5 + random() / 2), signal);
  }
}

/**
 * The session in the item, where it is newer than the one that is held. Generations tell the order in which sessions were
 * written; one that the store has yet to get has none.
 */
export function newerSession(item: SharedItem, kept: KeptAgent, { tools: { clock } }: Run): KeptSession | undefined {
  const { key, secret, session: held, unwritten } = kept;
  const stored = item.sealed && readSession(secret.sealer.open(key, item.sealed), item.generation, clock);
  if (!stored || !held) return stored || undefined;
  const isNewer = unwritten
    ? ageMs(stored.obtainedAt, clock) < ageMs(held.obtainedAt, clock)
    : stored.generation > held.generation;
  return isNewer ? stored : undefined;
}

/** Until when a session is good, by its last poll and by what the store says: for the store, in wall time. */
export function liveUntil({ key, polledAt }: KeptAgent, { tools }: Run, item?: SharedItem): number {
  const { clock, msUntil } = tools;
  const byPoll = polledAt ? LIVE_MS - ageMs(polledAt, clock) : 0;
  const byStore = item ? msUntil(nameOf(key, 'live'), item.endsAt, LIVE_MS) : 0;
  return Math.floor(clock.now() + Math.max(byPoll, byStore));
}

/**
 * Holds a session, and writes it over what the item has in that generation.
 * @returns false where the item has another generation
 * @throws StoreUnavailable
 */
export async function writeOver(
  generation: number,
  kept: KeptAgent,
  session: KeptSession,
  endsAt: number,
  { tools }: Run,
): Promise<boolean> {
  kept.session = session;
  kept.unwritten = true;
  const sealed = kept.secret.sealer.seal(kept.key, writeSession(session, tools.clock));
  if (!(await tools.store.replace(kept.key, generation, { sealed, endsAt }))) return false;
  kept.session = { ...session, generation: generation + 1 };
  kept.unwritten = false;
  return true;
}
