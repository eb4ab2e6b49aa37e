import type { Lookup } from '../lookup.ts';
import type { LookupAnswer, LookupRequest } from '../pipeline/invocation.ts';
import type { PageBudget } from '../pipeline/page-budget.ts';
import type { Clock } from '../time/clock.ts';
import type { AccountAccess } from './account-access.ts';
import type { MessageServices } from './message-services.ts';

/** What a trigger has to answer one event with. */
export interface TriggerContext {
  readonly lookup: Lookup;
  /** Lambda's. Of an asynchronous event it is the same each time that Lambda tries it again. */
  readonly requestId: string;
  /** Milliseconds until Lambda ends the function. */
  remainingMs(): number;
  readonly pages: PageBudget;
  /**
   * Answers one request.
   * @param remainingMs the time for it
   * @throws Problem
   */
  answer(request: LookupRequest, remainingMs: number): Promise<LookupAnswer>;
  readonly services: TriggerServices;
}

export interface TriggerServices {
  readonly clock: Clock;
  readonly random: () => number;
  /** Which vendor accounts a caller over HTTP may use. */
  readonly accountAccess: AccountAccess;
  readonly messages: MessageServices;
}

/**
 * Answers an event of its own kind, which it tells by the shape; undefined for any other.
 * @throws Problem `invalid-input` at once, where the event says that it is of this kind and has not all that is read of it
 */
export type Trigger = (event: unknown, context: TriggerContext) => Promise<unknown> | undefined;
