const REDACTED = '[redacted]';
/** Shorter texts stand in ordinary words: redacting them would shred a message and tell more than it hides. */
const MIN_LENGTH = 4;

/** Whether `text` holds a secret that is too short for `redact`: then the text as a whole has to go. */
export function holdsShortSecret(text: string, secrets: Iterable<string>): boolean {
  return [...secrets].some((secret) => secret !== '' && secret.length < MIN_LENGTH && text.includes(secret));
}

/** Replaces every occurrence of every secret, as it is and in the spellings that vendors echo. */
export function redact(text: string, secrets: Iterable<string>): string {
  let redacted = text;
  for (const secret of [...secrets].sort((one, other) => other.length - one.length)) {
    if (secret.length < MIN_LENGTH) continue;
    for (const spelling of spellings(secret)) redacted = redacted.replaceAll(spelling, REDACTED);
  }
  return redacted;
}

function spellings(secret: string): Set<string> {
  return new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    Buffer.from(secret).toString('base64'),
  ]);
}
