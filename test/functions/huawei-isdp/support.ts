import { findOnlineAgent } from '../../../functions/huawei-isdp/find-online-agent.ts';
import { huaweiIsdp, ISDP_CLIENT_ID, ISDP_PASSWORD, ISDP_USERNAME } from '../../../local/simulators/huawei-isdp.ts';
import { startWorld, type World } from '../../support/world.ts';
import { watchTimers } from '../huawei-common/support.ts';

export const TOKEN = '/oauth2/oauth/rest_token';
export const FIND = '/openapi/v1/openTask/findOnlineAgent';

/** The page's own sample of a request. */
export const SAMPLE = { pageSize: 1, pageStart: 0, onlineStatus: 1 };

export const secretFor = (vendorUrl: string) => ({
  baseUrl: vendorUrl,
  clientId: ISDP_CLIENT_ID,
  username: ISDP_USERNAME,
  password: ISDP_PASSWORD,
});

type Options = Partial<Parameters<typeof startWorld>[0]>;

export async function startIsdp(options: Options = {}): Promise<World> {
  return watchTimers(
    await startWorld({ lookup: findOnlineAgent, simulation: huaweiIsdp, secret: secretFor, ...options }),
  );
}
