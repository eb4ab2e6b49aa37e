import { withDefaultPath } from '../http/address.ts';
import { createRateLimiter, type RateLimiter } from '../pipeline/rate-limiter.ts';
import type { Clock } from '../time/clock.ts';
import type { Vendor, VendorDescription } from '../vendor.ts';
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

/** At most 5 requests of an agent in 2 s (cec_07_0413). */
const AGENT_RATE = { requests: 5, windowMs: 2_000 };

export const huaweiAgentGateway: VendorDescription<GatewaySecret, AgentSession> = {
  name: NAME,
  secretSchema: gatewaySecret,
  sensitive: (secret) => (secret.session === 'managed' ? secret.agents.map(({ password }) => password) : []),
  connect,
};

function connect(clock: Clock): Vendor<GatewaySecret, AgentSession> {
  const limiters = new Map<string, RateLimiter>();
  const limiterOf = (baseUrl: string, agentid: string): RateLimiter => {
    const key = `${baseUrl}/${agentid}`;
    const limiter = limiters.get(key) ?? createRateLimiter(clock, AGENT_RATE);
    limiters.set(key, limiter);
    return limiter;
  };
  const baseUrl = (secret: GatewaySecret) => withDefaultPath(secret.baseUrl, '/agentgateway/resource');
  const connection = ({ ca, servername }: GatewaySecret) => ({ ...(ca && { ca }), ...(servername && { servername }) });
  const credentials = createSessionSource({ clock, baseUrl, connection, limiterOf });

  return {
    credentials,
    connection,
    limiter: ({ agentid }, { secret }) => limiterOf(baseUrl(secret.value), agentid),
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
