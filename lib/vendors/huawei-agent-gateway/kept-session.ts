import type { HeldSecret } from '../../credentials/secret-store.ts';
import type { ItemKey } from '../../credentials/shared/store.ts';
import { isJsonObject } from '../../http/body.ts';
import type { Clock } from '../../time/clock.ts';
import { fromWall, toWall } from '../../time/moment.ts';
import { NAME } from './answer.ts';
import { type AgentSession, createSession } from './session.ts';

/**
 * "Two minutes without polling sign the agent out" (cec_07_1202, devg-ccgw-cec/cec_05_4015): a session that was not
 * polled for nearly as long may be one no more.
 */
export const LIVE_MS = 110_000;

/** How long an account stays with a keeper that has died. */
export const KEEPER_LEASE_MS = 20_000;

/** A session that the fleet shares. */
export interface KeptSession extends AgentSession {
  /** Grows with each Guid that is written for the agent. */
  readonly generation: number;
}

interface Owner {
  readonly account: string;
  readonly secret: Pick<HeldSecret<unknown>, 'sealer'>;
}

const AGENT = 'agent#';

/** The lease of whoever keeps an account's sessions. Without the secret's fingerprint: runs by the old secret and by the new one poll the same agents. */
export function keeperKey(account: string): ItemKey {
  return { partition: `${NAME}#${account}`, item: 'keeper' };
}

export function agentsPartition({ account, secret }: Owner): string {
  return `${NAME}#${account}#${secret.sealer.fingerprint}`;
}

export function agentKey(owner: Owner, agentid: string): ItemKey {
  return { partition: agentsPartition(owner), item: AGENT + agentid };
}

/** Without its warnings: they are said once, by whoever signed the agent in. */
export function writeSession(session: Omit<KeptSession, 'generation'>, clock: Clock): unknown {
  const { agentid, guid, cookies, obtainedAt, signedInAt, vdnid, renewsRefused } = session;
  const { passwordEndsAt, mustChangePassword } = session;
  const times = { obtainedAt: toWall(obtainedAt, clock), signedInAt: toWall(signedInAt, clock) };
  const signIn = { vdnid, renewsRefused, passwordEndsAt, mustChangePassword };
  return { agentid, guid, cookies: [...cookies], ...times, ...signIn };
}

/** The session in what another process wrote; undefined where there is none. */
export function readSession(content: unknown, generation: number, clock: Clock): KeptSession | undefined {
  if (!isJsonObject(content)) return undefined;
  const { agentid, guid, cookies, obtainedAt, signedInAt, vdnid, renewsRefused } = content;
  const { passwordEndsAt, mustChangePassword } = content;
  if (typeof agentid !== 'string' || typeof guid !== 'string' || typeof obtainedAt !== 'number') return undefined;
  if (!Array.isArray(cookies)) return undefined;
  return {
    ...createSession(agentid, guid, new Map(cookies as [string, string][]), fromWall(obtainedAt, clock)),
    ...(typeof signedInAt === 'number' && { signedInAt: fromWall(signedInAt, clock) }),
    ...(typeof vdnid === 'string' && { vdnid }),
    generation,
    renewsRefused: renewsRefused === true,
    ...(typeof passwordEndsAt === 'number' && { passwordEndsAt }),
    ...(mustChangePassword === true && { mustChangePassword }),
  };
}
