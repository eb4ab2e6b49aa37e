/** Why a secret or a credential was used, renewed or waited for, as the log line says it. */
export const REASONS = {
  held: 'what the process holds was used',
  first: 'the process held none, and waited for one',
  advisory: 'near its end: this call began to renew it, and used it meanwhile',
  mandatory: 'nearer to its end: waited for the renewal',
  expired: 'at its end: waited for another',
  kept: 'the renewal failed or took too long: the last good one was used',
  backoff: 'a renewal failed a short while ago, so none was tried',
  refused: 'the vendor refused it: renewed',
  replaced: 'the vendor refused it, and the process held a newer one already',
  'refused-again': 'the vendor refused one that was renewed for a refusal a short while ago: not renewed again',
  'refused-alone': 'the vendor refused this lookup, and took the same session for another: not renewed',
  rotated: 'the secret was read again, and has changed',
  unchanged: 'the secret was read again, or a short while ago, and has not changed',
  minted: 'asked the vendor for it',
  taken: 'somebody else has the session, or another instance that shares no store with this one: tried the next agent',
  'store-hit': 'the store had it',
  'store-wait': 'another process was minting it, or carrying it over to a changed secret: waited for that',
  'store-down': 'the store did not answer, and not to the retry either: did without it',
  'store-backoff': 'another process failed to mint it a short while ago',
  lease: 'took the lease, to mint it for all',
  outlived: 'minting took longer than the lease, and another process has minted since: kept in this process alone',
  alone: 'waited for another process as long as there was time, then minted for this process alone',
} as const;

export type Reason = keyof typeof REASONS;

/** Takes a reason down for the log line of the call that it belongs to. */
export type Note = (reason: Reason) => void;
