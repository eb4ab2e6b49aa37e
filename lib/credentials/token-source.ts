import { readJsonObject, scalarText } from '../http/body.ts';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import { failed, found, judgeStatus, type Verdict } from '../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../problem.ts';
import type { Clock } from '../time/clock.ts';
import type { Call, Credential, CredentialSource } from './credential.ts';
import { withCurrentSecret } from './current-secret.ts';
import { createFlights, type FlightTime } from './flights.ts';

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

/** What one vendor's token endpoint wants and gives. */
export interface TokenEndpoint<Secret> {
  readonly vendorName: string;
  request(secret: Secret): HttpRequest;
  /** The grant in the body of a 200; undefined where there is none. */
  readGrant(body: Readonly<Record<string, unknown>>, secret: Secret): Grant | undefined;
  /** What the vendor says of its refusal, in the body of anything but a 200. */
  readMessage(body: Readonly<Record<string, unknown>>): unknown;
  /** Why this status may be had, in words for the caller. */
  explain?(status: number): string | undefined;
}

/**
 * Bearer tokens, kept in the process by account and content of the secret. One mint serves all who wait. The lifetime
 * counts from before the request by our clock, since the vendor's clock may differ.
 */
export function createTokenSource<Secret>(
  clock: Clock,
  endpoint: TokenEndpoint<Secret>,
): CredentialSource<Secret, Token> {
  const held = new Map<string, Token>();
  const flights = createFlights<Token>();

  const obtain = async (call: Call<Secret>): Promise<Token> => {
    const key = `${call.account}:${call.secret.fingerprint}`;
    const token = held.get(key);
    if (token && clock.now() < token.expiresAt) return token;
    return flights.join(key, call.deadline, async (time) => {
      const askedAt = clock.now();
      const grant = await mint(endpoint, call, time);
      const minted = toToken(grant, askedAt);
      forgetExpired(held, askedAt);
      held.set(key, minted);
      return minted;
    });
  };

  return {
    obtain: (call) => withCurrentSecret(call, () => obtain(call)),
    renew: async (refused, _refusal, call) => {
      const key = `${call.account}:${call.secret.fingerprint}`;
      // A late refusal of an old token must not throw away the new one that another call has minted meanwhile.
      if (held.get(key) === refused) held.delete(key);
      return withCurrentSecret(call, () => obtain(call));
    },
  };
}

function mint<Secret>(
  endpoint: TokenEndpoint<Secret>,
  { secret, exchange }: Call<Secret>,
  time: FlightTime,
): Promise<Grant> {
  return exchange(
    {
      vendorName: endpoint.vendorName,
      repeatable: true,
      connection: {},
      prepare: () => endpoint.request(secret.value),
      judge: (answer) => judgeGrant(endpoint, answer, secret.value),
    },
    time,
  );
}

function judgeGrant<Secret>(endpoint: TokenEndpoint<Secret>, answer: HttpAnswer, secret: Secret): Verdict<Grant> {
  const { status } = answer;
  const body = readJsonObject(answer);
  // The body of a 200 may hold a token under another name: nothing of it is passed on.
  const message = status !== 200 && body ? scalarText(endpoint.readMessage(body)) : undefined;
  const vendor: VendorStatement = { name: endpoint.vendorName, code: String(status), ...(message && { message }) };
  const byStatus = judgeStatus(answer, vendor);
  if (byStatus) return byStatus;
  const grant = status === 200 && body ? endpoint.readGrant(body, secret) : undefined;
  if (grant) return found(grant);
  const detail = ['The vendor gave no token', ` (HTTP ${status})`, endpoint.explain?.(status) ?? '.'].join('');
  return failed(new Problem('vendor-auth-failed', detail, { vendor }));
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
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
