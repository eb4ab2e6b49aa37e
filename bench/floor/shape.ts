import type { Codes } from '../codes.ts';

/** How each documented field of an answer is read; others are left out. */
export type Fields = Readonly<Record<string, (value: never) => unknown>>;

/** The documented fields of a vendor's object, each in its type, with a label beside each code. */
export function shape(fields: Fields, codes: Codes = {}): (row: object) => Record<string, unknown> {
  const reads = Object.entries(fields) as [string, (value: unknown) => unknown][];
  return (row) => {
    const values = row as Record<string, unknown>;
    const shaped: Record<string, unknown> = {};
    for (const [field, read] of reads) {
      const value = values[field];
      if (value === undefined) continue;
      shaped[field] = value === null ? null : read(value);
      const table = codes[field];
      if (table && value !== null) shaped[`${field}Label`] = table[String(value)] ?? 'unknown';
    }
    return shaped;
  };
}
