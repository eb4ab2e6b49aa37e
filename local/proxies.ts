import { readProxySettings } from '../lib/http/proxy-settings.ts';

/** The names of this machine, which no proxy can reach. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/**
 * The proxies of this process's environment, for the functions: a real vendor may be behind one. Simulators and AWS's
 * services are on loopback, so that is added to NO_PROXY.
 * @throws Error for a proxy whose address cannot be used
 */
export function proxyEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const settings = readProxySettings(environment);
  if (!settings) return {};
  const { httpProxy, httpsProxy = '', noProxy } = settings;
  const variables = {
    HTTPS_PROXY: httpsProxy,
    HTTP_PROXY: httpProxy ?? '',
    NO_PROXY: [noProxy, ...LOOPBACK].filter(Boolean).join(','),
  };
  // Programs look at the lower-case names first.
  const lowerCase = Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...variables, ...Object.fromEntries(lowerCase) };
}
