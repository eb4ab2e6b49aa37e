import type { MiddlewareObj } from '@middy/core';
import type { Credential } from '../credentials/credential.ts';
import type { Vendor } from '../vendor.ts';
import { type Invocation, required } from './invocation.ts';

/** Takes the account's credential from the process's cache, or has it minted. */
export function obtainCredential(vendor: Vendor): MiddlewareObj<Invocation> {
  return {
    before: async ({ event: invocation }) => {
      keepCredential(invocation, await vendor.credentials.obtain(required(invocation.call)));
    },
  };
}

/** From now on this is the invocation's credential, and no output shows a part of it. */
export function keepCredential(invocation: Invocation, credential: Credential): void {
  invocation.credential = credential;
  for (const text of credential.secrets) invocation.secrets.add(text);
  // Said once, by those who waited for it, and not again with every use.
  if (credential.obtainedAt.monotonic >= invocation.startedAt) invocation.warnings.push(...(credential.warnings ?? []));
}
