import { buildConnector } from 'undici';
import type { ConnectionOptions } from './message.ts';

/** A dead address is known before the function's time ends, so that there is time to retry. */
export const CONNECT_TIMEOUT_MS = 3_000;
/**
 * Node.js tries the addresses of a name one after the other, and leaves each but the last after 250 ms by default. A vendor
 * on another continent is further away. Half of the connect time-out leaves the next address the other half.
 */
const ADDRESS_TIMEOUT_MS = CONNECT_TIMEOUT_MS / 2;

export type Connector = buildConnector.connector;

/** For every connection, to vendors, AWS and proxies. */
export const CONNECT_OPTIONS = {
  allowH2: false,
  timeout: CONNECT_TIMEOUT_MS,
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
  // Said, since otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment decides.
  rejectUnauthorized: true,
} as const;

/** How to trust the server behind a connection. */
export function trustOptions({ ca, servername }: ConnectionOptions) {
  return { rejectUnauthorized: true, ...(ca && { ca }), ...(servername && { servername }) };
}

/** Makes the connections to one origin, which share TLS sessions. */
export function createConnector(options: ConnectionOptions): Connector {
  return buildConnector({ ...CONNECT_OPTIONS, ...trustOptions(options) });
}
