/** The proxies that requests go through, by the variables that curl and most programs know. */
export interface ProxySettings {
  readonly httpProxy: string | undefined;
  readonly httpsProxy: string | undefined;
  /** Hosts that are reached without one, separated by commas. */
  readonly noProxy: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * As the environment has them, in lower case first; undefined if it names no proxy.
 * @throws Error that names the variable of a proxy whose address cannot be used, never its value
 */
export function readProxySettings(environment: Environment): ProxySettings | undefined {
  const httpProxy = readProxy(environment, 'HTTP_PROXY');
  const httpsProxy = readProxy(environment, 'HTTPS_PROXY') ?? httpProxy;
  if (httpsProxy === undefined) return undefined;
  return { httpProxy, httpsProxy, noProxy: read(environment, 'NO_PROXY') };
}

function read(environment: Environment, name: string): string {
  return (environment[name.toLowerCase()] || environment[name] || '').trim();
}

function readProxy(environment: Environment, name: string): string | undefined {
  const value = read(environment, name);
  if (value === '') return undefined;
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== '') return url.href;
  throw new Error(`${name} must be the http: or https: address of a proxy, such as http://proxy.example.com:3128`);
}
