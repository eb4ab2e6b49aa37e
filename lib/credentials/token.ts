import { isJsonObject } from '../http/body.ts';
import { isHeaderToken } from '../http/header-value.ts';
import type { Clock } from '../time/clock.ts';
import { fromWall, toWall } from '../time/moment.ts';
import type { Credential } from './credential.ts';
import type { Renewable } from './credential-cache.ts';
import { tokenWindows } from './windows.ts';

export interface Token extends Credential, Renewable {
  readonly value: string;
  readonly lifetimeMs: number;
  /** Whether it was minted because the vendor refused another. */
  readonly renewsRefused: boolean;
  /** Grows with each token that the fleet shares; 0 where there is no store. */
  readonly generation: number;
}

type Facts = Pick<Token, 'value' | 'obtainedAt' | 'lifetimeMs' | 'renewsRefused'>;

export function createToken({ value, obtainedAt, lifetimeMs, renewsRefused }: Facts, random: () => number): Token {
  const windows = tokenWindows(lifetimeMs, random);
  return { value, obtainedAt, lifetimeMs, renewsRefused, generation: 0, secrets: [value], ...windows };
}

/** What of a token is told to other instances: each has windows of its own. */
export function writeToken({ value, obtainedAt, lifetimeMs, renewsRefused }: Token, clock: Clock): unknown {
  return { value, obtainedAt: toWall(obtainedAt, clock), lifetimeMs, renewsRefused };
}

/** The token in what another process wrote; undefined where there is none. */
export function readToken(content: unknown, clock: Clock, random: () => number): Token | undefined {
  if (!isJsonObject(content)) return undefined;
  const { value, obtainedAt: wall, lifetimeMs, renewsRefused } = content;
  if (typeof value !== 'string' || !isHeaderToken(value)) return undefined;
  if (typeof wall !== 'number' || typeof lifetimeMs !== 'number') return undefined;
  const obtainedAt = fromWall(wall, clock);
  return createToken({ value, obtainedAt, lifetimeMs, renewsRefused: renewsRefused === true }, random);
}
