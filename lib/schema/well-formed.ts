import type { InputError } from '../problem.ts';
import { pointerTo } from './issues.ts';

/**
 * The texts of a checked input that no UTF-8 can hold: JSON may spell half of a surrogate pair (`"\ud800"`), which each
 * system on the way would turn into a character of its own choice.
 */
export function findIllFormedTexts(value: unknown, path: readonly PropertyKey[] = []): InputError[] {
  if (typeof value === 'string' && !value.isWellFormed()) {
    return [{ pointer: pointerTo(path), detail: 'must not have half of a surrogate pair, which is no character' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => findIllFormedTexts(inner, [...path, name]));
}
