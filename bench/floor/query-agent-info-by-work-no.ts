import { AGENT_CODES, SKILL_CODES } from '../codes.ts';
import { createHandler } from './handler.ts';
import { Failure, type Reply, readJson, send } from './http.ts';
import { shape } from './shape.ts';

interface GatewaySecret {
  readonly baseUrl: string;
  readonly session: 'caller' | 'managed';
  readonly agents?: readonly { readonly agentid: string; readonly password: string; readonly phonenum: string }[];
}

interface Session {
  readonly agentid: string;
  readonly headers: Readonly<Record<string, string>>;
}

const CONTENT_TYPE = { 'content-type': 'application/json; charset=UTF-8' };
const BUSY = 3;

const sessions = new WeakMap<GatewaySecret, Session>();

async function managedSession(secret: GatewaySecret): Promise<Session> {
  const known = sessions.get(secret);
  if (known) return known;
  const agent = secret.agents?.[0];
  if (!agent) throw new Failure(500, 'the account has no agent');
  const { agentid, password, phonenum } = agent;
  const signIn = { password, phonenum, status: BUSY, autoenteridle: false, autoanswer: false };
  const url = `${secret.baseUrl}/agentgateway/resource/onlineagent/${agentid}`;
  const reply = await send('PUT', url, CONTENT_TYPE, JSON.stringify(signIn));
  readResult(reply);
  const guid = String(reply.headers['set-guid'] ?? reply.headers['guid']).replace(/^.*=/, '');
  const cookie = (reply.headers['set-cookie'] ?? []).map((each) => each.split(';')[0]).join('; ');
  const session = { agentid, headers: { ...CONTENT_TYPE, guid, cookie } };
  sessions.set(secret, session);
  return session;
}

function readResult(reply: Reply): object {
  const { retcode, result } = readJson<{ retcode: string; result: object }>(reply);
  if (retcode !== '0') throw new Failure(422, `refused: ${retcode}`);
  return result;
}

const skill = shape({ name: String, id: Number, mediatype: Number }, SKILL_CODES);

const agentInfo = shape(
  {
    workno: String,
    name: String,
    status: Number,
    ctiStatus: Number,
    groupid: Number,
    groupname: String,
    skilllist: (skills: object[]) => skills.map(skill),
    callids: (ids: unknown[]) => ids,
    mediatype: String,
    vdnid: Number,
    phonenumber: String,
    currentstatetime: Number,
    logindate: Number,
    inMultimediaConf: Number,
    currentStateReason: Number,
  },
  AGENT_CODES,
);

interface Input {
  readonly workno: string;
  readonly agentid?: string;
}

function isWorkNumber(value: unknown): boolean {
  return /^[1-9]\d{2,5}$/.test(String(value)) && Number(value) > 100;
}

export const handler = createHandler<GatewaySecret, Input>({
  name: 'queryAgentInfoByWorkNo',
  vendor: 'huawei-agent-gateway',
  isInput: ({ workno, agentid, ...others }) =>
    isWorkNumber(workno) && (agentid === undefined || isWorkNumber(agentid)) && Object.keys(others).length === 0,
  ask: async (input, secret, event) => {
    const { agentid, headers } =
      secret.session === 'caller'
        ? { agentid: input.agentid, headers: { ...CONTENT_TYPE, guid: event.headers['guid'] ?? '' } }
        : await managedSession(secret);
    const url = `${secret.baseUrl}/agentgateway/resource/agentgroup/${agentid}/agentbyworkno/${input.workno}`;
    return agentInfo(readResult(await send('GET', url, headers)));
  },
});
