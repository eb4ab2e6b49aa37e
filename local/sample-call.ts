import type { Account } from './accounts.ts';
import { demoAccount } from './simulators/volcengine-im.ts';

interface Sample {
  readonly lookup: string;
  readonly input: (account: Account) => Readonly<Record<string, unknown>>;
  /** Fields of the input whose values a simulator knows, and a real vendor does not. */
  readonly ofSimulator: (account: Account) => readonly string[];
}

/** A request to each vendor, with the values of the vendors' own samples. The first needs none that a vendor knows. */
const SAMPLES: Readonly<Record<string, Sample>> = {
  'huawei-isdp': {
    lookup: 'find-online-agent',
    input: () => ({ pageSize: 1, pageStart: 0, onlineStatus: 1 }),
    ofSimulator: () => [],
  },
  'huawei-cec': {
    lookup: 'get-user-info-by-call-id',
    input: () => ({ callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' }),
    ofSimulator: () => ['callId', 'userId', 'tenantId'],
  },
  'huawei-agent-gateway': {
    lookup: 'query-agent-info-by-work-no',
    input: (account) => ({ workno: '20011', ...(isCallers(account) && { agentid: '20001' }) }),
    ofSimulator: () => ['workno'],
  },
  'volcengine-im': {
    lookup: 'batch-get-conversation-participant',
    input: ({ secret }) => ({
      ConversationShortId: 1,
      ParticipantUserIds: [10001, 10002],
      ...(secret['appId'] === undefined && { AppId: Number(demoAccount.appId) }),
    }),
    ofSimulator: ({ secret }) => [
      ...['ConversationShortId', 'ParticipantUserIds'],
      ...(secret['appId'] === undefined ? ['AppId'] : []),
    ],
  },
};
const VENDORS = Object.keys(SAMPLES);

/**
 * A curl line that asks an account whose secret is valid, and after it which values must be replaced, where the vendor
 * cannot know them.
 */
export function sampleCall(url: string, accounts: readonly Account[]): string[] {
  const usable = accounts
    .filter(({ vendor, fault }) => fault === undefined && SAMPLES[vendor])
    .toSorted((one, other) => rank(one) - rank(other));
  const [account] = usable;
  const sample = SAMPLES[account?.vendor ?? ''];
  if (!account || !sample) return ['No account has a valid secret, so no lookup can be answered.'];
  const headers = [
    'content-type: application/json',
    ...(account.name === 'default' ? [] : [`x-vendor-account: ${account.name}`]),
    ...(isCallers(account) ? ['Guid: <Guid>'] : []),
  ];
  const options = headers.map((header) => `-H '${header}'`).join(' ');
  const input = JSON.stringify(sample.input(account));
  const line = `curl -sS ${url}/v1/${account.vendor}/${sample.lookup} ${options} -d '${input}'`;
  const toReplace = valuesToReplace(account);
  if (toReplace.length === 0) return [line];
  return [line, `Replace in this line: ${toReplace.join(', ')}. The vendor does not know the values that it shows.`];
}

/** Lines that work when pasted come first, in the order of SAMPLES. */
function rank(account: Account): number {
  return VENDORS.indexOf(account.vendor) + (valuesToReplace(account).length > 0 ? VENDORS.length : 0);
}

function valuesToReplace(account: Account): readonly string[] {
  const ofCaller = isCallers(account) ? ['Guid', 'agentid'] : [];
  const ofSimulator = account.isSimulated ? [] : (SAMPLES[account.vendor]?.ofSimulator(account) ?? []);
  return [...ofCaller, ...ofSimulator];
}

/** Whether the caller brings the session of an agent that it has signed in. */
function isCallers({ secret }: Account): boolean {
  return secret['session'] === 'caller';
}
