import type { MiddlewareObj } from '@middy/core';
import type { Call } from '../credentials/credential.ts';
import type { Note } from '../credentials/reasons.ts';
import type { SecretStore } from '../credentials/secret-store.ts';
import type { VendorDescription } from '../vendor.ts';
import { type ExchangeTools, runExchange } from './exchange.ts';
import { type Invocation, required } from './invocation.ts';

/** Reads the account's secret, and gives the later steps what they need to call the vendor with it. */
export function loadSecret(
  vendor: VendorDescription,
  secrets: SecretStore<unknown>,
  secretPrefix: string,
  tools: ExchangeTools,
): MiddlewareObj<Invocation> {
  return {
    before: async ({ event: invocation }) => {
      const { request, deadline } = invocation;
      const name = `${secretPrefix}/${vendor.name}/${request.account}`;
      const noteSecret: Note = (reason) => invocation.reasons.secret.push(reason);
      const conceal = () => {
        for (const text of vendor.sensitive(call.secret.value)) invocation.secrets.add(text);
      };
      const call: { -readonly [Part in keyof Call<unknown>]: Call<unknown>[Part] } = {
        account: request.account,
        secret: await secrets.get(name, deadline, noteSecret),
        input: required(invocation.input),
        callerGuid: request.callerGuid,
        deadline,
        stayFor: (work) => invocation.unfinished.add(work),
        note: (reason) => invocation.reasons.credential.push(reason),
        exchange: (exchange, time) => runExchange(exchange, time, invocation.credentialTally, tools),
        rereadSecret: async () => {
          call.secret = await secrets.reread(name, call.secret, deadline, noteSecret);
          conceal();
          return call.secret;
        },
      };
      conceal();
      if (request.callerGuid) invocation.secrets.add(request.callerGuid);
      invocation.call = call;
    },
  };
}
