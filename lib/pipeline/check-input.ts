import type { MiddlewareObj } from '@middy/core';
import type { Lookup } from '../lookup.ts';
import { invalidInput } from '../problem.ts';
import { describeIssues } from '../schema/issues.ts';
import { findIllFormedTexts } from '../schema/well-formed.ts';
import type { Invocation } from './invocation.ts';

/** Refuses an input that breaks its rules, with a pointer to each broken one. */
export function checkInput(lookup: Lookup): MiddlewareObj<Invocation> {
  return {
    before: ({ event: invocation }) => {
      const input = invocation.request.readInput();
      const checked = lookup.input.safeParse(input);
      if (!checked.success) {
        throw invalidInput(describeIssues(input, checked.error.issues));
      }
      const illFormed = findIllFormedTexts(checked.data);
      if (illFormed.length > 0) throw invalidInput(illFormed);
      invocation.input = checked.data;
      for (const text of lookup.sensitiveInput?.(checked.data) ?? []) invocation.secrets.add(text);
    },
  };
}
