import type { Answer, ReceivedRequest, SimulatorClock } from '../server.ts';
import type { SignInAgent } from './agents.ts';
import { setAlarm } from './alarm.ts';
import { guidHeaders, refuse, reply } from './answers.ts';
import type { Sessions } from './sessions.ts';

export interface SignInSettings {
  cannotForce: boolean;
  /** How long a sign-in takes, in milliseconds. */
  waitMs: number;
  /** Days until the password expires, 0 to 180, "" for never: a string, as the page prints it (cec_07_1202). */
  timeRemaining: string;
  /** "true" where the password has to be changed first. */
  isForceChange: string;
  /** The VDN of agents by their work number; 6 for all others, as in the official sample. */
  vdnIds: Readonly<Record<string, number>>;
}

export type SignIn = (
  request: ReceivedRequest,
  agentid: string,
  options: { readonly forced: boolean; readonly vendorCase: string },
) => Answer | Promise<Answer>;

/** `PUT /onlineagent/{agentid}` (api-ccfs-cec/cec_07_1202) and `…/forcelogin` (cec_07_1203), which evicts who is signed in. */
export function createSignIns(
  clock: SimulatorClock,
  sessions: Sessions,
  agents: readonly SignInAgent[],
  settings: SignInSettings,
): SignIn {
  const underWay = new Set<string>();

  const finish: SignIn = ({ body }, agentid, { forced, vendorCase }): Answer => {
    const { password, phonenum } = readJson(body);
    // The page's own sample has an empty password.
    if (typeof password !== 'string' || typeof phonenum !== 'string' || phonenum === '') return refuse('100-001');
    const agent = agents.find((each) => each.agentid === agentid);
    // Any phone number will do: which retcode a strange one gets (100-013, 100-014) hangs on the site's configuration.
    if (agent?.password !== password) return refuse('100-004');
    const holder = sessions.holder(agentid);
    if (holder && !forced) return refuse('100-002');
    if (holder && settings.cannotForce) return refuse('100-015');

    const session = sessions.open(agentid);
    const headers = {
      ...guidHeaders(session.guids.at(-1)?.value ?? '', vendorCase),
      'Set-Cookie': session.cookies.map((cookie) => `${cookie}; Path=/; HttpOnly`),
    };
    if (vendorCase === 'msg') {
      // The developer guide's older form (devg-ccgw-cec/cec_05_4023).
      return reply({ msg: '', retcode: '0', result: { workno: agentid, mediatype: 'TTF' } }, headers);
    }
    const result = {
      vdnid: settings.vdnIds[agentid] ?? 6,
      workno: agentid,
      mediatype: 'TTF',
      loginTime: String(clock.now()),
      isForceChange: settings.isForceChange,
      serverName: 'AgentGateway',
      timeRemaining: settings.timeRemaining,
    };
    return reply({ message: '', retcode: '0', result }, headers);
  };

  return (request, agentid, options) => {
    // "Sign-in in progress, do not repeat" (cec_07_0580). A sign-out takes no time here, so it overlaps with nothing.
    if (underWay.has(agentid)) return refuse('100-021');
    if (settings.waitMs <= 0) return finish(request, agentid, options);
    underWay.add(agentid);
    return new Promise((resolve) => {
      setAlarm(clock, settings.waitMs, () => {
        underWay.delete(agentid);
        resolve(finish(request, agentid, options));
      });
    });
  };
}

function readJson(body: Buffer): Record<string, unknown> {
  try {
    return (JSON.parse(body.toString('utf8')) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
