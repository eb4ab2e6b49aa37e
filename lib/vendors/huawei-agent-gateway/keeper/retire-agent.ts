import { LEASE_MS } from '../../../credentials/shared/fleet-mint.ts';
import { signOut } from '../sign-out.ts';
import { newerSession, readSettled } from './agent-item.ts';
import { addressOf, type KeptAgent } from './kept-account.ts';
import { type Run, within } from './run.ts';

const SIGN_OUT_MS = 3_000;

/**
 * Takes an agent's session out of the store and signs the agent out, under the agent's lease, so that nobody signs it in
 * meanwhile. Where it cannot be signed out, the gateway does so after two minutes without a poll.
 * @throws StoreUnavailable
 */
export async function retireAgent(kept: KeptAgent, run: Run): Promise<void> {
  const { tools, counts, failures } = run;
  const { clock, store } = tools;
  const item = await readSettled(kept, run);
  const session = newerSession(item, kept, run) ?? kept.session;
  if (!session) return;

  const now = clock.now();
  // A lease that is found to have passed here may not have by the wall clock.
  const passed = Math.max(now, item.leaseUntil);
  const { generation } = item;
  const lease = await store.takeLease(kept.key, { now: passed, until: now + LEASE_MS, generation });
  if (!lease) return;
  if (item.sealed) await store.replace(kept.key, item.generation);
  kept.session = undefined;
  kept.unwritten = false;
  const problem = await within(SIGN_OUT_MS, run, (time) => signOut(addressOf(kept, session), tools, time));
  if (problem) failures.set(kept.agent.agentid, problem);
  else counts.signedOut += 1;
  await store.release(lease);
}
