import type { TransportFault } from '../http/fault.ts';
import type { ConnectionOptions } from '../http/message.ts';
import { Problem } from '../problem.ts';

/** The vendor that was to be reached, and how the secret says that it is. */
export interface Reached {
  readonly vendorName: string;
  /** The field of the secret that has the address. */
  readonly addressField: string;
  readonly connection: ConnectionOptions;
}

/** A fault of the connection in words for the caller: what happened, at which host and port, and what to check. */
export function connectionProblem(fault: TransportFault, reached: Reached): Problem {
  return new Problem('vendor-unavailable', describe(fault, reached), {
    retryable: !isPermanent(fault),
    vendor: { name: reached.vendorName },
    failedVendor: { address: fault.connection.address, fault: fault.code },
    cause: fault,
  });
}

/** Whether the next attempt would meet the same. The status of a proxy says so as that of any server. */
function isPermanent({ kind, reason }: TransportFault): boolean {
  return kind === 'certificate' || kind === 'too-large' || (kind === 'proxy' && /^4/.test(reason ?? ''));
}

function describe(fault: TransportFault, reached: Reached): string {
  const { address, neverSent, proxy } = fault.connection;
  const server = `the vendor's server ${address}`;
  switch (fault.kind) {
    case 'too-large':
      return 'The answer of the vendor is over 5 MiB.';
    case 'undecodable':
      return `The content coding of the answer from ${server} cannot be decoded.`;
    case 'certificate':
      return describeCertificate(fault, reached);
    case 'tls':
      return `The TLS connection to ${server} failed, ${tlsFailure(fault.code)} (${told(fault)}); check ${fields(addressFields(reached))} of the secret.`;
    case 'proxy':
      return `The proxy ${proxy} made no connection to ${server} (${fault.reason ? `HTTP ${fault.reason}` : fault.code}); check the proxy, HTTPS_PROXY and NO_PROXY.`;
    default:
      return neverSent ? describeUnconnected(fault, reached) : `No response came from ${server} (${fault.code}).`;
  }
}

const NO_CONNECTION: Readonly<Record<string, string>> = {
  ENOTFOUND: ': DNS does not know the host',
  EAI_AGAIN: ': DNS did not answer',
  ECONNREFUSED: ': nothing listens on the port',
  UND_ERR_CONNECT_TIMEOUT: ': it did not accept one within 3 s',
  ECONNRESET: ': it closed the connection before the request was sent',
};

function describeUnconnected({ code, connection: { address, proxy } }: TransportFault, { addressField }: Reached) {
  const what = `No connection to the vendor's server ${address}`;
  return proxy === undefined
    ? `${what}${NO_CONNECTION[code] ?? ''} (${code}); check ${fields([addressField])} of the secret.`
    : `${what} through the proxy ${proxy} (${code}); check the proxy, HTTPS_PROXY, NO_PROXY and ${fields([addressField])} of the secret.`;
}

const OTHER_NAME = /^(?:ERR_TLS_CERT_ALTNAME|HOSTNAME_MISMATCH)/;
const UNKNOWN_AUTHORITY =
  /^(?:SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_(?:GET_ISSUER|VERIFY)|CERT_(?:SIGNATURE_FAILURE|UNTRUSTED))/;

function describeCertificate(fault: TransportFault, reached: Reached): string {
  const why = `(${fault.connection.address}, ${told(fault)})`;
  const check = (ignored: string) => fields(addressFields(reached).filter((field) => field !== ignored));
  if (OTHER_NAME.test(fault.code)) {
    return `The vendor's certificate is for another name ${why}; check ${check('ca')} of the secret.`;
  }
  if (UNKNOWN_AUTHORITY.test(fault.code)) {
    return `The vendor's certificate is not trusted ${why}: its authority is not known; check ${check('servername')} of the secret.`;
  }
  return `The vendor's certificate is not valid ${why}; the vendor must replace it, or check ${check('servername')} of the secret.`;
}

/** OpenSSL's words for what comes from a port that speaks something else, such as HTTP without TLS. */
const NO_TLS = /WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|RECORD_TOO_SMALL/;
const ALERT = /ALERT|UNRECOGNIZED_NAME/;

function tlsFailure(code: string): string {
  if (NO_TLS.test(code)) return 'since the port does not speak TLS';
  return ALERT.test(code) ? 'since the server refused it' : 'since the two did not agree';
}

const addressFields = ({ addressField, connection: { trustFields = [] } }: Reached) => [addressField, ...trustFields];

const told = ({ code, reason }: TransportFault) => (reason === undefined ? code : `${code}: ${reason}`);

/** "`a`, `b` and `c`" */
function fields(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return [quoted.slice(0, -1).join(', '), quoted.at(-1)].filter(Boolean).join(' and ');
}
