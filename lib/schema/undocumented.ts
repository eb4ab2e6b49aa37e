/**
 * How many fields of a vendor's answer its schema left out, at any depth: a first sign that the vendor's interface
 * moved. `checked` is what the schema made of `raw`.
 */
export function countUndocumented(raw: unknown, checked: unknown): number {
  if (typeof raw !== 'object' || raw === null || typeof checked !== 'object' || checked === null) return 0;
  let count = 0;
  for (const [field, value] of Object.entries(raw)) {
    if (!Object.hasOwn(checked, field)) count += 1;
    else count += countUndocumented(value, (checked as Record<string, unknown>)[field]);
  }
  return count;
}
