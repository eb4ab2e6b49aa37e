import type { Call, Credential } from '../../credentials/credential.ts';
import type { ConnectionOptions, HttpAnswer } from '../../http/message.ts';
import type { Moment } from '../../time/moment.ts';
import type { PasswordState } from './password.ts';

/** Who puts questions to the gateway: a lookup's call, or whoever keeps sessions alive. */
export type Asker = Pick<Call<unknown>, 'exchange'>;

/** A signed-in agent. Never changed: a renewed Guid makes another session, so that a late refusal finds the old one. */
export interface AgentSession extends Credential, PasswordState {
  readonly agentid: string;
  readonly guid: string;
  /** A renewed Guid has a later `obtainedAt`. */
  readonly signedInAt: Moment;
  /** Whether the agent was signed in again because the gateway refused its last session. */
  readonly renewsRefused?: boolean;
  /** The VDN that the agent was signed in to; undefined where the gateway did not say it. */
  readonly vdnid?: string;
  /** Sticky cookies by name: the load balancer in front of the gateway may need them with the Guid. */
  readonly cookies: ReadonlyMap<string, string>;
}

/** A session, and where its gateway is. */
export interface SessionAddress {
  readonly session: AgentSession;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly connection: ConnectionOptions;
}

export function createSession(
  agentid: string,
  guid: string,
  cookies: ReadonlyMap<string, string>,
  obtainedAt: Moment,
): AgentSession {
  return { agentid, guid, cookies, obtainedAt, signedInAt: obtainedAt, secrets: [guid, ...cookies.values()] };
}

/** The same sign-in with the Guid that an answer has renewed. What was to be said once, at sign-in, has been said. */
export function withGuid(
  { warnings: _said, ...signedIn }: AgentSession,
  guid: string,
  cookies: ReadonlyMap<string, string>,
  obtainedAt: Moment,
): AgentSession {
  const { agentid, signedInAt } = signedIn;
  return { ...signedIn, ...createSession(agentid, guid, cookies, obtainedAt), signedInAt };
}

/**
 * The Guid in an answer's headers: `Set-GUID: JSESSIONID=<guid>`, or a bare `Guid` as some releases send it. A text that is
 * none is left alone, as if it were not there.
 * https://support.huaweicloud.com/api-ccfs-cec/cec_07_1202.html
 */
export function readGuid({ headers }: HttpAnswer): string | undefined {
  const value = headers['set-guid'] ?? headers['guid'];
  const guid = value
    ?.replace(/^[^=;]*=/, '')
    .split(';')[0]
    ?.trim();
  return isGuid(guid ?? '') ? guid : undefined;
}

/** Whether it can be sent as a header, to the gateway and to the caller. Real ones have about fifty characters. */
export function isGuid(text: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(text);
}

/** Required on every request, also on GET: https://support.huaweicloud.com/api-ccfs-cec/cec_07_0415.html */
export const JSON_HEADERS = { 'content-type': 'application/json; charset=UTF-8', accept: 'application/json' };

/** The headers of a request that this session makes. */
export function sessionHeaders({ guid, cookies }: AgentSession): Record<string, string> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  return { guid, ...(cookie && { cookie }), ...JSON_HEADERS };
}
