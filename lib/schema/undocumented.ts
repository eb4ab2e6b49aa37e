/**
 * How many fields of a vendor's answer its schema left out, at any depth: a first sign that the vendor's interface
 * moved. `checked` is what the schema made of `raw`.
 */
export function countUndocumented(raw: unknown, checked: unknown): number {
  if (typeof raw !== 'object' || raw === null || typeof checked !== 'object' || checked === null) return 0;
  let count = 0;
  for (const field of Object.keys(raw)) {
    if (!Object.hasOwn(checked, field)) count += 1;
    else count += countUndocumented((raw as Fields)[field], (checked as Fields)[field]);
  }
  return count;
}

type Fields = Readonly<Record<string, unknown>>;
