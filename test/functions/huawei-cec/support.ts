import type { Lookup } from '../../../lib/lookup.ts';
import { CEC_APP_KEY, CEC_APP_SECRET, huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { startWorld, type World } from '../../support/world.ts';
import { watchTimers } from '../huawei-common/support.ts';

export const TOKEN = '/apigovernance/api/oauth/tokenByAkSk';
export const USER_INFO = '/apiaccess/rest/workbench/v1/getUserInfoBycallId';
export const LOGIN_PARAMS = '/apiaccess/CC-Management/v1/queryAgentLoginParams';

/** A chat and an agent that the simulator knows. */
export const CHAT = { callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' };
export const LOGIN = { account: 'ls120201', password: 'Samplex' };

export const EXPIRED_TEXT =
  'auth fail! illegal or expired token info. please apply or refresh the access token from the server!';

export const secretFor = (vendorUrl: string) => ({
  baseUrl: vendorUrl,
  appKey: CEC_APP_KEY,
  appSecret: CEC_APP_SECRET,
});

type Options = Partial<Parameters<typeof startWorld>[0]>;

export async function startCec(lookup: Lookup, options: Options = {}): Promise<World> {
  return watchTimers(await startWorld({ lookup, simulation: huaweiCec, secret: secretFor, ...options }));
}
