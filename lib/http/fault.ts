/** No whole answer came over the connection. */
export class TransportFault extends Error {
  override readonly name = 'TransportFault';
  /** Error code of Node or undici, such as `ECONNRESET`. */
  readonly code: string;
  /** No connection was made, so the vendor cannot have seen the request. */
  readonly neverSent: boolean;
  /** The request met a kept connection that the other side had closed while it was idle. */
  readonly idleClosed: boolean;

  constructor(code: string, { neverSent = false, idleClosed = false, cause }: Partial<TransportFault> = {}) {
    super(code, { cause });
    this.code = code;
    this.neverSent = neverSent;
    this.idleClosed = idleClosed;
  }
}

/** Errors that end a connection's making: nothing of the request has left. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** An error of Node or undici as a fault. */
export function toFault(error: unknown, onIdleConnection: boolean): TransportFault {
  if (error instanceof TransportFault) return error;
  const code = errorCode(error);
  return new TransportFault(code, {
    neverSent: NEVER_SENT.has(code) || isCertificateError(code),
    idleClosed: onIdleConnection && CLOSED.has(code),
    cause: error,
  });
}

/** Codes of Node's TLS for a certificate that is not trusted, not valid or of another name. */
export function isCertificateError(code: string): boolean {
  return /^(ERR_TLS|CERT_|ERR_SSL|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code);
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
