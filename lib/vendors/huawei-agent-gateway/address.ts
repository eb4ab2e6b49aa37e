import { withDefaultPath } from '../../http/address.ts';
import type { ConnectionOptions } from '../../http/message.ts';
import type { GatewaySecret } from './secret.ts';

/** Where an account's gateway is, without a slash at its end. */
export function baseUrlOf({ baseUrl }: Pick<GatewaySecret, 'baseUrl'>): string {
  return withDefaultPath(baseUrl, '/agentgateway/resource');
}

export function connectionOf({ ca, servername }: Pick<GatewaySecret, 'ca' | 'servername'>): ConnectionOptions {
  return { ...(ca && { ca }), ...(servername && { servername }), trustFields: ['ca', 'servername'] };
}
