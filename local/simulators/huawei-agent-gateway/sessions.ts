import { randomUUID } from 'node:crypto';
import type { SimulatorClock } from '../server.ts';

/** "Two minutes without polling sign the agent out" (api-ccfs-cec/cec_07_1202, devg-ccgw-cec/cec_05_4015). */
const POLL_TIMEOUT_MS = 120_000;
/** GUIDINTERVAL and GUIDTIMEOUT of basic.properties (devg-ccgw-cec/cec_05_40110). */
const GUID_INTERVAL_MS = 60_000;
const GUID_TIMEOUT_MS = 120_000;

export interface Session {
  readonly agentid: string;
  /** Oldest first; the last one is the current one. */
  guids: { readonly value: string; readonly issuedAt: number }[];
  readonly cookies: readonly string[];
  polledAt: number;
}

/** AUTHMODE 1 keeps the Guid of the sign-in until sign-out, AUTHMODE 2, the default, renews it (cec_07_0005). */
export interface SessionSettings {
  authMode: 1 | 2;
  requireCookie: boolean;
}

/** Who is signed in. One session an agent: a new one takes the place of the old one. */
export function createSessions(clock: SimulatorClock, settings: SessionSettings) {
  const sessions = new Map<string, Session>();

  function holder(agentid: string): Session | undefined {
    const session = sessions.get(agentid);
    if (session && clock.now() - session.polledAt >= POLL_TIMEOUT_MS) sessions.delete(agentid);
    return sessions.get(agentid);
  }

  function open(agentid: string): Session {
    // The first name was seen at one site; the second is made up, so that there is more than one cookie to send back.
    const cookies = [`huaweielbsession=${randomUUID()}`, 'simulatornode=AgentGateway0'];
    const session: Session = { agentid, guids: [], cookies, polledAt: clock.now() };
    issueGuid(session);
    sessions.set(agentid, session);
    return session;
  }

  function issueGuid(session: Session): string {
    const value = `${randomUUID()}.AgentGateway0`;
    session.guids.push({ value, issuedAt: clock.now() });
    return value;
  }

  /**
   * Unknown: whether, and for how long, the old Guid works after a renewal, and from when GUIDTIMEOUT counts. Here an
   * old one works until GUIDTIMEOUT after its own issue, and the current one for as long as the session.
   */
  function isValid(session: Session, guid: string): boolean {
    const index = session.guids.findIndex(({ value }) => value === guid);
    const entry = session.guids[index];
    if (!entry) return false;
    return index === session.guids.length - 1 || clock.now() - entry.issuedAt < GUID_TIMEOUT_MS;
  }

  return {
    holder,
    open,
    issueGuid,

    /** The session that these headers speak for, if it is the agent's own and alive. */
    admit(
      agentid: string,
      headers: Readonly<Record<string, string>>,
      cookieRequired = settings.requireCookie,
    ): Session | undefined {
      const session = holder(agentid);
      if (!session || !isValid(session, headers['guid'] ?? '')) return undefined;
      const sent = (headers['cookie'] ?? '').split(/; */);
      if (cookieRequired && !session.cookies.every((cookie) => sent.includes(cookie))) return undefined;
      return session;
    },

    /** Event polling is the heartbeat; in AUTHMODE 2 it hands out a new Guid, once, when the interval has passed. */
    poll(session: Session): string | undefined {
      session.polledAt = clock.now();
      const issuedAt = session.guids.at(-1)?.issuedAt ?? 0;
      if (settings.authMode === 1 || clock.now() - issuedAt < GUID_INTERVAL_MS) return undefined;
      return issueGuid(session);
    },

    /** A new Guid beside which no old one is left. */
    replaceGuid(session: Session): string {
      session.guids = [];
      return issueGuid(session);
    },

    close(agentid: string): void {
      sessions.delete(agentid);
    },

    forgetAll(): void {
      sessions.clear();
    },
  };
}
