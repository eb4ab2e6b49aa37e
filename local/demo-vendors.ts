import { createCertificates } from './simulators/certificate.ts';
import { demoAgents, huaweiAgentGateway } from './simulators/huawei-agent-gateway.ts';
import { CEC_APP_KEY, CEC_APP_SECRET, huaweiCec } from './simulators/huawei-cec.ts';
import { huaweiIsdp, ISDP_CLIENT_ID, ISDP_PASSWORD, ISDP_USERNAME } from './simulators/huawei-isdp.ts';
import { type Simulator, startSimulator } from './simulators/server.ts';
import { demoAccount, volcengineIm } from './simulators/volcengine-im.ts';

/** Vendors on loopback, and the secrets that open them, by `<vendor>/<account>`. */
export interface DemoVendors {
  readonly simulators: readonly Simulator[];
  readonly secrets: Readonly<Record<string, object>>;
}

/** Starts all vendors on the ports from `firstPort` on. The agent gateway has a certificate of a private authority. */
export async function startDemoVendors(firstPort: number): Promise<DemoVendors> {
  const servername = 'agw.internal.example';
  // Hours of use would fill the memory.
  const maxRequests = 1000;
  const { ca, ...tls } = await createCertificates(servername);
  const [cec, isdp, gateway, volcengine] = await Promise.all([
    startSimulator(huaweiCec, { port: firstPort, maxRequests }),
    startSimulator(huaweiIsdp, { port: firstPort + 1, maxRequests }),
    startSimulator(huaweiAgentGateway, { port: firstPort + 2, tls, maxRequests }),
    startSimulator(volcengineIm, { port: firstPort + 3, maxRequests }),
  ]);
  const gatewayServer = { baseUrl: gateway.url, ca, servername };
  return {
    simulators: [cec, isdp, gateway, volcengine],
    secrets: {
      'huawei-cec/default': { baseUrl: cec.url, appKey: CEC_APP_KEY, appSecret: CEC_APP_SECRET },
      'huawei-isdp/default': {
        baseUrl: isdp.url,
        clientId: ISDP_CLIENT_ID,
        username: ISDP_USERNAME,
        password: ISDP_PASSWORD,
      },
      'huawei-agent-gateway/default': {
        ...gatewayServer,
        session: 'managed',
        agents: demoAgents,
        // These agents are nobody else's, so that a session which was lost on its way may be taken over.
        onConflict: 'force',
      },
      'huawei-agent-gateway/caller': { ...gatewayServer, session: 'caller' },
      'volcengine-im/default': {
        baseUrl: volcengine.url,
        region: demoAccount.region,
        accessKeyId: demoAccount.accessKeyId,
        secretAccessKey: demoAccount.secretAccessKey,
        appId: Number(demoAccount.appId),
      },
    },
  };
}
