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
    z.transform((value: unknown) =>
      Object.fromEntries(Object.entries(value as object).flatMap((entry) => withLabel(entry, tables))),
    ),
  );
}

function withLabel([field, code]: [string, unknown], tables: Readonly<Record<string, CodeTable>>): [string, unknown][] {
  const table = tables[field];
  if (!table || code === null || code === undefined) return [[field, code]];
  const label = Object.hasOwn(table, String(code)) ? table[String(code)] : 'unknown';
  return [
    [field, code],
    [`${field}Label`, label],
  ];
}
