import type { FlightTime } from '../../credentials/flights.ts';
import { found } from '../../pipeline/verdict.ts';
import { type Problem, toProblem } from '../../problem.ts';
import { judgeRetcode, NAME, readRetcode, SIGNED_OUT } from './answer.ts';
import { type Asker, type SessionAddress, sessionHeaders } from './session.ts';

/**
 * Signs an agent out; one that is signed out already counts as done. Until it has ended, the agent must not be signed
 * in, and its session must not be used any more.
 * https://support.huaweicloud.com/api-ccfs-cec/cec_07_1219.html
 * @returns why the agent may still be signed in. It never throws: it comes last, and must not hide what came before.
 */
export async function signOut(
  { session, baseUrl, connection }: SessionAddress,
  asker: Asker,
  time: FlightTime,
): Promise<Problem | undefined> {
  try {
    await asker.exchange<void>(
      {
        vendorName: NAME,
        // It names its session by the Guid: a second one ends nothing that another sign-in began.
        repeatable: true,
        connection,
        prepare: () => ({
          method: 'DELETE',
          url: `${baseUrl}/onlineagent/${session.agentid}/logout`,
          headers: sessionHeaders(session),
        }),
        judge: (answer) =>
          SIGNED_OUT.has(readRetcode(answer) ?? '') ? found(undefined) : judgeRetcode(answer, () => found(undefined)),
      },
      time,
    );
    return undefined;
  } catch (error) {
    return toProblem(error);
  }
}
