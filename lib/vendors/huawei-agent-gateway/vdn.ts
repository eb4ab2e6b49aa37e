import { isJsonObject, scalarText } from '../../http/body.ts';
import type { AgentSession } from './session.ts';

/** A word for the log: agents of the account were signed in with different VDNs. */
export const VDN_DIFFERS = 'vdn-differs';

/**
 * `vdnid` of a sign-in's result: a number in the sample, a string in the table.
 * https://support.huaweicloud.com/api-ccfs-cec/cec_07_1202.html
 */
export function readVdn(result: unknown): Pick<AgentSession, 'vdnid'> {
  const vdnid = isJsonObject(result) ? scalarText(result['vdnid']) : undefined;
  return vdnid ? { vdnid } : {};
}

/**
 * The session, with a warning where another session of the account is of another VDN: an agent finds agents of its own
 * VDN alone (cec_07_0415), so a lookup's answer would depend on which agent asks.
 */
export function warnOfVdn<Session extends AgentSession>(
  session: Session,
  others: readonly (AgentSession | undefined)[],
): Session {
  const { vdnid, warnings = [] } = session;
  const differs = vdnid !== undefined && others.some((other) => other?.vdnid !== undefined && other.vdnid !== vdnid);
  return differs ? { ...session, warnings: [...warnings, VDN_DIFFERS] } : session;
}
