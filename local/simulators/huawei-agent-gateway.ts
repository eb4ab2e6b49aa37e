import { setTimeout as delay } from 'node:timers/promises';
import iconv from 'iconv-lite';
import { demoAgents, directory, reshape, type SignInAgent } from './huawei-agent-gateway/agents.ts';
import { createSessions, type SessionSettings } from './huawei-agent-gateway/sessions.ts';
import type { Answer, ReceivedRequest, SimulatorClock, VendorSimulation } from './server.ts';

export { demoAgents, type SignInAgent };

const BASE_PATH = '/agentgateway/resource/';
/** "At most 5 requests per agent per 2 s" of agentgroup (api-cec/cec_07_0413). */
const FLOW_LIMIT = 5;
const FLOW_WINDOW_MS = 2000;

/** Meanings of retcodes (api-ccfs-cec/cec_07_0580); the wording of `message` is not documented. */
const meanings: Readonly<Record<string, string>> = {
  '000-002': 'URL parameters, address or interface parameters are wrong',
  '000-007': 'The interface is called repeatedly',
  '100-001': 'Sign-in parameters are empty or invalid',
  '100-002': 'The agent is already signed in',
  '100-004': 'Wrong user or password',
  '100-006': 'The agent is not signed in',
  '100-015': 'The agent is signed in and cannot be forced out',
  '300-002': 'The agent is not found',
};

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
  'require-cookie',
  'result-array',
  'unknown-mediatype',
  'unknown-status',
]);

type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** HTTP 200 whatever the verdict: that is retcode (api-ccfs-cec/cec_07_0580). */
function reply(body: object, headers: AnswerHeaders = {}): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(body),
  };
}

function refuse(retcode: string): Answer {
  return reply({ message: meanings[retcode] ?? '', retcode });
}

/** The Guid is in a header, never in the body of a sign-in: `Set-GUID` (cec_07_1202), or bare as two sites saw it. */
function guidHeaders(guid: string, vendorCase: string): AnswerHeaders {
  if (vendorCase === 'guid-neither') return {};
  return vendorCase === 'guid-header' ? { Guid: guid } : { 'Set-GUID': `JSESSIONID=${guid}` };
}

function isWorkNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d{3,6}$/.test(text) && Number(text) >= 101;
}

/**
 * The agent gateway's session handling and its lookup agentbyworkno (api-ccfs-cec/cec_07_0415). It has no long poll
 * unless the state `pollWaitMs` asks for one: an event poll is answered at once.
 */
export function huaweiAgentGateway(
  clock: SimulatorClock,
  seed: { readonly agents?: readonly SignInAgent[]; readonly authMode?: 1 | 2 } = {},
): VendorSimulation {
  const agents = seed.agents ?? demoAgents;
  const settings: SessionSettings = { authMode: seed.authMode ?? 2, requireCookie: false };
  const sessions = createSessions(clock, settings);
  const queries = new Map<string, number[]>();
  let cannotForce = false;
  let pollWaitMs = 0;

  /** `PUT /onlineagent/{agentid}` (cec_07_1202) and `…/forcelogin` (cec_07_1203), which evicts who is signed in. */
  function signIn({ body }: ReceivedRequest, agentid: string, forced: boolean, vendorCase: string): Answer {
    const { password, phonenum } = readJson(body);
    if (!isText(password) || !isText(phonenum)) return refuse('100-001');
    const agent = agents.find((each) => each.agentid === agentid);
    // Any phone number will do: which retcode a strange one gets (100-013, 100-014) hangs on the site's configuration.
    if (agent?.password !== password) return refuse('100-004');
    const holder = sessions.holder(agentid);
    if (holder && !forced) return refuse('100-002');
    if (holder && cannotForce) return refuse('100-015');

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
      vdnid: 6,
      workno: agentid,
      mediatype: 'TTF',
      loginTime: String(clock.now()),
      isForceChange: 'false',
      serverName: 'AgentGateway',
      timeRemaining: '90',
    };
    return reply({ message: '', retcode: '0', result }, headers);
  }

  /** `GET /agentevent/{agentid}` (cec_07_1274): at most one event an answer. */
  async function poll({ headers }: ReceivedRequest, agentid: string, vendorCase: string): Promise<Answer> {
    const session = sessions.admit(agentid, headers);
    if (!session) return refuse('100-006');
    if (pollWaitMs > 0) await delay(pollWaitMs, undefined, { ref: false });
    const guid = sessions.poll(session);
    const event = { eventType: 'AgentOther_InService', workNo: agentid, content: null };
    const body = { message: '', retcode: '0', ...(vendorCase === 'event' ? { event } : {}) };
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
    if (!sessions.admit(agentid, headers)) return refuse('100-006');
    sessions.close(agentid);
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
    const agent = directory.get(workno);
    // Unknown: 300-001, 300-002 and 100-007 are the candidates for an agent that does not exist or is in another VDN.
    if (!agent) return refuse('300-002');

    const renewed = vendorCase === 'renew-guid' ? guidHeaders(sessions.replaceGuid(session), vendorCase) : {};
    const retcode = vendorCase === 'numbers' ? 0 : '0';
    const answer = reply({ message: '', retcode, result: reshape(agent, vendorCase) }, renewed);
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
      const status = vendorCase === 'html-502' ? 502 : 404;
      return { status, headers: { 'content-type': 'text/html' }, body: `<html><body><h1>${status}</h1></body></html>` };
    }
    // Required on every request, also on GET (cec_07_0415). What happens without it is unknown.
    const contentType = (request.headers['content-type'] ?? '').toLowerCase().replaceAll(' ', '');
    if (contentType !== 'application/json;charset=utf-8') return refuse('000-002');

    const [resource, agentid, operation = '', workno] = request.path.slice(BASE_PATH.length).split('/');
    if (!isWorkNumber(agentid)) return refuse('000-002');
    switch (`${request.method} ${resource}/${operation}`) {
      case 'PUT onlineagent/':
        return signIn(request, agentid, false, vendorCase);
      case 'PUT onlineagent/forcelogin':
        return signIn(request, agentid, true, vendorCase);
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

  /** `forgetSessions`, `signIn` (somebody else signs this agent in), `authMode`, `requireCookie`, `cannotForce`, `pollWaitMs`. */
  function setState(state: Record<string, unknown>): void {
    if (state['forgetSessions'] === true) sessions.forgetAll();
    if (state['signIn'] !== undefined) sessions.open(String(state['signIn']));
    if (state['authMode'] === 1 || state['authMode'] === 2) settings.authMode = state['authMode'];
    if (state['requireCookie'] !== undefined) settings.requireCookie = state['requireCookie'] === true;
    if (state['cannotForce'] !== undefined) cannotForce = state['cannotForce'] === true;
    if (state['pollWaitMs'] !== undefined) pollWaitMs = Number(state['pollWaitMs']);
  }

  return { name: 'huawei-agent-gateway', answer, setState };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function readJson(body: Buffer): Record<string, unknown> {
  try {
    return (JSON.parse(body.toString('utf8')) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
