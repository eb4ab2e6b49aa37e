import { Client, EnvHttpProxyAgent } from 'undici';
import type { OpenRoute } from './connection.ts';
import { CONNECT_OPTIONS, CONNECT_TIMEOUT_MS, type Connector, createConnector, trustOptions } from './connector.ts';
import { hostAndPort } from './host-and-port.ts';
import type { ConnectionOptions } from './message.ts';
import type { ProxySettings } from './proxy-settings.ts';

/** The way to a server through the proxy that the settings name for it, or directly where they say so. */
export function proxiedRoute({ httpProxy, httpsProxy, noProxy }: ProxySettings) {
  return (origin: string, options: ConnectionOptions): OpenRoute => {
    const direct = createConnector(options);
    const proxy = origin.startsWith('https:') ? httpsProxy : httpProxy;
    return (createClient) => {
      let isProxied = false;
      const dispatcher = new EnvHttpProxyAgent({
        // An empty one keeps undici from reading the environment itself.
        httpProxy: httpProxy ?? '',
        httpsProxy: httpsProxy ?? '',
        noProxy,
        allowH2: false,
        connect: direct,
        connectTimeout: CONNECT_TIMEOUT_MS,
        proxyTls: CONNECT_OPTIONS,
        requestTls: trustOptions(options),
        // A proxy that makes no tunnel and says nothing would use up all the time.
        clientFactory: (server, made) => new Client(server, { ...made, headersTimeout: CONNECT_TIMEOUT_MS }),
        factory: (server, made) => {
          const { connect } = made as { connect: Connector };
          isProxied = connect !== direct;
          return createClient(server, connect);
        },
      });
      return { dispatcher, proxy: () => (isProxied && proxy ? hostAndPort(proxy) : undefined) };
    };
  };
}
