import type { LookupRequest } from '../pipeline/invocation.ts';
import type { Room } from '../pipeline/room.ts';
import { type Problem, toProblem } from '../problem.ts';
import { DEFAULT_ACCOUNT } from './message.ts';
import type { TriggerContext } from './trigger.ts';

/** Nothing is answered. */
const NO_ROOM: Room = { bytes: 0, limit: 'nothing', sizeOf: () => 0 };

/**
 * Sends an event that cannot be read the way of every request, which records how it ends.
 * @returns the problem, or the one that comes before it: an account's name that is none
 */
export async function recordRefusal(
  problem: Problem,
  context: TriggerContext,
  { account = DEFAULT_ACCOUNT, message }: Partial<Pick<LookupRequest, 'account' | 'message'>> = {},
): Promise<Problem> {
  const request: LookupRequest = {
    readInput: () => {
      throw problem;
    },
    account,
    // Nothing is said of any account, and the one that the event means may stand in the part that cannot be read.
    mayUse: () => true,
    keepGuid: () => undefined,
    requestId: context.requestId,
    room: NO_ROOM,
    ...(message && { message }),
  };
  try {
    await context.answer(request, context.remainingMs());
    return problem;
  } catch (error) {
    return toProblem(error);
  }
}
