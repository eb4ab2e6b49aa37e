import * as z from 'zod/mini';

/** The meaning of each code of one vendor table. */
export type CodeTable = Readonly<Record<string, string>>;

/** The table of a field whose codes have another meaning beside other fields; undefined where no table is known. */
type TableOf = (value: Readonly<Record<string, unknown>>) => CodeTable | undefined;

/**
 * The schema of an object in which a readable twin stands beside each coded field: `status: 4` comes with
 * `statusLabel: "idle"`. A code that the table does not list has the label "unknown"; a field that is absent or null, or
 * whose table is not known, has none.
 */
export function labelled(shape: z.core.$ZodLooseShape, tables: Readonly<Record<string, CodeTable | TableOf>>) {
  const codes = Object.entries(tables).map(([field, table]) => ({ field, label: `${field}Label`, table }));
  // The schema makes a place for each label, so that it need not be put between the fields of every object anew.
  const places = Object.fromEntries(
    Object.entries(shape).flatMap(([field, schema]) =>
      Object.hasOwn(tables, field)
        ? [
            [field, schema],
            [`${field}Label`, z._default(z.any(), '')],
          ]
        : [[field, schema]],
    ),
  );
  return z.pipe(
    z.object(places),
    z.transform((value: Record<string, unknown>) => {
      for (const { field, label, table } of codes) {
        value[label] = labelOf(value[field], typeof table === 'function' ? table(value) : table);
      }
      return value;
    }),
  );
}

/** Undefined, which JSON leaves out, where there is no code or no table. */
function labelOf(code: unknown, table: CodeTable | undefined): string | undefined {
  if (code === null || code === undefined || !table) return undefined;
  const key = String(code);
  return (Object.hasOwn(table, key) ? table[key] : undefined) ?? 'unknown';
}
