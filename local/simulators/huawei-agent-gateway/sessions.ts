import { randomUUID } from 'node:crypto';
import type { SimulatorClock } from '../server.ts';
import { setAlarm } from './alarm.ts';

/** "Two minutes without polling sign the agent out" (api-ccfs-cec/cec_07_1202, devg-ccgw-cec/cec_05_4015). */
const POLL_TIMEOUT_MS = 120_000;
/** GUIDINTERVAL and GUIDTIMEOUT of basic.properties (devg-ccgw-cec/cec_05_40110). */
const GUID_INTERVAL_MS = 60_000;
const GUID_TIMEOUT_MS = 120_000;
/** The event that tells an agent that it has been signed out (cec_07_1274, devg-ccgw-cec/cec_05_4015, cec_05_4026). */
const SHUTDOWN = 'AgentOther_ShutdownService';

export interface Session {
  readonly agentid: string;
  readonly signedInAt: number;
  /** When the last poll came in; undefined before the first. */
  polledAt: number | undefined;
  signedIn: boolean;
  /** Oldest first; the last one is the current one. */
  guids: { readonly value: string; readonly issuedAt: number }[];
  readonly cookies: readonly string[];
  /** Types of the events that no poll has fetched, oldest first. */
  events: string[];
  /** Polls that wait for an event, oldest first. */
  readonly waiting: ((eventType: string | undefined) => void)[];
}

/** AUTHMODE 1 keeps the Guid of the sign-in until sign-out, AUTHMODE 2, the default, renews it (cec_07_0005). */
export interface SessionSettings {
  authMode: 1 | 2;
  requireCookie: boolean;
}

/** What has become of one agent since the start. Times are of the simulator's clock; undefined while it is signed out. */
export interface AgentState {
  readonly signedInAt: number | undefined;
  /** When its session's last poll came in; undefined before the first. */
  readonly polledAt: number | undefined;
  /** Sessions that were opened for it, those by somebody else included. */
  readonly signIns: number;
  /** Sessions of it that ended because another was opened. */
  readonly evictions: number;
}

export type Sessions = ReturnType<typeof createSessions>;

/** Who is signed in. One session an agent: a new one takes the place of the old one. */
export function createSessions(clock: SimulatorClock, settings: SessionSettings) {
  /** The last session of each agent, signed in or not. */
  const sessions = new Map<string, Session>();
  const counts = new Map<string, { signIns: number; evictions: number }>();

  function holder(agentid: string): Session | undefined {
    const session = sessions.get(agentid);
    if (!session?.signedIn) return undefined;
    if (clock.now() - (session.polledAt ?? session.signedInAt) < POLL_TIMEOUT_MS) return session;
    end(session);
    return undefined;
  }

  function open(agentid: string): Session {
    const evicted = holder(agentid);
    const { signIns, evictions } = counts.get(agentid) ?? { signIns: 0, evictions: 0 };
    counts.set(agentid, { signIns: signIns + 1, evictions: evictions + (evicted ? 1 : 0) });
    if (evicted) end(evicted);

    const session: Session = {
      agentid,
      signedInAt: clock.now(),
      polledAt: undefined,
      signedIn: true,
      guids: [],
      // The first name was seen at one site; the second is made up, so that there is more than one cookie to send back.
      cookies: [`huaweielbsession=${randomUUID()}`, 'simulatornode=AgentGateway0'],
      events: [],
      waiting: [],
    };
    issueGuid(session);
    sessions.set(agentid, session);
    return session;
  }

  /** Unknown: whether a poll that waits meanwhile is answered at once, as it is here. */
  function end(session: Session, lastEvents: string[] = []): void {
    session.signedIn = false;
    session.events = lastEvents;
    deliver(session);
    for (const take of session.waiting.splice(0)) take(undefined);
  }

  function deliver({ events, waiting }: Session): void {
    while (events.length > 0 && waiting.length > 0) waiting.shift()?.(events.shift());
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

  function isSpokenFor(session: Session, headers: Readonly<Record<string, string>>, cookieRequired: boolean): boolean {
    const sent = (headers['cookie'] ?? '').split(/; */);
    if (cookieRequired && !session.cookies.every((cookie) => sent.includes(cookie))) return false;
    return isValid(session, headers['guid'] ?? '');
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
      return session && isSpokenFor(session, headers, cookieRequired) ? session : undefined;
    },

    /** The same for a poll, which is the heartbeat: it may also fetch the event that tells of the session's end. */
    admitPoll(agentid: string, headers: Readonly<Record<string, string>>): Session | undefined {
      const session = holder(agentid) ?? sessions.get(agentid);
      if (!session || (!session.signedIn && session.events.length === 0)) return undefined;
      if (!isSpokenFor(session, headers, settings.requireCookie)) return undefined;
      session.polledAt = clock.now();
      return session;
    },

    /**
     * Hands over one event: at once where there is one, otherwise when one comes; undefined where none came within
     * `waitMs`, or the session ended. Unknown: what becomes of two polls that wait at once. Here both are answered.
     */
    nextEvent(session: Session, waitMs: number, take: (eventType: string | undefined) => void): void {
      const ready = session.events.shift();
      if (ready !== undefined || waitMs <= 0) {
        take(ready);
        return;
      }
      const takeInTime = (eventType: string | undefined) => {
        stop();
        take(eventType);
      };
      const stop = setAlarm(clock, waitMs, () => {
        session.waiting.splice(session.waiting.indexOf(takeInTime), 1);
        take(undefined);
      });
      session.waiting.push(takeInTime);
    },

    /** An event for an agent. Of a shutdown the agent's polls still learn, and no other call. */
    pushEvent(agentid: string, eventType: string): void {
      const session = holder(agentid);
      if (!session) throw new Error(`agent ${agentid} is not signed in: no poll would fetch its event`);
      session.events.push(eventType);
      if (eventType === SHUTDOWN) end(session, session.events);
      else deliver(session);
    },

    /** In AUTHMODE 2 the answer of a poll hands out a new Guid, once, when the interval has passed. */
    renewGuid(session: Session): string | undefined {
      const issuedAt = session.guids.at(-1)?.issuedAt ?? 0;
      if (settings.authMode === 1 || clock.now() - issuedAt < GUID_INTERVAL_MS) return undefined;
      return issueGuid(session);
    },

    /** A new Guid beside which no old one is left. */
    replaceGuid(session: Session): string {
      session.guids = [];
      return issueGuid(session);
    },

    close: (session: Session) => end(session),

    forgetAll(): void {
      for (const session of sessions.values()) end(session);
    },

    /** Every agent that has ever been signed in, by its work number. */
    state(): Readonly<Record<string, AgentState>> {
      return Object.fromEntries(
        [...counts].map(([agentid, count]) => {
          const session = holder(agentid);
          return [agentid, { signedInAt: session?.signedInAt, polledAt: session?.polledAt, ...count }];
        }),
      );
    },
  };
}
