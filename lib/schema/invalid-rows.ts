import { pointerTo } from './issues.ts';
import { leftOutOf } from './rows.ts';

/** The rows of the longest page, so that each of its invalid rows is listed. */
const LISTED = 50;

/** A row of the vendor's answer that was left out. */
export interface InvalidRow {
  /** JSON Pointer into `data`, counted as if no row had been left out. */
  readonly pointer: string;
  readonly reason: string;
}

export interface InvalidRows {
  readonly count: number;
  /** The first of them. */
  readonly listed: readonly InvalidRow[];
}

/** The rows that `rows` left out anywhere in a checked result. */
export function findInvalidRows(checked: unknown): InvalidRows {
  const listed: InvalidRow[] = [];
  let count = 0;

  function visit(value: unknown, path: readonly PropertyKey[]): void {
    if (typeof value !== 'object' || value === null) return;
    const leftOut = Array.isArray(value) ? leftOutOf(value) : undefined;
    count += leftOut?.count ?? 0;
    for (const { index, reason } of leftOut?.listed ?? []) {
      if (listed.length === LISTED) break;
      listed.push({ pointer: pointerTo(index === undefined ? path : [...path, index]), reason });
    }
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner !== 'object') continue;
      visit(inner, [...path, leftOut?.keptIndexes[Number(key)] ?? key]);
    }
  }

  visit(checked, []);
  return { count, listed };
}
