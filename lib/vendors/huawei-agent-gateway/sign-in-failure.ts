import { Problem } from '../../problem.ts';
import { SIGNED_IN_ALREADY } from './answer.ts';
import { explainRetcode } from './retcodes.ts';

/** Another try with the same password would lock the agent. What other failures say is not of the password. */
export function refusesPassword({ vendor }: Problem): boolean {
  return vendor?.code !== undefined && explainRetcode(vendor.code).action === 'bad-credential';
}

/** Whether the gateway refused this agent, so that another agent of the account may be let in. */
export function concernsAgent(error: unknown): boolean {
  return error instanceof Problem && (error.code === 'vendor-rejected' || error.code === 'vendor-auth-failed');
}

/** Whether the agent is signed in elsewhere: by somebody else, or by an instance of ours that shares no store with this one. */
export function isTaken(error: unknown): error is Problem {
  return error instanceof Problem && error.vendor?.code === SIGNED_IN_ALREADY;
}

/** The same failure, retryable where the agent is signed in elsewhere: an instance of ours may hold it for a while. */
export function retryableIfTaken(error: unknown): unknown {
  return isTaken(error) ? error.with({ retryable: true }) : error;
}
