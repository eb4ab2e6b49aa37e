import type { OpenRoute } from './connection.ts';
import { createConnector } from './connector.ts';
import type { ConnectionOptions } from './message.ts';

/** The way to a server without a proxy. */
export function directRoute(origin: string, options: ConnectionOptions): OpenRoute {
  const connector = createConnector(options);
  return (createClient) => ({ dispatcher: createClient(origin, connector), proxy: () => undefined });
}
