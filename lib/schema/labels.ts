import * as z from 'zod/mini';

/** The meaning of each code of one vendor table. */
export type CodeTable = Readonly<Record<string, string>>;

/**
 * Puts a readable twin beside each coded field: `status: 4` comes with `statusLabel: "idle"`. A code that the table
 * does not list has the label "unknown"; a field that is absent or null has none.
 */
export function labelled(schema: z.core.$ZodType, tables: Readonly<Record<string, CodeTable>>) {
  return z.pipe(
    schema,
    z.transform((value: unknown) => {
      const labelledValue: Record<string, unknown> = {};
      for (const [field, code] of Object.entries(value as object)) {
        labelledValue[field] = code;
        const table = tables[field];
        if (table && code !== null && code !== undefined) labelledValue[`${field}Label`] = labelOf(code, table);
      }
      return labelledValue;
    }),
  );
}

function labelOf(code: unknown, table: CodeTable): string {
  const key = String(code);
  return (Object.hasOwn(table, key) ? table[key] : undefined) ?? 'unknown';
}
