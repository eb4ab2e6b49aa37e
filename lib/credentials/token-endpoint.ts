import { readJsonObject, scalarText } from '../http/body.ts';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import { failed, found, judgeStatus, type Verdict } from '../pipeline/verdict.ts';
import { Problem, type VendorStatement } from '../problem.ts';
import type { Call } from './credential.ts';
import type { FlightTime } from './flights.ts';

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

/** A lifetime in seconds that came as a number or as a decimal string. */
export function parseLifetime(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
