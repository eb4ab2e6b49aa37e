/**
 * How many fields of a vendor's answer its schema left out, at any depth: a first sign that the vendor's interface
 * moved. `checked` is what the schema made of `raw`.
 */
export function countUndocumented(raw: unknown, checked: unknown): number {
  if (Array.isArray(raw) && Array.isArray(checked)) {
    return raw.reduce<number>((count, each, index) => count + countUndocumented(each, checked[index]), 0);
  }
  if (!isObject(raw) || !isObject(checked)) return 0;
  return Object.keys(raw).reduce(
    (count, field) => count + (Object.hasOwn(checked, field) ? countUndocumented(raw[field], checked[field]) : 1),
    0,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
