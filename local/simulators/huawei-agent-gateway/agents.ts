/** What an agent signs in with (api-ccfs-cec/cec_07_1202). */
export interface SignInAgent {
  readonly agentid: string;
  readonly password: string;
  readonly phonenum: string;
}

/** One agent as agentbyworkno answers it (cec_07_0415): status and ctiStatus are strings in the official sample. */
export interface AgentDetails {
  readonly workno: string;
  readonly name: string;
  readonly status: string | number;
  readonly ctiStatus: string | number;
  readonly groupid: number;
  readonly groupname: string;
  readonly skilllist: readonly { readonly name: string; readonly id: number; readonly mediatype: number }[];
  readonly mediatype: string;
  readonly vdnid: number;
  readonly phonenumber: string;
  readonly currentstatetime: number;
  readonly logindate: number;
  readonly callids: readonly never[];
  readonly inMultimediaConf: number;
  readonly currentStateReason: number;
}

/** Who may sign in to the simulator. All of them belong to the VDN of the official sample. */
export const demoAgents: readonly SignInAgent[] = [
  { agentid: '20001', password: 'demo-password-20001', phonenum: '70001' },
  { agentid: '20002', password: 'demo-password-20002', phonenum: '70002' },
  { agentid: '20003', password: 'demo-password-20003', phonenum: '70003' },
];

/** The official sample (cec_07_0415), field by field. */
const sample: AgentDetails = {
  workno: '20011',
  name: '20011',
  status: '4',
  ctiStatus: '1',
  groupid: 1,
  groupname: 'jst',
  skilllist: [
    { name: 'clicktodial_jst', id: 10, mediatype: 2 },
    { name: 'callback', id: 2, mediatype: 4 },
    { name: 'webchat', id: 3, mediatype: 1 },
    { name: 'email', id: 4, mediatype: 6 },
    { name: 'voice_hym', id: 5, mediatype: 5 },
    { name: 'voice', id: 6, mediatype: 5 },
    { name: 'webchat_jst', id: 9, mediatype: 1 },
  ],
  mediatype: 'TTT',
  vdnid: 6,
  phonenumber: '70942',
  currentstatetime: 1210,
  logindate: 1501125758000,
  callids: [],
  inMultimediaConf: 0,
  currentStateReason: 0,
};

/** The state of the gateway that goes with each ctiStatus (cec_07_0581, table 2), from not signed in to learning. */
const statusOfCtiStatus = ['2', '4', '7', '7', '7', '7', '5', '3', '8', '0'];

/**
 * Unknown: whether the gateway answers for an agent that is signed out at all. Where it does, the sentinels are those
 * that its twin in CC-CMS shows (cec_07_2643, cec_07_2569).
 */
const signedOut = { mediatype: 'FFF', logindate: 4294967295000, currentStateReason: 65535 };

/** Whom one can ask for: the sample, and work numbers 20020 to 20029, whose last digit is their ctiStatus. */
export const directory: ReadonlyMap<string, AgentDetails> = new Map(
  [
    sample,
    ...statusOfCtiStatus.map((status, ctiStatus) => ({
      ...sample,
      workno: `2002${ctiStatus}`,
      name: `2002${ctiStatus}`,
      status,
      ctiStatus: `${ctiStatus}`,
      phonenumber: `7002${ctiStatus}`,
      ...(ctiStatus === 0 ? signedOut : {}),
    })),
  ].map((agent) => [agent.workno, agent]),
);

/** An agent that is signed in to ask: it is busy, as its sign-in said. */
export function signedIn(workno: string): AgentDetails {
  return { ...sample, workno, name: workno, status: '3', ctiStatus: '7' };
}

/** The vendor case's own turn of an answer; other cases leave it as it is. */
export function reshape(agent: AgentDetails, vendorCase: string): AgentDetails | readonly AgentDetails[] {
  switch (vendorCase) {
    case 'numbers':
      // The table types both as int; only the sample prints strings.
      return { ...agent, status: Number(agent.status), ctiStatus: Number(agent.ctiStatus) };
    case 'result-array':
      // The page's text calls the result a list, its sample is one object.
      return [agent];
    case 'unknown-mediatype':
      return { ...agent, skilllist: [{ name: 'unlisted', id: 11, mediatype: 99 }] };
    case 'unknown-status':
      return { ...agent, status: 'x', ctiStatus: 42 };
    case 'gbk':
      return { ...agent, name: '座席张三' };
    default:
      return agent;
  }
}
