import { hash } from 'node:crypto';
import type * as z from 'zod/mini';
import { isJsonObject } from '../http/body.ts';
import { Problem } from '../problem.ts';
import { listIssues } from '../schema/issues.ts';
import type { Clock } from '../time/clock.ts';
import { DeadlinePassed } from '../time/deadline.ts';
import { createFlights, type FlightTime } from './flights.ts';

/** A secret this old is read again before it is used; a rotated one is in use after at most this time. */
const FRESH_MS = 5 * 60_000;
/** While Secrets Manager does not answer, a secret this old still serves. */
const USABLE_MS = 60 * 60_000;
/** How long such a secret serves before Secrets Manager is asked again: not every call shall wait for it in vain. */
const PAUSE_MS = 30_000;

/** An account's secret, checked by its vendor's schema. */
export interface HeldSecret<Secret> {
  readonly value: Secret;
  /** SHA-256 of the content: what caches are keyed by, so that a changed secret shares nothing with its predecessor. */
  readonly fingerprint: string;
  readonly readAt: number;
}

/**
 * Reads the text of a secret.
 * @throws Problem `unknown-account` where there is none, `secret-unavailable` where it cannot be read now.
 */
export type ReadSecret = (name: string, signal: AbortSignal) => Promise<string>;

export interface SecretStore<Secret> {
  /** @throws Problem `unknown-account`, `misconfigured` or `secret-unavailable` */
  get(name: string, time: FlightTime): Promise<HeldSecret<Secret>>;
  /** Reads the secret again, unless that happened since `stale` was read. */
  refresh(name: string, stale: HeldSecret<Secret>, time: FlightTime): Promise<HeldSecret<Secret>>;
}

/** The secrets of one vendor's accounts, kept in the process. One read serves all who wait; a failure is never kept. */
export function createSecretStore<Secret>(
  schema: z.ZodMiniType<Secret>,
  readSecret: ReadSecret,
  clock: Clock,
): SecretStore<Secret> {
  const held = new Map<string, { readonly secret: HeldSecret<Secret>; readonly freshUntil: number }>();
  const flights = createFlights<HeldSecret<Secret>>();

  async function read(name: string, signal: AbortSignal): Promise<HeldSecret<Secret>> {
    try {
      const text = await readSecret(name, signal);
      const secret = { ...checkSecret(schema, text), readAt: clock.now() };
      held.set(name, { secret, freshUntil: secret.readAt + FRESH_MS });
      return secret;
    } catch (error) {
      if (!isUnavailable(error)) held.delete(name);
      const last = held.get(name)?.secret;
      if (!last || clock.now() - last.readAt >= USABLE_MS) throw error;
      held.set(name, { secret: last, freshUntil: clock.now() + PAUSE_MS });
      return last;
    }
  }

  const fly = async (name: string, time: FlightTime) => {
    try {
      return await flights.join(name, time, ({ signal }) => read(name, signal));
    } catch (error) {
      if (!(error instanceof DeadlinePassed)) throw error;
      throw new Problem('secret-unavailable', 'Secrets Manager did not answer in the time that the function had left.');
    }
  };

  return {
    get: async (name, time) => {
      const known = held.get(name);
      return known && clock.now() < known.freshUntil ? known.secret : fly(name, time);
    },
    refresh: async (name, stale, time) => {
      const known = held.get(name)?.secret;
      return known && known !== stale ? known : fly(name, time);
    },
  };
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Problem && error.code === 'secret-unavailable';
}

/**
 * Checks the text of a secret.
 * @throws Problem `misconfigured`; its detail names fields and rules, never values.
 */
export function checkSecret<Secret>(
  schema: z.ZodMiniType<Secret>,
  text: string,
): { value: Secret; fingerprint: string } {
  const content = parseObject(text);
  const checked = schema.safeParse(content);
  if (!checked.success) {
    const rules = listIssues(content, checked.error.issues);
    throw new Problem('misconfigured', `The secret of this vendor account is not valid: ${rules}.`);
  }
  return { value: checked.data, fingerprint: hash('sha256', text, 'base64url') };
}

function parseObject(text: string): unknown {
  try {
    const content: unknown = JSON.parse(text);
    if (isJsonObject(content)) return content;
  } catch {
    // The parser's message quotes the secret: it goes no further.
  }
  throw new Problem('misconfigured', 'The secret of this vendor account is not a JSON object.');
}
