import { isRawJSON } from './exact-number.ts';

const MAX_LEVELS = 1_000;

/**
 * Whether the JSON text of a value has so many bytes at most, and a thousand levels. It looks at no more of the value than
 * that: a mapping may have put one value into a message many times over.
 */
export function measureJson(value: unknown, maxBytes: number): 'fits' | 'too large' | 'too deep' {
  let bytes = 0;
  const waiting: { readonly value: unknown; readonly level: number }[] = [{ value, level: 0 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value: each, level } = next;
    if (level > MAX_LEVELS) return 'too deep';
    const inner = valuesIn(each);
    bytes += inner ? bytesAround(each as object, inner) : Buffer.byteLength(scalarJson(each));
    if (bytes > maxBytes) return 'too large';
    for (const one of inner ?? []) waiting.push({ value: one, level: level + 1 });
  }
  return 'fits';
}

/** Undefined for a scalar. JSON has no members that are undefined. */
function valuesIn(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null || isRawJSON(value)) return undefined;
  return Object.values(value).filter((member) => member !== undefined);
}

/** Brackets, commas, and the names of an object. */
function bytesAround(container: object, inner: readonly unknown[]): number {
  const bytes = 2 + Math.max(0, inner.length - 1);
  if (Array.isArray(container)) return bytes;
  const names = Object.entries(container).flatMap(([name, member]) => (member === undefined ? [] : [name]));
  return names.reduce((sum, name) => sum + Buffer.byteLength(JSON.stringify(name)) + 1, bytes);
}

function scalarJson(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null');
}
