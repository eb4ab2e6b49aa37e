import type { HeldSecret } from '../../credentials/secret-store.ts';
import type { ItemKey } from '../../credentials/shared/store.ts';
import { isJsonObject } from '../../http/body.ts';
import { NAME } from './answer.ts';
import { type AgentSession, createSession } from './session.ts';

/**
 * "Two minutes without polling sign the agent out" (cec_07_1202, devg-ccgw-cec/cec_05_4015): a session that was not
 * polled for nearly as long may be one no more.
 */
export const LIVE_MS = 110_000;

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
export function writeSession(session: Omit<KeptSession, 'generation'>) {
  const { agentid, guid, cookies, obtainedAt, signedInAt, vdnid, renewsRefused } = session;
  const { passwordEndsAt, mustChangePassword } = session;
  const signIn = { signedInAt, vdnid, renewsRefused, passwordEndsAt, mustChangePassword };
  return { agentid, guid, cookies: [...cookies], obtainedAt, ...signIn };
}

/** The session in what another process wrote; undefined where there is none. */
export function readSession(content: unknown, generation: number): KeptSession | undefined {
  if (!isJsonObject(content)) return undefined;
  const { agentid, guid, cookies, obtainedAt, signedInAt, vdnid, renewsRefused } = content;
  const { passwordEndsAt, mustChangePassword } = content;
  if (typeof agentid !== 'string' || typeof guid !== 'string' || typeof obtainedAt !== 'number') return undefined;
  if (!Array.isArray(cookies)) return undefined;
  return {
    ...createSession(agentid, guid, new Map(cookies as [string, string][]), obtainedAt),
    ...(typeof signedInAt === 'number' && { signedInAt }),
    ...(typeof vdnid === 'string' && { vdnid }),
    generation,
    renewsRefused: renewsRefused === true,
    ...(typeof passwordEndsAt === 'number' && { passwordEndsAt }),
    ...(mustChangePassword === true && { mustChangePassword }),
  };
}
