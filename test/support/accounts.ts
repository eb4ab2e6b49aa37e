import { demoAgents } from '../../local/simulators/huawei-agent-gateway.ts';
import { CEC_APP_KEY, CEC_APP_SECRET } from '../../local/simulators/huawei-cec.ts';
import { ISDP_CLIENT_ID, ISDP_PASSWORD, ISDP_USERNAME } from '../../local/simulators/huawei-isdp.ts';
import { demoAccount } from '../../local/simulators/volcengine-im.ts';

/* The secrets that open the simulators. */

export const cecSecret = (baseUrl: string) => ({ baseUrl, appKey: CEC_APP_KEY, appSecret: CEC_APP_SECRET });

export const isdpSecret = (baseUrl: string) => ({
  baseUrl,
  clientId: ISDP_CLIENT_ID,
  username: ISDP_USERNAME,
  password: ISDP_PASSWORD,
});

export const gatewaySecret = (baseUrl: string) => ({ baseUrl, session: 'managed', agents: demoAgents });

export const volcengineSecret = (baseUrl: string) => ({
  baseUrl,
  region: demoAccount.region,
  accessKeyId: demoAccount.accessKeyId,
  secretAccessKey: demoAccount.secretAccessKey,
  appId: Number(demoAccount.appId),
});
