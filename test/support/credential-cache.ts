import { expect, onTestFinished } from 'vitest';
import {
  type Asker,
  type CredentialCache,
  createCredentialCache,
  type Renewable,
  RetryLater,
} from '../../lib/credentials/credential-cache.ts';
import type { FlightTime } from '../../lib/credentials/flights.ts';
import type { Reason } from '../../lib/credentials/reasons.ts';
import { Problem } from '../../lib/problem.ts';
import { startDeadline } from '../../lib/time/deadline.ts';
import { thisMoment } from '../../lib/time/moment.ts';
import { createTestClock } from './clock.ts';

export const KEY = 'account:fingerprint';
export const SECOND = 1_000;

export const REFUSED = new Problem('vendor-auth-failed', 'The vendor gave no token.');
export const DOWN = new Problem('vendor-unavailable', 'The vendor is down.');

export interface TestToken extends Renewable {
  readonly value: string;
}

type Mint = Asker<TestToken>['mint'];
type Ask = (cache: CredentialCache<TestToken>, asker: Asker<TestToken>) => Promise<TestToken>;

export const obtain: Ask = (cache, asker) => cache.obtain(KEY, asker);

export const replace =
  (refused: TestToken): Ask =>
  (cache, asker) =>
    cache.replace(KEY, refused, asker);

export const refresh =
  (stale: TestToken): Ask =>
  (cache, asker) =>
    cache.refresh(KEY, stale, asker);

export const obtainOf =
  (key: string): Ask =>
  (cache, asker) =>
    cache.obtain(key, asker);

export const unwanted: Mint = () => Promise.reject(new Error('a mint that nobody wanted'));

/** Whatever has landed has been told when this resolves. */
export const settle = () => new Promise(setImmediate);

/** A credential cache whose clock has no alarm left when the test ends. */
export function startCache() {
  const clock = createTestClock({ skipWaitsMs: 0 });
  const cache = createCredentialCache<TestToken>(clock);
  onTestFinished(() => expect(clock.pending()).toBe(0));

  /** Of 100 s: renewed from 75 s on, waited for from 92 s on, ended at 99 s. */
  const createToken = (value: string, lifetimeMs = 100 * SECOND): TestToken => {
    const age = (percent: number) => (lifetimeMs * percent) / 100;
    return { value, obtainedAt: thisMoment(clock), advisoryMs: age(75), mandatoryMs: age(92), usableMs: age(99) };
  };

  const minting =
    (value: string, lifetimeMs?: number): Mint =>
    async () =>
      createToken(value, lifetimeMs);

  const failing =
    (seconds: number, problem?: Problem): Mint =>
    () =>
      Promise.reject(new RetryLater(seconds * SECOND, problem));

  /** A mint that lands when the test says so. */
  const pending = () => {
    const { promise, resolve, reject } = Promise.withResolvers<TestToken>();
    const begun: { time: FlightTime; last: TestToken | undefined }[] = [];
    const mint: Mint = (time, last) => {
      begun.push({ time, last });
      return promise;
    };
    const land = (value: string) => resolve(createToken(value));
    return { mint, begun, land, fail: reject };
  };

  /** One call: what it gets, and why. */
  const call = (ask: Ask, mint: Mint = unwanted, leftMs = 20 * SECOND) => {
    const reasons: Reason[] = [];
    const deadline = startDeadline(clock, leftMs);
    const answer = ask(cache, { time: deadline, note: (reason) => reasons.push(reason), mint }).finally(deadline.end);
    // A failure that a test looks at later is no unhandled one.
    answer.catch(() => undefined);
    return { answer, reasons };
  };

  /** The first token, of this age. */
  const hold = async (ageSeconds = 0) => {
    const first = await call(obtain, minting('first')).answer;
    clock.advance(ageSeconds * SECOND);
    return first;
  };

  return { clock, cache, call, minting, failing, pending, hold };
}
