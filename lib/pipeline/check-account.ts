import type { MiddlewareObj } from '@middy/core';
import { Problem } from '../problem.ts';
import type { Invocation } from './invocation.ts';

/** What a vendor account may be named; its secret's name ends with it. */
export const ACCOUNT_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Refuses a name that no account can have, and an account that the caller may not use. It comes before the secret is
 * read: who may not use an account does not learn whether there is one.
 */
export function checkAccount(): MiddlewareObj<Invocation> {
  return {
    before: ({ event: invocation }) => {
      const { request } = invocation;
      const { account } = request;
      if (!ACCOUNT_NAME.test(account)) {
        throw new Problem('invalid-input', `The vendor account's name must match ${ACCOUNT_NAME.source}.`);
      }
      invocation.account = account;
      if (!request.mayUse(account)) throw forbiddenAccount();
    },
  };
}

export function forbiddenAccount(): Problem {
  const detail = 'The caller has no right to a vendor account of this name, whether there is one or not.';
  return new Problem('forbidden-account', detail);
}
