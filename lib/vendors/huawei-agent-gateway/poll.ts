import type { FlightTime } from '../../credentials/flights.ts';
import { isJsonObject, readJsonObject } from '../../http/body.ts';
import type { HttpAnswer } from '../../http/message.ts';
import { failed, found, type Verdict } from '../../pipeline/verdict.ts';
import type { Clock } from '../../time/clock.ts';
import { thisMoment } from '../../time/moment.ts';
import { judgeRetcode, NAME } from './answer.ts';
import { readCookies } from './cookies.ts';
import { type AgentSession, type Asker, readGuid, type SessionAddress, sessionHeaders, withGuid } from './session.ts';

/** What one poll brought. */
export interface Polled {
  /** The very session that polled, or another in its place where the answer renewed the Guid. */
  readonly session: AgentSession;
  /** `eventType` of the event: an answer carries one at most. */
  readonly event: string | undefined;
}

/**
 * Polls an agent's events once, which is its heartbeat: two minutes without a poll sign it out. The gateway answers
 * after 10 s where there is no event, so `time` must leave more; Huawei's C# demo waits 20 s. After each answer it asks
 * for a pause of 200 to 500 ms, which is the caller's.
 * https://support.huaweicloud.com/api-ccfs-cec/cec_07_1274.html and
 * https://support.huaweicloud.com/intl/en-us/devg-ccgw-cec/cec_05_4015.html
 * @throws Problem; `isSessionGone` tells whether the session has ended or the failure may pass.
 */
export function pollEvents(
  { session, baseUrl, connection }: SessionAddress,
  asker: Asker,
  clock: Clock,
  time: FlightTime,
): Promise<Polled> {
  return asker.exchange<Polled>(
    {
      vendorName: NAME,
      // A renewal is handed out once. Where its answer is lost, so is the new Guid, and the old one works for a while
      // that no page tells: to poll again with it is all that can be done. So the exchange may do it, at once where a
      // connection was closed while the process was frozen, and its failure stays one that may be tried again.
      repeatable: true,
      longPoll: true,
      connection,
      prepare: () => ({
        method: 'GET',
        url: `${baseUrl}/agentevent/${session.agentid}`,
        headers: sessionHeaders(session),
      }),
      judge: (answer) => leaveRetry(judgeRetcode(answer, () => found(readPolled(answer, session, clock)))),
    },
    time,
  );
}

/** What the gateway answered is not asked again here: whoever polls in a loop comes again, at the gateway's pace. */
function leaveRetry<Result>(verdict: Verdict<Result>): Verdict<Result> {
  return verdict.kind === 'retry' ? failed(verdict.problem) : verdict;
}

function readPolled(answer: HttpAnswer, session: AgentSession, clock: Clock): Polled {
  const event = readJsonObject(answer)?.['event'];
  const eventType = isJsonObject(event) ? event['eventType'] : undefined;
  return { session: renewed(answer, session, clock), event: typeof eventType === 'string' ? eventType : undefined };
}

/** AUTHMODE 2 renews the Guid on the answers of polls: https://support.huaweicloud.com/api-ccfs-cec/cec_07_0005.html */
function renewed(answer: HttpAnswer, session: AgentSession, clock: Clock): AgentSession {
  const guid = readGuid(answer);
  if (!guid || guid === session.guid) return session;
  return withGuid(session, guid, readCookies(answer, session.cookies), thisMoment(clock));
}
