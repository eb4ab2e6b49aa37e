import type * as z from 'zod/mini';
import type { Deadline } from './time/deadline.ts';
import type { Question, ReadResult, VendorDescription } from './vendor.ts';

/** The fields of a checked input. */
export type Input = Readonly<Record<string, unknown>>;

/** A result, and what of it belongs into the answer's `meta`. */
export interface Walked {
  readonly result: unknown;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** Where a walk through pages has to end. */
export interface WalkLimits {
  readonly deadline: Deadline;
  /** What all pages together may take of the answer. */
  readonly bytes: number;
  /** Bytes that a result of the vendor takes in the answer. */
  sizeOf(result: unknown): number;
  /** Takes one page behind the first of those that this invocation may ask for; false where none is left. */
  takePage(): boolean;
}

/** One lookup: everything that the pipeline must know to ask it of its vendor. */
export interface Lookup<Schema extends z.ZodMiniObject = z.ZodMiniObject> {
  /** The name of its Lambda function. */
  readonly name: string;
  readonly vendor: VendorDescription;
  readonly input: Schema;
  readonly output: z.ZodMiniType;
  /** False where asking twice may do harm. */
  readonly repeatable: boolean;
  /** Every text in the input that no output may show. */
  sensitiveInput?(input: z.output<Schema>): readonly string[];
  /**
   * A result without its secrets, of a lookup that takes or gives some: it is asked by no event that is stored on its way,
   * unless the stage allows it, and then it answers with this.
   */
  withoutSecrets?(data: unknown): unknown;
  /** @throws Problem `invalid-input` where neither the caller nor the account gives a field */
  question(input: z.output<Schema>): Question;
  readonly read: ReadResult;
  /** Asks several times for one result. */
  walk?(input: z.output<Schema>, ask: (input: Input) => Promise<unknown>, limits: WalkLimits): Promise<Walked>;
}

/** Ties the types of a lookup's parts together: its question is built from what its input schema gives. */
export function defineLookup<Schema extends z.ZodMiniObject>(lookup: Lookup<Schema>): Lookup<Schema> {
  return lookup;
}
