import { demoAgents, huaweiAgentGateway } from '../local/simulators/huawei-agent-gateway.ts';
import { CEC_AGENTS, CEC_APP_KEY, CEC_APP_SECRET, CEC_CHATS, huaweiCec } from '../local/simulators/huawei-cec.ts';
import { huaweiIsdp, ISDP_CLIENT_ID, ISDP_PASSWORD, ISDP_USERNAME } from '../local/simulators/huawei-isdp.ts';
import type { SimulatorClock, VendorSimulation } from '../local/simulators/server.ts';
import { demoAccount, volcengineIm } from '../local/simulators/volcengine-im.ts';

/** One request for a lookup, as the measuring process puts it into an event. */
export interface CallDescription {
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  /** An input field that has another value in every call: 100000, 100001 and so on, 5,000 of them in a circle. */
  readonly distinct?: string;
}

/** One function and what is asked of it. */
export interface Case {
  /** Name of the function, and of its files in floor/ and naive/ in lower case with hyphens. */
  readonly name: string;
  readonly entryPoint: string;
  readonly vendor: string;
  readonly simulation: (clock: SimulatorClock) => VendorSimulation;
  /** The secrets of the accounts that the calls name, by account. */
  readonly secrets: (baseUrl: string) => Readonly<Record<string, object>>;
  /** What a fresh process is asked: secret, credential and lookup. */
  readonly first: CallDescription;
  /** What a warm process is asked, where that has to differ. */
  readonly warm?: CallDescription;
  /** Printed with the figures: how this case steps around a limit that the lookup keeps. */
  readonly note?: string;
  /** The lookup among the vendor's calls: part of `METHOD url`. */
  readonly lookupCall: string;
  /** Calls with different addresses that the vendor answers alike have one name. */
  readonly sameCall?: (call: string) => string;
}

const [chat, agent] = [CEC_CHATS[0], CEC_AGENTS[1]];
const gatewayAgent = demoAgents[0];

export const cases: readonly Case[] = [
  {
    name: 'getUserInfoByCallId',
    entryPoint: 'functions/huawei-cec/get-user-info-by-call-id.ts',
    vendor: 'huawei-cec',
    simulation: huaweiCec,
    secrets: cecSecrets,
    first: { input: { callId: chat?.callId, userId: chat?.userId, tenantId: chat?.tenantId }, headers: {} },
    lookupCall: 'getUserInfoBycallId',
  },
  {
    name: 'queryAgentLoginParams',
    entryPoint: 'functions/huawei-cec/query-agent-login-params.ts',
    vendor: 'huawei-cec',
    simulation: huaweiCec,
    secrets: cecSecrets,
    first: { input: { account: agent?.account, password: agent?.password }, headers: {} },
    lookupCall: 'queryAgentLoginParams',
  },
  {
    name: 'findOnlineAgent',
    entryPoint: 'functions/huawei-isdp/find-online-agent.ts',
    vendor: 'huawei-isdp',
    simulation: huaweiIsdp,
    secrets: (baseUrl) => ({
      default: { baseUrl, clientId: ISDP_CLIENT_ID, username: ISDP_USERNAME, password: ISDP_PASSWORD },
    }),
    first: { input: { onlineStatus: 1 }, headers: {} },
    note: 'The vendor’s default page: 50 agents, 31 KB.',
    lookupCall: 'findOnlineAgent',
  },
  {
    name: 'queryAgentInfoByWorkNo',
    entryPoint: 'functions/huawei-agent-gateway/query-agent-info-by-work-no.ts',
    vendor: 'huawei-agent-gateway',
    simulation: huaweiAgentGateway,
    secrets: (baseUrl) => ({
      default: { baseUrl, session: 'managed', agents: [gatewayAgent] },
      caller: { baseUrl, session: 'caller' },
    }),
    first: { input: { workno: '20011' }, headers: {} },
    warm: {
      input: { workno: '20011' },
      headers: { 'x-vendor-account': 'caller', guid: 'guid-of-the-callers-agent' },
      distinct: 'agentid',
    },
    note: 'First answer: a managed session (secret, sign-in, lookup). Warm: callers’ sessions, another agent in every call, since the lookup sends at most 5 requests an agent in 2 s.',
    lookupCall: '/agentbyworkno/',
    sameCall: (call) => call.replace(/\/agentgroup\/\d+\//, '/agentgroup/agent/'),
  },
  {
    name: 'batchGetConversationParticipant',
    entryPoint: 'functions/volcengine-im/batch-get-conversation-participant.ts',
    vendor: 'volcengine-im',
    simulation: volcengineIm,
    secrets: (baseUrl) => ({
      default: {
        baseUrl,
        region: demoAccount.region,
        accessKeyId: demoAccount.accessKeyId,
        secretAccessKey: demoAccount.secretAccessKey,
        appId: Number(demoAccount.appId),
      },
    }),
    first: {
      input: {
        ConversationShortId: '7203245678901234567',
        ParticipantUserIds: ['9223372036854775807', '7203245678901234568'],
      },
      headers: {},
    },
    note: 'Two members, every id beyond 2^53. VENDOR_QPS_SHARE is set so high that the lookup never waits for its share.',
    lookupCall: 'Action=BatchGetConversationParticipant',
  },
];

function cecSecrets(baseUrl: string) {
  return { default: { baseUrl, appKey: CEC_APP_KEY, appSecret: CEC_APP_SECRET } };
}
