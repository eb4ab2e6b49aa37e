import * as z from 'zod/mini';
import { numberText } from '../json/exact-number.ts';
import { describeIssues } from './issues.ts';

/** More than any vendor's answer is documented to have: to check a million takes longer than the function has. */
const MOST_ROWS = 10_000;
/** The rows of the longest page, so that each of its invalid rows is listed. */
const LISTED = 50;
/** Of the rules that one row breaks. */
const LISTED_RULES = 5;

/** Which rows of a vendor's list were left out. */
export interface LeftOutRows {
  /** Of each row that is left, its index in the vendor's list. */
  readonly keptIndexes: readonly number[];
  readonly count: number;
  /** The first of them. `index` is absent where the value is no list, or one of too many rows. */
  readonly listed: readonly { readonly index?: number; readonly reason: string }[];
}

const leftOutRows = new WeakMap<readonly unknown[], LeftOutRows>();

/** @param list as `rows` made it; the schemas around `rows` keep its identity */
export function leftOutOf(list: readonly unknown[]): LeftOutRows | undefined {
  return leftOutRows.get(list);
}

interface RowsOptions {
  /** Whether the answer is worth nothing without this list: it must be a list, and not all of its rows may be invalid. */
  readonly essential?: boolean;
}

/**
 * A list of a vendor's answer. A row that breaks its schema is left out, so that it does not cost the others, and
 * `leftOutOf` tells it. A value that is no list, or too long a list, becomes an empty one and is told as well.
 */
export function rows(row: z.ZodMiniType, { essential = false }: RowsOptions = {}) {
  return z.transform((value: unknown, context): unknown[] => {
    const { valid, leftOut } = checkRows(value, row);
    if (leftOut.count === 0) return valid;
    if (!essential || valid.length > 0) {
      leftOutRows.set(valid, leftOut);
      return valid;
    }
    const { index, reason } = leftOut.listed[0] ?? {};
    const message = index === undefined ? reason : `has no valid row (of the first: ${reason})`;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  });
}

function checkRows(list: unknown, row: z.ZodMiniType): { valid: unknown[]; leftOut: LeftOutRows } {
  const valid: unknown[] = [];
  const fault = findFault(list);
  if (fault) return { valid, leftOut: { keptIndexes: [], count: 1, listed: [{ reason: fault }] } };
  const keptIndexes: number[] = [];
  const listed: { index: number; reason: string }[] = [];
  for (const [index, value] of (list as readonly unknown[]).entries()) {
    // A number as it was written is an object to JavaScript alone.
    const checked = row.safeParse(numberText(value) ?? value);
    if (checked.success) {
      valid.push(checked.data);
      keptIndexes.push(index);
    } else if (listed.length < LISTED) {
      listed.push({ index, reason: describeRow(value, checked.error.issues) });
    }
  }
  return { valid, leftOut: { keptIndexes, count: (list as readonly unknown[]).length - valid.length, listed } };
}

function findFault(list: unknown): string | undefined {
  if (!Array.isArray(list)) return 'must be an array';
  return list.length > MOST_ROWS ? `must have at most ${MOST_ROWS} elements` : undefined;
}

function describeRow(row: unknown, issues: readonly z.core.$ZodIssue[]): string {
  const rules = describeIssues(row, issues).slice(0, LISTED_RULES);
  return rules.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join('; ');
}
