import { isDeepStrictEqual } from 'node:util';
import { StoreUnavailable } from '../../../credentials/shared/store.ts';
import { ageMs } from '../../../time/moment.ts';
import { baseUrlOf } from '../address.ts';
import type { KeptSession } from '../kept-session.ts';
import { liveUntil, newerSession, readSettled, writeOver } from './agent-item.ts';
import type { KeptAccount, KeptAgent } from './kept-account.ts';
import { retireAgent } from './retire-agent.ts';
import type { Run } from './run.ts';

/**
 * What a changed secret makes of the sessions that were kept under the old one: agents that stay as they are go over
 * with their sessions, the others are signed out. What another run has done of it already is left as it is. Nobody must
 * be polling the agents.
 * @param next undefined where nothing is to be kept any more
 * @throws StoreUnavailable
 */
export async function changeSecret(old: KeptAccount, next: KeptAccount | undefined, run: Run): Promise<void> {
  await all(
    old.agents.map((kept) => {
      const heir = next && heirOf(kept, next);
      return heir ? carryOver(kept, heir, run) : retireAgent(kept, run);
    }),
  );
}

/**
 * Carries over what there is, while the agents' last polls by the old secret are still under way: lookups that have the
 * new secret wait for it. It is no harm if that fails: `changeSecret` has to follow.
 */
export async function carryOverEarly(old: KeptAccount, next: KeptAccount | undefined, run: Run): Promise<void> {
  const carried = old.agents.map(async (kept) => {
    const heir = next && heirOf(kept, next);
    if (heir) await carryOver(kept, heir, run);
  });
  await all(carried).catch((error: unknown) => {
    if (!(error instanceof StoreUnavailable)) throw error;
    run.counts.storeFailures += 1;
  });
}

function heirOf({ agent, secret }: KeptAgent, next: KeptAccount): KeptAgent | undefined {
  if (baseUrlOf(secret.value) !== baseUrlOf(next.secret.value)) return undefined;
  return next.agents.find((each) => isDeepStrictEqual(each.agent, agent));
}

/** Lookups that still have the old secret go on with the old item until its Guid ends. */
async function carryOver(kept: KeptAgent, heir: KeptAgent, run: Run): Promise<void> {
  const item = await readSettled(kept, run);
  const session = newerSession(item, kept, run) ?? kept.session;
  const heirItem = await readSettled(heir, run);
  const carried = newerSession(heirItem, { ...heir, session: undefined }, run);
  heir.polledAt = kept.polledAt;
  if (!session || (carried && !isOlder(carried, session, run))) return;
  await writeOver(heirItem.generation, heir, session, liveUntil(kept, run, item), run);
}

/** A session that was carried over already is the same one. */
function isOlder(one: KeptSession, other: KeptSession, { tools: { clock } }: Run): boolean {
  return one.guid !== other.guid && ageMs(one.obtainedAt, clock) > ageMs(other.obtainedAt, clock);
}

/** Waits for all of the work, also where some of it fails. @throws the first failure */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
