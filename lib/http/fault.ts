/** Why there is no whole answer, as far as it decides what helps. */
export type FaultKind = 'connection' | 'certificate' | 'tls' | 'proxy' | 'too-large' | 'undecodable';

/** The connection on which a request failed. */
export interface FailedConnection {
  /** Host and port of the server. */
  readonly address: string;
  /** Host and port of the proxy that it goes through. */
  readonly proxy?: string;
  /** Nothing of the request was written, so the vendor cannot have seen it. */
  readonly neverSent: boolean;
  /** It had been kept and idle: the other side had closed it, or it stayed silent for longer than the vendor usually does. */
  readonly idle?: 'closed' | 'silent';
}

/** No whole answer came over the connection. */
export class TransportFault extends Error {
  override readonly name = 'TransportFault';
  readonly kind: FaultKind;
  /** Error code of Node, OpenSSL or undici, such as `ECONNRESET`. */
  readonly code: string;
  /** The fixed words of OpenSSL, or the HTTP status of a proxy. */
  readonly reason: string | undefined;
  readonly connection: FailedConnection;

  constructor(kind: FaultKind, code: string, connection: FailedConnection, cause?: unknown) {
    super(code, { cause });
    this.kind = kind;
    this.code = code;
    this.reason = reasonOf(kind, cause);
    this.connection = connection;
  }
}

/** A body that cannot be taken: the connection itself is sound. */
export class UnusableBody extends Error {
  override readonly name = 'UnusableBody';
  readonly kind: 'too-large' | 'undecodable';

  constructor(kind: UnusableBody['kind'], cause?: unknown) {
    super(kind, { cause });
    this.kind = kind;
  }
}

/** An error of Node or undici as a fault. */
export function toFault(error: unknown, connection: FailedConnection): TransportFault {
  if (error instanceof UnusableBody) {
    const code = error.kind === 'too-large' ? 'ANSWER_TOO_LARGE' : 'ANSWER_UNDECODABLE';
    return new TransportFault(error.kind, code, connection, error.cause);
  }
  const code = errorCode(error);
  return new TransportFault(kindOf(code, connection), code, connection, error);
}

export function errorCode(error: unknown): string {
  const code = firstError(error)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

interface CodedError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
}

/** Of several addresses that failed, the first one's. */
function firstError(error: unknown): CodedError | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return firstError(error.errors[0]);
  return typeof error === 'object' && error !== null ? error : undefined;
}

/**
 * Codes of Node for a certificate: the names of X509_V_ERR_*, or UNSPECIFIED for those that it does not name, weak keys among
 * them. https://nodejs.org/docs/latest-v24.x/api/tls.html#x509-certificate-error-codes
 */
const CERTIFICATE =
  /^(?:ERR_TLS_CERT_.+|(?:CERT|CRL|DEPTH_ZERO|ERROR_IN|SELF_SIGNED|UNABLE_TO)_.+|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|UNSPECIFIED)$/;
const TLS = /^(?:ERR_SSL_.+|ERR_TLS_.+|EPROTO)$/;
/** undici's, where a proxy made no tunnel or its own certificate is not for its name. */
const PROXY = /^UND_ERR_(?:ABORTED|PRX_TLS|PRX_CONN)$/;

function kindOf(code: string, { proxy }: FailedConnection): FaultKind {
  if (proxy !== undefined && PROXY.test(code)) return 'proxy';
  if (CERTIFICATE.test(code)) return 'certificate';
  return TLS.test(code) ? 'tls' : 'connection';
}

function reasonOf(kind: FaultKind, cause: unknown): string | undefined {
  const { message, reason } = firstError(cause) ?? {};
  // The reason of a certificate for another name quotes the certificate.
  if (kind === 'tls' && typeof reason === 'string') return reason;
  if (typeof message !== 'string') return undefined;
  // Node adds advice of its own after a semicolon.
  if (kind === 'certificate') return message.startsWith('Hostname/IP') ? undefined : message.split(';')[0];
  if (kind === 'proxy') return /\((\d{3})\)/.exec(message)?.[1];
  return undefined;
}
