import { readJsonObject } from '../http/body.ts';
import { isHeaderToken } from '../http/header-value.ts';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import { failed, found, judgeStatus, unavailable, unreadable, type Verdict } from '../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../problem.ts';
import type { Call } from './credential.ts';
import type { FlightTime } from './flights.ts';

/** Units of a text that is kept: the shared store keeps failures as well, and an item of it is small. */
const MAX_WORDS = 2_000;

/** A token as its vendor grants it. */
export interface Grant {
  readonly token: string;
  /** Seconds; undefined where the vendor's answer has no usable number. */
  readonly lifetimeSeconds: number | undefined;
}

/** The vendor's own words in a response of its token endpoint. */
export interface TokenWords {
  readonly code?: string;
  readonly message?: string;
  /** Whether the words refuse the credential, whatever the HTTP status is; undefined if they do not tell. */
  readonly refuses?: boolean;
}

/** What one vendor's token endpoint wants and gives. */
export interface TokenEndpoint<Secret> {
  readonly vendorName: string;
  request(secret: Secret): HttpRequest;
  /** The field of the secret that has the endpoint's address; `baseUrl` by default. */
  addressField?(secret: Secret): string;
  /** The grant in the body of a 200; undefined where there is none. */
  readGrant(body: Readonly<Record<string, unknown>>, secret: Secret): Grant | undefined;
  readWords(answer: HttpAnswer): TokenWords;
  /** What an operator checks if the vendor refuses the credential, and if the response is not of the token endpoint. */
  readonly causes: { readonly refusal: string; readonly address: string };
}

/** Asks a token endpoint for a token. @throws Problem */
export function requestGrant<Secret>(
  endpoint: TokenEndpoint<Secret>,
  { secret, exchange }: Call<Secret>,
  time: FlightTime,
): Promise<Grant> {
  return exchange(
    {
      vendorName: endpoint.vendorName,
      repeatable: true,
      connection: {},
      addressField: addressFieldOf(endpoint, secret.value),
      prepare: () => endpoint.request(secret.value),
      judge: (answer) => judgeGrant(endpoint, answer, secret.value),
    },
    time,
  );
}

function addressFieldOf<Secret>(endpoint: TokenEndpoint<Secret>, secret: Secret): string {
  return endpoint.addressField?.(secret) ?? 'baseUrl';
}

function judgeGrant<Secret>(endpoint: TokenEndpoint<Secret>, answer: HttpAnswer, secret: Secret): Verdict<Grant> {
  const { status } = answer;
  const body = readJsonObject(answer);
  const grant = status === 200 && body ? endpoint.readGrant(body, secret) : undefined;
  if (grant && isHeaderToken(grant.token)) return found(grant);
  const { code, message, refuses } = endpoint.readWords(answer);
  const vendor: VendorStatement = {
    name: endpoint.vendorName,
    code: (code ?? String(status)).slice(0, MAX_WORDS),
    ...(message && { message: message.slice(0, MAX_WORDS) }),
  };
  if (grant) {
    const detail = 'The vendor gave a token with characters that an HTTP header cannot carry. It is not used.';
    return failed(new Problem('vendor-contract-changed', detail, { vendor: { name: endpoint.vendorName } }));
  }
  const { refusal, address } = endpoint.causes;
  const noToken = (cause: string, who = 'The vendor') => `${who} gave no token (HTTP ${status}): ${cause}`;
  if (refuses ?? isRefusal(answer)) return failed(new Problem('vendor-auth-failed', noToken(refusal), { vendor }));
  const byStatus = refuses === false ? unavailable(answer, vendor) : judgeStatus(answer, vendor);
  if (byStatus) return byStatus;
  // A maintenance page, or a firewall's, may pass, but not within this call. A firewall has answered a wrong key with 403.
  if (status === 403) return failed(new Problem('vendor-unavailable', noToken(refusal), { vendor }));
  if (status === 200 || status === 404) {
    const detail = noToken(address, `The vendor's server ${answer.server}`);
    return failed(new Problem('vendor-unavailable', detail, { vendor }));
  }
  return unreadable(answer, vendor);
}

/** 401 speaks of the credential by its definition; 400 and 403 do if the vendor's interface answers, and no page. */
function isRefusal(answer: HttpAnswer): boolean {
  const { status } = answer;
  return status === 401 || ((status === 400 || status === 403) && readJsonObject(answer) !== undefined);
}

/** A day. A token that lives longer is only requested more often than it must be. */
const MAX_LIFETIME_SECONDS = 86_400;

/** A lifetime in seconds that came as a number or as a decimal string; an absurd one must not last for ever. */
export function parseLifetime(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return undefined;
  return Math.min(seconds, MAX_LIFETIME_SECONDS);
}
