import type { FlightTime } from '../../credentials/flights.ts';
import type { RateLimiter } from '../../pipeline/rate-limiter.ts';
import { found } from '../../pipeline/verdict.ts';
import { Problem } from '../../problem.ts';
import { hasRetcode, isSessionGone, judgeRetcode, NAME } from './answer.ts';
import { type Asker, type SessionAddress, sessionHeaders } from './session.ts';

/**
 * Looks the agent of a session up by that session: the gateway admits it only while the agent is signed in.
 * https://support.huaweicloud.com/api-ccfs-cec/cec_07_0415.html
 * @throws Problem where the gateway gives no answer that tells
 */
export async function isLive(
  { session, baseUrl, connection }: SessionAddress,
  asker: Asker,
  limiter: Pick<RateLimiter, 'take'>,
  time: FlightTime,
): Promise<boolean> {
  const { agentid } = session;
  try {
    await asker.exchange<void>(
      {
        vendorName: NAME,
        repeatable: true,
        connection,
        limiter: () => limiter,
        prepare: () => ({
          method: 'GET',
          url: `${baseUrl}/agentgroup/${agentid}/agentbyworkno/${agentid}`,
          headers: sessionHeaders(session),
        }),
        judge: (answer) => judgeRetcode(answer, () => found(undefined)),
      },
      time,
    );
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (isSessionGone(error)) return false;
    // Another refusal, such as 300-001, is given to a session that was admitted.
    if (hasRetcode(error) && !error.retryable) return true;
    throw error;
  }
}
