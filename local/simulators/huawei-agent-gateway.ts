import iconv from 'iconv-lite';
import { demoAgents, directory, reshape, type SignInAgent, signedIn } from './huawei-agent-gateway/agents.ts';
import { rings } from './huawei-agent-gateway/alarm.ts';
import { guidHeaders, html, refuse, reply } from './huawei-agent-gateway/answers.ts';
import {
  type AgentState,
  createSessions,
  type Session,
  type SessionSettings,
} from './huawei-agent-gateway/sessions.ts';
import { createSignIns, type SignInSettings } from './huawei-agent-gateway/sign-ins.ts';
import type { Answer, ReceivedRequest, SimulatorClock, VendorSimulation } from './server.ts';

export { demoAgents, type SignInAgent };

const BASE_PATH = '/agentgateway/resource/';
/** "At most 5 requests per agent per 2 s" of agentgroup (api-cec/cec_07_0413). */
const FLOW_LIMIT = 5;
const FLOW_WINDOW_MS = 2000;
/** AGENT_POLL_WAIT_TIMES × AGENT_POLL_WAIT_INTERVAL: how long a poll waits for an event (cec_07_1274). */
const POLL_WAIT_MS = 10_000;

/** Cases beside `retcode:<code>`, which answers any call with that code. Names that no one knows are refused. */
const vendorCases = new Set([
  'event',
  'gbk',
  'guid-header',
  'guid-neither',
  'html-502',
  'msg',
  'not-signed-in',
  'numbers',
  'renew-guid',
  'renew-lost',
  'require-cookie',
  'result-array',
  'unknown-mediatype',
  'unknown-status',
]);

function isWorkNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d{3,6}$/.test(text) && Number(text) >= 101;
}

/** Each agent's state, for tests, beside what every vendor's simulation has. */
export interface AgentGatewaySimulation extends VendorSimulation {
  /** Every agent that has ever been signed in, by its work number. */
  state(): Readonly<Record<string, AgentState>>;
}

/**
 * The agent gateway's session handling and its lookup agentbyworkno (api-ccfs-cec/cec_07_0415). An event poll waits for
 * 10 s of a clock that rings; in real time, as on one machine, it is answered at once. The state `pollWaitMs` changes both.
 */
export function huaweiAgentGateway(
  clock: SimulatorClock,
  seed: { readonly agents?: readonly SignInAgent[]; readonly authMode?: 1 | 2 } = {},
): AgentGatewaySimulation {
  const settings: SessionSettings = { authMode: seed.authMode ?? 2, requireCookie: false };
  const sessions = createSessions(clock, settings);
  const signInSettings: SignInSettings = {
    cannotForce: false,
    waitMs: 0,
    timeRemaining: '90',
    isForceChange: 'false',
    vdnIds: {},
  };
  const signIn = createSignIns(clock, sessions, seed.agents ?? demoAgents, signInSettings);
  const queries = new Map<string, number[]>();
  /** Retcodes of queries about these work numbers. No page says whether 100-006 may concern the agent asked about. */
  let targetRetcodes: Readonly<Record<string, string>> = {};
  /** Routes of the vendor's own stub end at 59999, of an older one at 19999. */
  let lastWorkNumber = Number.POSITIVE_INFINITY;
  let pollWaitMs = rings(clock) ? POLL_WAIT_MS : 0;

  /**
   * `GET /agentevent/{agentid}` (cec_07_1274): at most one event an answer. A poll whose caller has gone waits on and
   * takes event and renewal all the same: no page says that the gateway notices.
   */
  function poll({ headers }: ReceivedRequest, agentid: string, vendorCase: string): Answer | Promise<Answer> {
    const session = sessions.admitPoll(agentid, headers);
    if (!session) return refuse('100-006');
    if (vendorCase === 'event') return answerPoll(session, 'AgentOther_InService', vendorCase);
    return new Promise((resolve, reject) => {
      sessions.nextEvent(session, pollWaitMs, (eventType) => {
        const answered = answerPoll(session, eventType, vendorCase);
        // The server closes the connection of a request that it cannot answer.
        if (vendorCase === 'renew-lost') reject(new Error('the answer is lost on its way'));
        else resolve(answered);
      });
    });
  }

  function answerPoll(session: Session, eventType: string | undefined, vendorCase: string): Answer {
    if (eventType === undefined && !session.signedIn) return refuse('100-006');
    const guid = session.signedIn ? sessions.renewGuid(session) : undefined;
    const event = { eventType, workNo: session.agentid, content: null };
    const body = { message: '', retcode: '0', ...(eventType !== undefined && { event }) };
    return reply(body, guid ? guidHeaders(guid, vendorCase) : {});
  }

  /** `PUT …/updateGuid` (cec_07_0358): the only new Guid that comes in a body. What becomes of the old is unknown. */
  function updateGuid({ headers }: ReceivedRequest, agentid: string): Answer {
    const session = sessions.admit(agentid, headers);
    if (!session) return refuse('100-006');
    return reply({ result: { guid: sessions.issueGuid(session) }, message: 'success', retcode: '0' });
  }

  /** `DELETE …/logout` (cec_07_1219) and `…/forcelogout` (cec_07_0353); no agent here ever has a call. */
  function signOut({ headers }: ReceivedRequest, agentid: string): Answer {
    // 100-008, already signed out, is as well documented; which of both comes is unknown.
    const session = sessions.admit(agentid, headers);
    if (!session) return refuse('100-006');
    sessions.close(session);
    return reply({ result: {}, message: 'success', retcode: '0' });
  }

  /** `GET /agentgroup/{agentid}/agentbyworkno/{workno}` (cec_07_0415). */
  function lookUp(
    { headers }: ReceivedRequest,
    agentid: string,
    workno: string | undefined,
    vendorCase: string,
  ): Answer {
    const session = sessions.admit(agentid, headers, settings.requireCookie || vendorCase === 'require-cookie');
    if (!session) return refuse('100-006');
    // The retcode on flow control is not documented; this is the likeliest of the table.
    if (isOverLimit(agentid)) return refuse('000-007');
    if (!isWorkNumber(workno)) return refuse('000-002');
    const retcode = targetRetcodes[workno];
    if (retcode !== undefined) return refuse(retcode);
    const agent = directory.get(workno) ?? (sessions.holder(workno) && signedIn(workno));
    // Unknown: 300-001, 300-002 and 100-007 are the candidates for an agent that does not exist or is in another VDN.
    if (!agent) return refuse('300-002');

    const renewed = vendorCase === 'renew-guid' ? guidHeaders(sessions.replaceGuid(session), vendorCase) : {};
    const success = vendorCase === 'numbers' ? 0 : '0';
    const answer = reply({ message: '', retcode: success, result: reshape(agent, vendorCase) }, renewed);
    if (vendorCase !== 'gbk') return answer;
    const headersInGbk = { ...answer.headers, 'content-type': 'application/json;charset=GBK' };
    return { ...answer, headers: headersInGbk, body: iconv.encode(String(answer.body), 'gbk') };
  }

  function isOverLimit(agentid: string): boolean {
    const recent = (queries.get(agentid) ?? []).filter((at) => clock.now() - at < FLOW_WINDOW_MS);
    if (recent.length >= FLOW_LIMIT) return true;
    queries.set(agentid, [...recent, clock.now()]);
    return false;
  }

  function answer(request: ReceivedRequest, vendorCase = ''): Answer | Promise<Answer> {
    if (vendorCase.startsWith('retcode:')) return refuse(vendorCase.slice('retcode:'.length));
    if (vendorCase !== '' && !vendorCases.has(vendorCase)) {
      throw new Error(`huawei-agent-gateway has no vendor case ${vendorCase}`);
    }
    if (vendorCase === 'not-signed-in') return refuse('100-006');
    if (vendorCase === 'html-502' || !request.path.startsWith(BASE_PATH)) {
      return html(vendorCase === 'html-502' ? 502 : 404);
    }
    // Required on every request, also on GET (cec_07_0415). What happens without it is unknown.
    const contentType = (request.headers['content-type'] ?? '').toLowerCase().replaceAll(' ', '');
    if (contentType !== 'application/json;charset=utf-8') return refuse('000-002');

    const [resource, agentid, operation = '', workno] = request.path.slice(BASE_PATH.length).split('/');
    if ([agentid, workno].some((number) => Number(number) > lastWorkNumber)) return html(404);
    if (!isWorkNumber(agentid)) return refuse('000-002');
    switch (`${request.method} ${resource}/${operation}`) {
      case 'PUT onlineagent/':
        return signIn(request, agentid, { forced: false, vendorCase });
      case 'PUT onlineagent/forcelogin':
        return signIn(request, agentid, { forced: true, vendorCase });
      case 'PUT onlineagent/updateGuid':
        return updateGuid(request, agentid);
      case 'DELETE onlineagent/logout':
      case 'DELETE onlineagent/forcelogout':
        return signOut(request, agentid);
      case 'GET agentevent/':
        return poll(request, agentid, vendorCase);
      case 'GET agentgroup/agentbyworkno':
        return lookUp(request, agentid, workno, vendorCase);
      default:
        return refuse('000-002');
    }
  }

  /**
   * `forgetSessions`; `signIn`: somebody else signs this agent in; `event`: `{ agentid, eventType }`, one event for an
   * agent who is signed in; `targetRetcodes`: a retcode for each work number whose lookup it refuses; `authMode`,
   * `requireCookie`, `pollWaitMs`, `lastWorkNumber`; and of sign-ins to come `cannotForce`, `signInWaitMs`,
   * `timeRemaining`, `isForceChange`, `vdnIds`.
   */
  function setState(state: Record<string, unknown>): void {
    if (state['forgetSessions'] === true) sessions.forgetAll();
    if (state['signIn'] !== undefined) sessions.open(String(state['signIn']));
    if (state['event'] !== undefined) {
      const { agentid, eventType } = state['event'] as Record<string, unknown>;
      sessions.pushEvent(String(agentid), String(eventType));
    }
    if (state['targetRetcodes'] !== undefined) targetRetcodes = state['targetRetcodes'] as Record<string, string>;
    if (state['authMode'] === 1 || state['authMode'] === 2) settings.authMode = state['authMode'];
    if (state['requireCookie'] !== undefined) settings.requireCookie = state['requireCookie'] === true;
    if (state['pollWaitMs'] !== undefined) pollWaitMs = Number(state['pollWaitMs']);
    if (state['lastWorkNumber'] !== undefined) lastWorkNumber = Number(state['lastWorkNumber']);
    if (state['vdnIds'] !== undefined) signInSettings.vdnIds = state['vdnIds'] as Record<string, number>;
    if (state['cannotForce'] !== undefined) signInSettings.cannotForce = state['cannotForce'] === true;
    if (state['signInWaitMs'] !== undefined) signInSettings.waitMs = Number(state['signInWaitMs']);
    if (state['timeRemaining'] !== undefined) signInSettings.timeRemaining = String(state['timeRemaining']);
    if (state['isForceChange'] !== undefined) signInSettings.isForceChange = String(state['isForceChange']);
  }

  return { name: 'huawei-agent-gateway', answer, setState, state: sessions.state };
}
