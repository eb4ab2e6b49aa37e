import type { SharedItem } from '../../../credentials/shared/store.ts';
import { sleep } from '../../../time/clock.ts';
import { type KeptSession, readSession, writeSession } from '../kept-session.ts';
import type { KeptAgent } from './kept-account.ts';
import type { Run } from './run.ts';

/** How long until an item is looked at again whose agent somebody signs in, at most; at least half of it. */
const LOOK_MS = 500;

/** The agent's item. While somebody signs the agent in, what that brings is waited for. @throws StoreUnavailable */
export async function readSettled({ key }: KeptAgent, { tools, signal }: Run): Promise<SharedItem> {
  const { store, clock, random } = tools;
  for (;;) {
    const item = await store.read(key);
    if (clock.now() >= item.leaseUntil) return item;
    await sleep(clock, LOOK_MS * (0.5 + random() / 2), signal);
  }
}

/** The session in the item, where it is newer than the one that is held. */
export function newerSession(item: SharedItem, { key, secret, session: held }: KeptAgent): KeptSession | undefined {
  const stored = item.sealed && readSession(secret.sealer.open(key, item.sealed), item.generation);
  return stored && (!held || stored.obtainedAt > held.obtainedAt) ? stored : undefined;
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
  const sealed = kept.secret.sealer.seal(kept.key, writeSession(session));
  if (!(await tools.store.replace(kept.key, generation, { sealed, endsAt }))) return false;
  kept.session = { ...session, generation: generation + 1 };
  kept.unwritten = false;
  return true;
}
