import type { Clock } from '../time/clock.ts';
import type { Call, Credential, CredentialSource } from './credential.ts';
import { createFlights } from './flights.ts';

/** Used where a vendor names no lifetime, or one that is no number: a short one is wrong at little cost. */
const UNKNOWN_LIFETIME_SECONDS = 60;
/** A token is given up this much before its end, or a tenth of its lifetime before, whichever is later. */
const MARGIN_MS = 60_000;

export interface Token extends Credential {
  readonly value: string;
  readonly expiresAt: number;
}

/** A token as its vendor grants it. */
export interface Grant {
  readonly token: string;
  /** Seconds; undefined where the vendor's answer has no usable number. */
  readonly lifetimeSeconds: number | undefined;
}

/**
 * Bearer tokens, kept in the process by account and content of the secret. One mint serves all who wait. The lifetime
 * counts from before the request by our clock, since the vendor's clock may differ.
 */
export function createTokenSource<Secret>(
  clock: Clock,
  mint: (call: Call<Secret>, signal: AbortSignal) => Promise<Grant>,
): CredentialSource<Secret, Token> {
  const held = new Map<string, Token>();
  const flights = createFlights<Token>();

  const obtain = async (call: Call<Secret>): Promise<Token> => {
    const key = `${call.account}:${call.secret.fingerprint}`;
    const token = held.get(key);
    if (token && clock.now() < token.expiresAt) return token;
    return flights.join(key, call.deadline.signal, async (signal) => {
      const askedAt = clock.now();
      const grant = await mint(call, signal);
      const minted = toToken(grant, askedAt);
      forgetExpired(held, askedAt);
      held.set(key, minted);
      return minted;
    });
  };

  return {
    obtain,
    renew: async (refused, _refusal, call) => {
      const key = `${call.account}:${call.secret.fingerprint}`;
      // A late refusal of an old token must not throw away the new one that another call has minted meanwhile.
      if (held.get(key) === refused) held.delete(key);
      return obtain(call);
    },
  };
}

function toToken({ token, lifetimeSeconds }: Grant, askedAt: number): Token {
  const lifetimeMs = (lifetimeSeconds ?? UNKNOWN_LIFETIME_SECONDS) * 1000;
  const expiresAt = askedAt + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 10);
  return { value: token, obtainedAt: askedAt, expiresAt, secrets: [token] };
}

/** Tokens of rotated secrets are asked for by nobody: they leave with the next mint after their end. */
function forgetExpired(held: Map<string, Token>, now: number): void {
  for (const [key, token] of held) if (token.expiresAt <= now) held.delete(key);
}

/** A lifetime in seconds that came as a number or as a decimal string. */
export function parseLifetime(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
