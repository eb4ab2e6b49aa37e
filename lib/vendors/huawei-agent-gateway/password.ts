import { isJsonObject, scalarText } from '../../http/body.ts';

/** A password that expires in fewer days than this is warned of. */
const WARNED_DAYS = 7;
const DAY_MS = 24 * 60 * 60_000;

/** What a sign-in said of the agent's password. */
export interface PasswordState {
  /** When it expires, to the day that the vendor says; epoch milliseconds. Absent where it never does. */
  readonly passwordEndsAt?: number;
  /** Present where it has to be changed first. */
  readonly mustChangePassword?: true;
}

export interface PasswordWarning {
  readonly warning: 'password-expires-soon' | 'password-must-change';
  /** Whole days, beside `password-expires-soon`; the last one counts as one, and 0 is over. */
  readonly passwordDaysLeft?: number;
}

/**
 * `timeRemaining`: days until the password expires, 0 to 180, or "" for never. `isForceChange`: whether it has to be
 * changed first. Both are strings by the page; numbers and booleans are taken, too, and whatever else says nothing.
 * https://support.huaweicloud.com/api-ccfs-cec/cec_07_1202.html
 * @param result of the sign-in's answer
 */
export function readPassword(result: unknown, signedInAt: number): PasswordState {
  if (!isJsonObject(result)) return {};
  const days = scalarText(result['timeRemaining']) ?? '';
  const mustChange = result['isForceChange'] === 'true' || result['isForceChange'] === true;
  return {
    ...(/^\d{1,4}$/.test(days) && { passwordEndsAt: signedInAt + Number(days) * DAY_MS }),
    ...(mustChange && { mustChangePassword: true }),
  };
}

/** What an operator should know of the password now: a session lives longer than what its sign-in said is true. */
export function passwordWarnings(
  { passwordEndsAt, mustChangePassword }: PasswordState,
  now: number,
): PasswordWarning[] {
  const warnings: PasswordWarning[] = [];
  const daysLeft = passwordEndsAt === undefined ? WARNED_DAYS : Math.max(0, Math.ceil((passwordEndsAt - now) / DAY_MS));
  if (daysLeft < WARNED_DAYS) warnings.push({ warning: 'password-expires-soon', passwordDaysLeft: daysLeft });
  if (mustChangePassword) warnings.push({ warning: 'password-must-change' });
  return warnings;
}
