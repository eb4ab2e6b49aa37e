/** The parts of `npm start` have ports up to this much above its own: DynamoDB's is the last. */
export const LAST_PART = 17;

/**
 * Reads PORT, of `npm start` or of a program that talks to it.
 * @throws Error
 */
export function readPort(text = ''): number {
  const port = Number(text || '3000');
  if (Number.isInteger(port) && port >= 1 && port <= 65_535 - LAST_PART) return port;
  throw new Error(`PORT must be a whole number from 1 to ${65_535 - LAST_PART}, not "${text}"`);
}

/** Says in one sentence what to do about an error of a start, where that is known. */
export function describeStartError(error: NodeJS.ErrnoException & { readonly port?: number }): string {
  const { code, port, message } = error;
  if (code === 'EADDRINUSE') return `Port ${port} is in use; PORT=<number> npm start takes others.`;
  if (code === 'EACCES' && port !== undefined) {
    return `Port ${port} is below 1024, which needs the rights of root; PORT=<number> npm start takes others.`;
  }
  return message || code || String(error);
}
