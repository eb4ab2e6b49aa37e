import { pointerTo } from '../lib/schema/issues.ts';

/** Pointers to the texts of a secret that still stand as a document shows them: `<app key>`, `isdp-<...>-openapi`. */
export function findPlaceholders(secret: unknown): string[] {
  return textsIn(secret).flatMap(({ pointer, text }) => (isPlaceholder(text) ? [pointer] : []));
}

function isPlaceholder(text: string): boolean {
  if (/^\s*<[^<>]*>\s*$/.test(text) || /<\s*(?:\.\.\.|…)\s*>/.test(text)) return true;
  return text.includes('-----BEGIN ') && text.includes('<');
}

export interface TextIn {
  /** JSON Pointer. */
  readonly pointer: string;
  readonly text: string;
}

/** Every text in a value, however deep. */
export function textsIn(value: unknown, path: readonly string[] = []): TextIn[] {
  if (typeof value === 'string') return [{ pointer: pointerTo(path), text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, [...path, name]));
}
