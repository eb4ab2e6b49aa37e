import type { CredentialTools } from '../credentials/credential.ts';
import { openStageStore } from '../credentials/shared/stage-store.ts';
import { thisMoment } from '../time/moment.ts';
import type { Vendor, VendorDescription } from '../vendor.ts';
import { baseUrlOf, connectionOf } from './huawei-agent-gateway/address.ts';
import { createAgentShares } from './huawei-agent-gateway/agent-share.ts';
import { judgeRetcode, NAME, readRetcode } from './huawei-agent-gateway/answer.ts';
import { readCookies } from './huawei-agent-gateway/cookies.ts';
import { createRefusedPasswords } from './huawei-agent-gateway/refused-passwords.ts';
import { type GatewaySecret, gatewaySecret } from './huawei-agent-gateway/secret.ts';
import { type AgentSession, readGuid, sessionHeaders, withGuid } from './huawei-agent-gateway/session.ts';
import { createSessionSource } from './huawei-agent-gateway/session-source.ts';

/*
 * Huawei CC-Gateway ("agentgateway"), authentication class C4: the Guid of a signed-in agent.
 * Pages: https://support.huaweicloud.com/api-ccfs-cec/cec_07_0005.html (Guid, AUTHMODE), cec_07_1202.html (sign-in),
 * cec_07_0415.html (lookup).
 */

export const huaweiAgentGateway: VendorDescription<GatewaySecret, AgentSession> = {
  name: NAME,
  secretSchema: gatewaySecret,
  // As many as one agent may ask at once (agent-share.ts).
  maxConcurrency: 5,
  sensitive: (secret) => (secret.session === 'managed' ? secret.agents.map(({ password }) => password) : []),
  openStore: openStageStore,
  connect,
};

function connect(tools: CredentialTools): Vendor<GatewaySecret, AgentSession> {
  const { clock } = tools;
  const shareOf = createAgentShares(clock);
  const refusedPasswords = createRefusedPasswords();
  const credentials = createSessionSource({ ...tools, shareOf, refusedPasswords });

  return {
    credentials,
    connection: connectionOf,
    limiter: credentials.limiter,
    defaults: ({ agentid }) => ({ agentid }),
    authorize: ({ method, path }, session, { secret }) => ({
      method,
      url: baseUrlOf(secret.value) + path,
      headers: sessionHeaders(session),
    }),
    judge: (answer, read) => judgeRetcode(answer, (result) => read(result, answer)),
    // By the pages only sign-in, polling and handshake renew a Guid; a Guid on any other answer counts all the same.
    observe: (answer, session, call) => {
      const guid = readGuid(answer);
      if (!guid || guid === session.guid || readRetcode(answer) !== '0') return undefined;
      if (call.secret.value.session === 'caller') return guid;
      const renewed = withGuid(session, guid, readCookies(answer, session.cookies), thisMoment(clock));
      credentials.replace(session, renewed, call);
      return undefined;
    },
  };
}
