import { hash } from 'node:crypto';
import type * as z from 'zod/mini';
import { isJsonObject } from '../http/body.ts';
import { parseJson } from '../json/int64.ts';
import { Problem } from '../problem.ts';
import { listIssues } from '../schema/issues.ts';
import type { Clock } from '../time/clock.ts';
import { DeadlinePassed } from '../time/deadline.ts';
import { thisMoment } from '../time/moment.ts';
import { type Asker, createCredentialCache, type Renewable, RetryLater } from './credential-cache.ts';
import type { FlightTime } from './flights.ts';
import type { Note } from './reasons.ts';
import { createSealer, type Sealer } from './shared/sealing.ts';
import { secretWindows } from './windows.ts';

/** While Secrets Manager does not give a secret, one this old still serves, unless the stage says otherwise. */
const MAX_AGE_MINUTES = 60;
/** How long Secrets Manager is left alone after it did not give a secret, at most; at least half of it. */
const PAUSE_MS = 30_000;
/** How often a secret is read again because a vendor refused what is in it. */
const REREAD_PAUSE_MS = 10_000;

/** An account's secret, checked by its vendor's schema. */
export interface HeldSecret<Secret> extends Renewable {
  readonly value: Secret;
  /** SHA-256 of the content: what caches are keyed by, so that a changed secret shares nothing with its predecessor. */
  readonly fingerprint: string;
  /** Seals what other processes of the fleet may have that know the same secret. */
  readonly sealer: Sealer;
}

/**
 * Reads the text of a secret.
 * @throws Problem `unknown-account` where there is none, `secret-unavailable` where it cannot be read now.
 */
export type ReadSecret = (name: string, signal: AbortSignal) => Promise<string>;

interface SecretTools {
  readonly clock: Clock;
  readonly random: () => number;
  readonly readSecret: ReadSecret;
}

export interface SecretStore<Secret> {
  /** @throws Problem `unknown-account`, `misconfigured` or `secret-unavailable` */
  get(name: string, time: FlightTime, note: Note): Promise<HeldSecret<Secret>>;
  /** Reads the secret again because a vendor refuses what is in `stale`; not more often than once in a short while. */
  reread(name: string, stale: HeldSecret<Secret>, time: FlightTime, note: Note): Promise<HeldSecret<Secret>>;
}

/**
 * The secrets of one vendor's accounts, kept in the process and read again in the background from about five minutes on.
 * One read serves all who wait. While Secrets Manager does not give a secret, the last one serves for
 * SECRET_MAX_AGE_MINUTES.
 */
export function createSecretStore<Secret>(
  schema: z.ZodMiniType<Secret>,
  { clock, random, readSecret }: SecretTools,
): SecretStore<Secret> {
  const maxAgeMs = readMaxAgeMinutes(process.env['SECRET_MAX_AGE_MINUTES']) * 60_000;
  const cache = createCredentialCache<HeldSecret<Secret>>(clock);
  const rereadAt = new Map<string, number>();

  const read = async (
    name: string,
    { signal }: FlightTime,
    last: HeldSecret<Secret> | undefined,
  ): Promise<HeldSecret<Secret>> => {
    try {
      const text = await readSecret(name, signal);
      const obtainedAt = thisMoment(clock);
      return { ...checkSecret(schema, text), obtainedAt, ...secretWindows(maxAgeMs, random) };
    } catch (error) {
      // A read that was cut off has learnt nothing.
      if (error instanceof DeadlinePassed) throw error;
      // Also a secret that is not there now: it may be there again in a moment. A changed content is there to stay.
      if (last && isNotReadable(error)) throw new RetryLater(PAUSE_MS * (0.5 + random() / 2), error);
      cache.forget(name);
      throw error;
    }
  };

  const askerOf = (name: string, time: FlightTime, note: Note): Asker<HeldSecret<Secret>> => ({
    time,
    note,
    mint: (flightTime, last) => read(name, flightTime, last),
  });

  return {
    get: (name, time, note) => inTime(cache.obtain(name, askerOf(name, time, note))),
    reread: async (name, stale, time, note) => {
      const now = clock.monotonic();
      const paused = now - (rereadAt.get(name) ?? Number.NEGATIVE_INFINITY) < REREAD_PAUSE_MS;
      const asker = askerOf(name, time, ignore);
      // Also one that fails counts: while Secrets Manager does not answer, it is not waited for by every refused call.
      const secret = await inTime(paused ? cache.obtain(name, asker) : cache.refresh(name, stale, asker)).finally(
        () => {
          if (!paused) rereadAt.set(name, now);
        },
      );
      note(secret.fingerprint === stale.fingerprint ? 'unchanged' : 'rotated');
      return secret;
    },
  };
}

/** A whole number of minutes from 1 to 1440, by its text; for anything else the default. */
function readMaxAgeMinutes(text: string | undefined): number {
  const minutes = Number(text);
  return text && Number.isInteger(minutes) && minutes >= 1 && minutes <= 1440 ? minutes : MAX_AGE_MINUTES;
}

const ignore = () => {};

async function inTime<Result>(reading: Promise<Result>): Promise<Result> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw error;
    throw new Problem('secret-unavailable', 'Secrets Manager did not answer in the time that the function had left.');
  }
}

function isNotReadable(error: unknown): error is Problem {
  return error instanceof Problem && (error.code === 'secret-unavailable' || error.code === 'unknown-account');
}

/**
 * Checks the text of a secret.
 * @throws Problem `misconfigured`; its detail names fields and rules, never values.
 */
export function checkSecret<Secret>(
  schema: z.ZodMiniType<Secret>,
  text: string,
): { value: Secret; fingerprint: string; sealer: Sealer } {
  const content = parseObject(text);
  const checked = schema.safeParse(content);
  if (!checked.success) {
    const rules = listIssues(content, checked.error.issues);
    throw new Problem('misconfigured', `The secret of this vendor account is not valid: ${rules}.`);
  }
  return { value: checked.data, fingerprint: hash('sha256', text, 'base64url'), sealer: createSealer(text) };
}

function parseObject(text: string): unknown {
  try {
    const content = parseJson(text);
    if (isJsonObject(content)) return content;
  } catch {
    // The parser's message quotes the secret: it goes no further.
  }
  throw new Problem('misconfigured', 'The secret of this vendor account is not a JSON object.');
}
