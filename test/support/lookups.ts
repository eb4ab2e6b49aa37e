import { queryAgentInfoByWorkNo } from '../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { getUserInfoByCallId } from '../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { queryAgentLoginParams } from '../../functions/huawei-cec/query-agent-login-params.ts';
import { findOnlineAgent } from '../../functions/huawei-isdp/find-online-agent.ts';
import { batchGetConversationParticipant } from '../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { huaweiAgentGateway } from '../../local/simulators/huawei-agent-gateway.ts';
import { huaweiCec } from '../../local/simulators/huawei-cec.ts';
import { huaweiIsdp } from '../../local/simulators/huawei-isdp.ts';
import { volcengineIm } from '../../local/simulators/volcengine-im.ts';
import { cecSecret, gatewaySecret, isdpSecret, volcengineSecret } from './accounts.ts';

/* Every lookup with its vendor, and an input that the simulator knows an answer to. */

export const userInfo = {
  lookup: getUserInfoByCallId,
  simulation: huaweiCec,
  secret: cecSecret,
  input: { callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' },
};

export const loginParams = {
  lookup: queryAgentLoginParams,
  simulation: huaweiCec,
  secret: cecSecret,
  input: { account: 'ls120201', password: 'Samplex' },
};

export const onlineAgents = {
  lookup: findOnlineAgent,
  simulation: huaweiIsdp,
  secret: isdpSecret,
  input: { pageStart: 0, pageSize: 10 },
};

export const agentInfo = {
  lookup: queryAgentInfoByWorkNo,
  simulation: huaweiAgentGateway,
  secret: gatewaySecret,
  input: { workno: '20011' },
};

export const participants = {
  lookup: batchGetConversationParticipant,
  simulation: volcengineIm,
  secret: volcengineSecret,
  input: { ConversationShortId: '7203245678901234567', ParticipantUserIds: ['9223372036854775807'] },
};

export const LOOKUPS = [userInfo, loginParams, onlineAgents, agentInfo, participants];
