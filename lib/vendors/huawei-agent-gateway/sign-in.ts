import type { FlightTime } from '../../credentials/flights.ts';
import type { ConnectionOptions, HttpAnswer } from '../../http/message.ts';
import type { RateLimiter } from '../../pipeline/rate-limiter.ts';
import { failed, found, type Verdict } from '../../pipeline/verdict.ts';
import { Problem } from '../../problem.ts';
import type { Clock } from '../../time/clock.ts';
import { thisMoment } from '../../time/moment.ts';
import { judgeRetcode, NAME, readRetcode, SIGNED_IN_ALREADY } from './answer.ts';
import { readCookies } from './cookies.ts';
import { passwordWarnings, readPassword } from './password.ts';
import type { Agent, ManagedSecret } from './secret.ts';
import { type AgentSession, type Asker, createSession, JSON_HEADERS, readGuid } from './session.ts';
import { signOut } from './sign-out.ts';
import { readVdn } from './vdn.ts';

const BUSY = 3;
/** The agent was signed in elsewhere, and is so no more. Without a store that may have been another instance of ours. */
const FORCED_OUT = 'agent-forced-out';

interface SignIn {
  readonly agent: Agent;
  readonly secret: ManagedSecret;
  readonly baseUrl: string;
  readonly connection: ConnectionOptions;
  readonly limiter: RateLimiter;
  /** Our own sessions of this agent, whose place the new session takes. */
  readonly replaces?: readonly AgentSession[];
}

/**
 * Signs an agent in, by force where it is signed in elsewhere and the account allows that. Signs out the sessions that
 * it replaces first: the gateway may hold one, and refuse another sign-in because of it.
 * https://support.huaweicloud.com/api-ccfs-cec/cec_07_1202.html and cec_07_1203.html (forced)
 * @throws Problem
 */
export async function signIn(
  { agent, secret, baseUrl, connection, limiter, replaces = [] }: SignIn,
  asker: Asker,
  clock: Clock,
  time: FlightTime,
): Promise<AgentSession> {
  const send = (path: string) =>
    asker.exchange<AgentSession | typeof SIGNED_IN_ALREADY>(
      {
        vendorName: NAME,
        // A sign-in whose answer was lost may have succeeded, and must not be sent before it has answered.
        repeatable: false,
        connection,
        limiter: () => limiter,
        prepare: () => ({
          method: 'PUT',
          url: `${baseUrl}/onlineagent/${agent.agentid}${path}`,
          headers: JSON_HEADERS,
          body: JSON.stringify(signInBody(agent)),
        }),
        judge: (answer) =>
          readRetcode(answer) === SIGNED_IN_ALREADY ? found(SIGNED_IN_ALREADY) : judgeSignIn(answer, agent, clock),
      },
      time,
    );

  for (const session of new Map(replaces.map((each) => [each.guid, each])).values()) {
    const problem = await signOut({ session, baseUrl, connection }, asker, time);
    // A sign-in must not overlap with a sign-out (cec_07_1202). One that the gateway did not answer may be under way.
    if (problem && !isAnswered(problem)) throw problem;
  }
  const session = await send('');
  if (session !== SIGNED_IN_ALREADY) return session;
  if (secret.onConflict === 'force') {
    const forced = await send('/forcelogin');
    if (forced !== SIGNED_IN_ALREADY) return { ...forced, warnings: [...(forced.warnings ?? []), FORCED_OUT] };
  }
  throw new Problem(
    'vendor-rejected',
    `Agent ${agent.agentid} is signed in elsewhere (${SIGNED_IN_ALREADY}); \`onConflict\` of the secret decides whether it is forced out.`,
    { vendor: { name: NAME, code: SIGNED_IN_ALREADY } },
  );
}

/** Whether there is an answer, with a retcode or an HTTP status: 5xx may come from a server that did not wait for it. */
function isAnswered({ vendor }: Problem): boolean {
  return vendor?.code !== undefined && !/^5\d\d$/.test(vendor.code);
}

/** An agent that only asks: busy, off text chat, never put to idle, in no skill queue, so that no call comes to it. */
function signInBody({ password, phonenum }: Agent) {
  return {
    password,
    phonenum,
    status: BUSY,
    autoenteridle: false,
    autoanswer: false,
    checkInWebm: false,
    checkInMailm: false,
  };
}

function judgeSignIn(answer: HttpAnswer, { agentid }: Agent, clock: Clock): Verdict<AgentSession> {
  return judgeRetcode(answer, (result, vendor) => {
    const guid = readGuid(answer);
    if (!guid) {
      const detail = 'The vendor signed the agent in and gave no Guid.';
      return failed(new Problem('vendor-contract-changed', detail, { vendor }));
    }
    const now = thisMoment(clock);
    const password = readPassword(result, now.wall);
    const warnings = passwordWarnings(password, now.wall).map(({ warning }) => warning);
    const session = createSession(agentid, guid, readCookies(answer), now);
    return found({ ...session, ...readVdn(result), ...password, ...(warnings.length > 0 && { warnings }) });
  });
}
