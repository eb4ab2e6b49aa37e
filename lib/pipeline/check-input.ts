import type { MiddlewareObj } from '@middy/core';
import type { Lookup } from '../lookup.ts';
import { invalidInput, Problem } from '../problem.ts';
import { describeIssues } from '../schema/issues.ts';
import type { Invocation } from './invocation.ts';

const ACCOUNT = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Refuses an account name or an input that breaks its rules, with a pointer to each broken one. */
export function checkInput(lookup: Lookup): MiddlewareObj<Invocation> {
  return {
    before: ({ event: invocation }) => {
      const { account } = invocation.request;
      if (!ACCOUNT.test(account)) {
        throw new Problem('invalid-input', `The vendor account's name must match ${ACCOUNT.source}.`);
      }
      const input = invocation.request.readInput();
      const checked = lookup.input.safeParse(input);
      if (!checked.success) {
        throw invalidInput(describeIssues(input, checked.error.issues));
      }
      invocation.input = checked.data;
      for (const text of lookup.sensitiveInput?.(checked.data) ?? []) invocation.secrets.add(text);
    },
  };
}
