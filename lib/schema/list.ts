import * as z from 'zod/mini';

/** More rows than any vendor's answer is documented to have: to check a million takes longer than the function has. */
const MOST_ROWS = 10_000;
/** Nobody reads more broken rules than these, and zod cannot hand on some hundred thousand. */
const MOST_ISSUES = 10_000;

/** A list in a vendor's answer, checked row by row in a bounded time. */
export function list<Row>(row: z.ZodMiniType<Row>) {
  return z.transform((value: unknown, context): Row[] => {
    const fault = findFault(value);
    if (fault) {
      context.issues.push({ code: 'custom', message: fault, input: value });
      return z.NEVER;
    }
    const rows: Row[] = [];
    for (const [index, each] of (value as readonly unknown[]).entries()) {
      const checked = row.safeParse(each);
      if (checked.success) {
        rows.push(checked.data);
        continue;
      }
      for (const issue of checked.error.issues) {
        const path = [index, ...issue.path];
        context.issues.push({ ...issue, path, input: each } as z.core.$ZodRawIssue);
      }
      if (context.issues.length >= MOST_ISSUES) break;
    }
    return rows;
  });
}

function findFault(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'must be an array';
  return value.length > MOST_ROWS ? `must have at most ${MOST_ROWS} elements` : undefined;
}
