import type { Exchange } from '../pipeline/exchange.ts';
import type { Verdict } from '../pipeline/verdict.ts';
import type { Clock } from '../time/clock.ts';
import type { Deadline } from '../time/deadline.ts';
import type { Moment } from '../time/moment.ts';
import type { FlightTime } from './flights.ts';
import type { Note } from './reasons.ts';
import type { HeldSecret } from './secret-store.ts';
import type { SharedStore } from './shared/store.ts';

/** What a vendor asks for as proof of who asks: a token, a session, a key. */
export interface Credential {
  readonly obtainedAt: Moment;
  /** Every text in it that no output may show. */
  readonly secrets: readonly string[];
  /** What the vendor said of it when it was had that an operator should know, in words of ours for log and metric. */
  readonly warnings?: readonly string[];
}

/** What a vendor's credentials are made with. */
export interface CredentialTools {
  readonly clock: Clock;
  /** 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** What the fleet shares; undefined where every process is for itself. */
  readonly store: SharedStore | undefined;
}

/** What the credentials of a vendor may know and use of one call. */
export interface Call<Secret> {
  readonly account: string;
  readonly secret: HeldSecret<Secret>;
  /** The checked input of the lookup. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Header `Guid` of the request: the session of the caller's own agent. */
  readonly callerGuid: string | undefined;
  readonly deadline: Deadline;
  /**
   * Keeps the process awake for this work at the call's end, for a short while: Lambda freezes a process that has answered,
   * and with it a lease that the fleet waits for.
   */
  stayFor(work: Promise<unknown>): void;
  /** Takes down why a credential was used, renewed or waited for. */
  readonly note: Note;
  /** Asks the vendor in the course of minting a credential, in the time of the flight that mints it. */
  exchange<Result>(exchange: Exchange<Result>, time: FlightTime): Promise<Result>;
  /** Reads the account's secret again, once for all who ask, and not again for a short while. */
  rereadSecret(): Promise<HeldSecret<Secret>>;
}

export type Refusal = Extract<Verdict<unknown>, { kind: 'refused' | 'skewed' }>;

/** How the credentials of one vendor are had, kept and renewed. */
export interface CredentialSource<Secret, Kind extends Credential> {
  /** The credential to use now: a kept one that still holds, or a new one. */
  obtain(call: Call<Secret>): Promise<Kind>;
  /**
   * Another credential in place of one that the vendor refused.
   * @throws Problem `refusal.problem` where there is no other.
   */
  renew(refusedCredential: Kind, refusal: Refusal, call: Call<Secret>): Promise<Kind>;
}
