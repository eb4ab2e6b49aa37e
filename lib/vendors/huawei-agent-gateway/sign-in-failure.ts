import type { Problem } from '../../problem.ts';
import { SIGNED_IN_ALREADY } from './answer.ts';
import { explainRetcode } from './retcodes.ts';

/** Another try with the same password would lock the agent. What other failures say is not of the password. */
export function refusesPassword({ vendor }: Problem): boolean {
  return vendor?.code !== undefined && explainRetcode(vendor.code).action === 'bad-credential';
}

export function isTaken({ vendor }: Problem): boolean {
  return vendor?.code === SIGNED_IN_ALREADY;
}
