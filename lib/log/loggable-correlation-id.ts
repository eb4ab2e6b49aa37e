import { hidesSecret, holdsShortSecret } from './redact.ts';

/** UUIDs, ticket numbers and trace ids; no address, no sentence, and no token as long as tokens are. */
const CORRELATION_ID = /^[\w.:-]{1,64}$/;

/** Whether a sender's name for its request is fit for the log: it may be any text, a secret of the request among them. */
export function isLoggableCorrelationId(id: string, secrets: ReadonlySet<string>): boolean {
  return CORRELATION_ID.test(id) && !holdsShortSecret(id, secrets) && !hidesSecret(id, secrets);
}
