import type * as z from 'zod/mini';
import type { InputError } from '../problem.ts';

/** Rows of an answer often break the same rule, each of them: the first tell it. */
const LISTED = 10;

/**
 * The broken rules of a value, each with a JSON Pointer to where it is broken. The details are our own words and name
 * rules only: what zod calls a message may quote the value, and a value may be a secret.
 */
export function describeIssues(value: unknown, issues: readonly z.core.$ZodIssue[]): InputError[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'is not a known field' }));
    }
    const detail = isAbsent(value, issue.path) ? 'is required' : describe(issue);
    return [{ pointer: pointerTo(issue.path), detail }];
  });
}

/** The first of them in one line of text; a rule of the whole value has the pointer `/` here. */
export function listIssues(value: unknown, issues: readonly z.core.$ZodIssue[]): string {
  const described = describeIssues(value, issues);
  const first = described.slice(0, LISTED).map(({ pointer, detail }) => `${pointer || '/'} ${detail}`);
  const others = described.length - first.length;
  return others > 0 ? `${first.join('; ')}; and ${others} more` : first.join('; ');
}

function isAbsent(value: unknown, path: readonly PropertyKey[]): boolean {
  let inner = value;
  for (const part of path) {
    if (typeof inner !== 'object' || inner === null) return false;
    inner = (inner as Record<PropertyKey, unknown>)[part];
  }
  return path.length > 0 && inner === undefined;
}

function describe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(issue.expected)}`;
    case 'too_small':
      return `must ${bound(issue.origin)} at least ${issue.minimum}${unit(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `must ${bound(issue.origin)} at most ${issue.maximum}${unit(issue.origin, issue.maximum)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'invalid_union':
      return 'has none of the allowed forms';
    case 'custom':
      return issue.message || 'is not valid';
    default:
      return 'is not valid';
  }
}

function bound(origin: string): string {
  return origin === 'string' || origin === 'array' ? 'have' : 'be';
}

function unit(origin: string, count: number | bigint): string {
  if (origin === 'string') return count === 1 ? ' character' : ' characters';
  if (origin === 'array') return count === 1 ? ' element' : ' elements';
  return '';
}

function article(type: string): string {
  return type === 'int' || type === 'array' || type === 'object'
    ? `an ${type === 'int' ? 'integer' : type}`
    : `a ${type}`;
}

/** RFC 6901: `~` and `/` inside a name are escaped. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
