import { z } from 'zod';
import { AGENT_CODES, SKILL_CODES } from '../codes.ts';
import { type Reply, readAnswer, send } from './clients.ts';
import { createHandler } from './handler.ts';
import { labelled, number, text } from './schema.ts';

const gatewaySecret = z.object({
  baseUrl: z.url(),
  session: z.enum(['caller', 'managed']),
  agents: z.array(z.object({ agentid: z.string(), password: z.string(), phonenum: z.string() })).optional(),
});

type GatewaySecret = z.output<typeof gatewaySecret>;

interface Session {
  readonly agentid: string;
  readonly headers: Record<string, string>;
}

const CONTENT_TYPE = { 'content-type': 'application/json; charset=UTF-8' };
const BUSY = 3;

const sessions = new Map<GatewaySecret, Session>();

async function managedSession(secret: GatewaySecret): Promise<Session> {
  const known = sessions.get(secret);
  if (known) return known;
  const agent = secret.agents?.[0];
  if (!agent) throw new Error('the account has no agent');
  const { agentid, password, phonenum } = agent;
  const signIn = { password, phonenum, status: BUSY, autoenteridle: false, autoanswer: false };
  const url = `${secret.baseUrl}/agentgateway/resource/onlineagent/${agentid}`;
  const reply = await send('PUT', url, CONTENT_TYPE, JSON.stringify(signIn));
  readResult(reply);
  const guid = String(reply.headers['set-guid'] ?? reply.headers['guid']).replace(/^.*=/, '');
  const cookie = [reply.headers['set-cookie'] ?? []]
    .flat()
    .map((each) => each.split(';')[0])
    .join('; ');
  const session = { agentid, headers: { ...CONTENT_TYPE, guid, cookie } };
  sessions.set(secret, session);
  return session;
}

const envelope = z.object({ retcode: z.literal('0'), result: z.unknown() });

function readResult(reply: Reply): unknown {
  return readAnswer(reply, envelope).result;
}

const skill = labelled({ name: text, id: number, mediatype: number }, SKILL_CODES);

const workNumber = z.coerce.number().int().min(101).max(999_999).transform(String);

export const handler = createHandler({
  name: 'queryAgentInfoByWorkNo',
  vendor: 'huawei-agent-gateway',
  secret: gatewaySecret,
  input: z.strictObject({ workno: workNumber, agentid: workNumber.optional() }),
  output: labelled(
    {
      workno: text,
      name: text,
      status: number,
      ctiStatus: number,
      groupid: number,
      groupname: text,
      skilllist: z.array(skill).nullish(),
      callids: z.array(z.unknown()).nullish(),
      mediatype: text,
      vdnid: number,
      phonenumber: text,
      currentstatetime: number,
      logindate: number,
      inMultimediaConf: number,
      currentStateReason: number,
    },
    AGENT_CODES,
  ),
  ask: async (input, secret, event) => {
    const { agentid, headers } =
      secret.session === 'caller'
        ? { agentid: input.agentid, headers: { ...CONTENT_TYPE, guid: event.headers['guid'] ?? '' } }
        : await managedSession(secret);
    const url = `${secret.baseUrl}/agentgateway/resource/agentgroup/${agentid}/agentbyworkno/${input.workno}`;
    return readResult(await send('GET', url, headers));
  },
});
