import { withDefaultPath } from '../http/address.ts';
import type { Clock } from '../time/clock.ts';
import type { Vendor, VendorDescription } from '../vendor.ts';
import { createAgentShares } from './huawei-agent-gateway/agent-share.ts';
import { judgeRetcode, NAME, readRetcode } from './huawei-agent-gateway/answer.ts';
import { type GatewaySecret, gatewaySecret } from './huawei-agent-gateway/secret.ts';
import {
  type AgentSession,
  createSession,
  readCookies,
  readGuid,
  sessionHeaders,
} from './huawei-agent-gateway/session.ts';
import { createSessionSource } from './huawei-agent-gateway/session-source.ts';
import { JSON_UTF8 } from './huawei-agent-gateway/sign-in.ts';

/*
 * Huawei CC-Gateway ("agentgateway"), authentication class C4: the Guid of a signed-in agent.
 * Pages: https://support.huaweicloud.com/api-ccfs-cec/cec_07_0005.html (Guid, AUTHMODE), cec_07_1202.html (sign-in),
 * cec_07_0415.html (lookup).
 */

export const huaweiAgentGateway: VendorDescription<GatewaySecret, AgentSession> = {
  name: NAME,
  secretSchema: gatewaySecret,
  sensitive: (secret) => (secret.session === 'managed' ? secret.agents.map(({ password }) => password) : []),
  connect,
};

function connect(clock: Clock): Vendor<GatewaySecret, AgentSession> {
  const shareOf = createAgentShares(clock);
  const baseUrl = (secret: GatewaySecret) => withDefaultPath(secret.baseUrl, '/agentgateway/resource');
  const connection = ({ ca, servername }: GatewaySecret) => ({ ...(ca && { ca }), ...(servername && { servername }) });
  const credentials = createSessionSource({ clock, baseUrl, connection, shareOf });

  return {
    credentials,
    connection,
    limiter: ({ agentid }, call) => {
      const { limiter, undecided } = shareOf(baseUrl(call.secret.value), agentid);
      undecided.delete(call);
      return limiter;
    },
    defaults: ({ agentid }) => ({ agentid }),
    authorize: ({ method, path }, session, { secret }) => ({
      method,
      url: baseUrl(secret.value) + path,
      headers: { ...sessionHeaders(session), 'content-type': JSON_UTF8, accept: 'application/json' },
    }),
    judge: (answer, read) => judgeRetcode(answer, (result) => read(result, answer)),
    // By the pages only sign-in, polling and handshake renew a Guid; a Guid on any other answer counts all the same.
    observe: (answer, session, call) => {
      const guid = readGuid(answer);
      if (!guid || guid === session.guid || readRetcode(answer) !== '0') return undefined;
      if (call.secret.value.session === 'caller') return guid;
      const renewed = createSession(session.agentid, guid, readCookies(answer, session.cookies), clock.now());
      credentials.replace(session, renewed, call);
      return undefined;
    },
  };
}
