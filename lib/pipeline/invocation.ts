import type { Call, Credential } from '../credentials/credential.ts';
import type { Reason } from '../credentials/reasons.ts';
import type { Input } from '../lookup.ts';
import type { Deviations } from '../schema/deviations.ts';
import type { Deadline } from '../time/deadline.ts';
import type { ExchangeTally } from './exchange.ts';
import type { PageBudget } from './page-budget.ts';
import type { Room } from './room.ts';

/** One request for a lookup, whatever brought it. */
export interface LookupRequest {
  /**
   * The input as the trigger brought it.
   * @throws Problem `invalid-input` where the trigger's event holds none that can be read
   */
  readInput(): unknown;
  /** Name of the vendor account whose secret is used. */
  readonly account: string;
  /** Whether the caller has the right to use the vendor account of this name, be there one or not. */
  mayUse(account: string): boolean;
  /** The Guid of the caller's own signed-in agent, where the caller sent one. */
  readonly callerGuid?: string;
  readonly requestId: string;
  /** Whether the answer has the fields that the vendor's documents do not name. */
  readonly includeUndocumented?: boolean;
  /** For the answer. A walk through pages ends where it is full; any other answer that is larger is a problem. */
  readonly room: Room;
  /** Called with a Guid that the vendor renewed for the caller's own agent: only the caller can keep it. */
  keepGuid(guid: string): void;
  /**
   * The message that it came in, where one did: the trigger's name, and its own for the message. Then the vendor is asked
   * once, since who delivered the message delivers it again.
   */
  readonly message?: { readonly trigger: string; readonly id: string };
  /** The sender's own name for the request. */
  readonly correlationId?: string;
}

export interface LookupAnswer {
  readonly data: unknown;
  readonly meta: Readonly<Record<string, unknown>>;
  /** Fields that the vendor's documents do not name, where they stand in the result; only if they were asked for. */
  readonly undocumented?: unknown;
  /** JSON of all else in here, once it is known to have room. */
  readonly json?: string;
}

/** One request on its way: what each step found, for the steps after it. Never shared between two requests. */
export interface Invocation {
  readonly request: LookupRequest;
  readonly deadline: Deadline;
  readonly pages: PageBudget;
  /** By the monotonic clock. */
  readonly startedAt: number;
  /** What the lookup itself cost at the vendor. */
  readonly tally: ExchangeTally;
  /** What minting credentials cost at the vendor. */
  readonly credentialTally: ExchangeTally;
  /** Why credentials were renewed, in the order of the renewals. */
  readonly renewals: string[];
  /** Why the secret and the credential were used, renewed or waited for, in the order in which that was decided. */
  readonly reasons: { readonly secret: Reason[]; readonly credential: Reason[] };
  /** What was begun for other processes, and is waited for at the end for a short while. */
  readonly unfinished: Set<Promise<unknown>>;
  /** What the vendor said of a credential that an operator should know. */
  readonly warnings: string[];
  /** Texts that no output may show. */
  readonly secrets: Set<string>;
  /** The account's name, once its form is found valid: only then is it fit for logs. */
  account?: string;
  input?: Input;
  call?: Call<unknown>;
  credential?: Credential;
  deviations?: Deviations;
}

export function startTally(): ExchangeTally {
  return { attempts: 0, vendorMs: 0, vendorRequestId: undefined };
}

/** A part of the invocation that an earlier step has found. */
export function required<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new TypeError('A step of the pipeline ran before the step that it needs.');
  return part;
}
