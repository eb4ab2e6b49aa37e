import type * as z from 'zod/mini';
import type { Call, Credential, CredentialSource, CredentialTools } from './credentials/credential.ts';
import type { SharedStore } from './credentials/shared/store.ts';
import type { ConnectionOptions, HttpAnswer, HttpRequest } from './http/message.ts';
import type { Transport } from './http/transport.ts';
import type { RateLimiter } from './pipeline/rate-limiter.ts';
import type { Verdict } from './pipeline/verdict.ts';

/** A lookup's question before its vendor addresses and authorizes it. */
export interface Question {
  readonly method: 'GET' | 'POST';
  /** What follows the vendor's base address. */
  readonly path: string;
  /** Serialized once: what is hashed and signed is what is sent. */
  readonly body?: string;
}

/** What a lookup makes of an answer that its vendor found to be neither a refusal nor a fault. */
export type ReadResult = (body: unknown, answer: HttpAnswer) => Verdict<unknown>;

/** One vendor in one process: its credentials, how a request is authorized and how an answer is judged. */
export interface Vendor<Secret = unknown, Kind extends Credential = Credential> {
  readonly credentials: CredentialSource<Secret, Kind>;
  connection?(secret: Secret): ConnectionOptions;
  /** Input fields that the account or its credential fills in where the caller leaves them out. */
  defaults?(credential: Kind, call: Call<Secret>): Readonly<Record<string, unknown>>;
  /** Called for every attempt. */
  authorize(question: Question, credential: Kind, call: Call<Secret>): HttpRequest;
  judge(answer: HttpAnswer, read: ReadResult, call: Call<Secret>): Verdict<unknown>;
  /** The share of the vendor's rate limit that requests with this credential count against. */
  limiter?(credential: Kind, call: Call<Secret>): Pick<RateLimiter, 'take'>;
  /**
   * Sees every answer before it is judged, since some carry a renewed credential. Gives the new Guid where it is the
   * caller's own, which only the caller can keep.
   */
  observe?(answer: HttpAnswer, credential: Kind, call: Call<Secret>): string | undefined;
}

/** What is known of a vendor before there is a process that talks to it. */
export interface VendorDescription<Secret = unknown, Kind extends Credential = Credential> {
  readonly name: string;
  readonly secretSchema: z.ZodMiniType<Secret>;
  /** How many messages of a batch are answered at the same time: what fits its rate, in one process of several. */
  readonly maxConcurrency: number;
  /** Every text in the secret that no output may show. */
  sensitive(secret: Secret): readonly string[];
  /**
   * The store through which the fleet shares this vendor's credentials; absent where nothing is minted. Named here so that
   * a function without it has none of its code.
   */
  openStore?(transport: Transport): SharedStore | undefined;
  /** The vendor with its caches: once for each process. */
  connect(tools: CredentialTools): Vendor<Secret, Kind>;
}
