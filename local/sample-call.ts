/** A question to each vendor: of the vendors' own samples those that a simulator answers. */
const SAMPLES: Readonly<Record<string, readonly [lookup: string, input: string]>> = {
  'huawei-isdp': ['find-online-agent', '{"pageSize":1,"pageStart":0,"onlineStatus":1}'],
  'huawei-cec': [
    'get-user-info-by-call-id',
    '{"callId":"1652317325-339","userId":"1652268429538866153","tenantId":"202205116084"}',
  ],
  'huawei-agent-gateway': ['query-agent-info-by-work-no', '{"workno":"20011"}'],
  'volcengine-im': [
    'batch-get-conversation-participant',
    '{"ConversationShortId":1,"ParticipantUserIds":[10001,10002]}',
  ],
};

/** A curl line that asks an account that there is a secret for; `accounts` are `<vendor>/<account>`. */
export function sampleCall(url: string, accounts: readonly string[]): string {
  for (const [vendor, [lookup, input]] of Object.entries(SAMPLES)) {
    const account = accounts.find((name) => name.startsWith(`${vendor}/`))?.slice(vendor.length + 1);
    if (account === undefined) continue;
    const header = account === 'default' ? '' : ` -H 'x-vendor-account: ${account}'`;
    return `curl -sS ${url}/v1/${vendor}/${lookup} -H 'content-type: application/json'${header} -d '${input}'`;
  }
  return 'There is no secret: no lookup can be answered.';
}
