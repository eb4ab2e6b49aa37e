import type { Input, Lookup, WalkLimits } from '../lookup.ts';
import type { Vendor } from '../vendor.ts';
import { completeAnswer } from './check-output.ts';
import { type ExchangeTools, runExchange } from './exchange.ts';
import { type Invocation, type LookupAnswer, required } from './invocation.ts';
import { keepCredential } from './obtain-credential.ts';

/** More than a walk tells of itself in `meta`, so that it has room too. */
const LONGEST_WALK_META = { walk: 'x'.repeat(200) };

/** The vendor call itself, between the middlewares: the lookup's question through the attempt loop. */
export function askVendor(lookup: Lookup, vendor: Vendor, tools: ExchangeTools) {
  return async (invocation: Invocation): Promise<LookupAnswer> => {
    const input = required(invocation.input);
    const call = required(invocation.call);
    const credential = () => required(invocation.credential);

    const ask = (asked: Input) =>
      runExchange(
        {
          vendorName: lookup.vendor.name,
          repeatable: lookup.repeatable,
          // One layer retries: of a message it is the queue.
          ...(invocation.request.message && { maxRetries: 0 }),
          // A renewal may have read a changed secret.
          get connection() {
            return vendor.connection?.(call.secret.value) ?? {};
          },
          limiter: () => vendor.limiter?.(credential(), call),
          prepare: () => {
            const question = lookup.question({ ...vendor.defaults?.(credential(), call), ...asked });
            return vendor.authorize(question, credential(), call);
          },
          judge: (answer) => {
            const callerGuid = vendor.observe?.(answer, credential(), call);
            if (callerGuid) invocation.request.keepGuid(callerGuid);
            return vendor.judge(answer, lookup.read, call);
          },
          renew: async (refusal) => {
            keepCredential(invocation, await vendor.credentials.renew(credential(), refusal, call));
            invocation.renewals.push(refusal.kind === 'refused' ? refusal.reason : 'clock-skew');
          },
        },
        invocation.deadline,
        invocation.tally,
        tools,
      );

    const { result, meta } = lookup.walk
      ? await lookup.walk(input, ask, walkLimits(lookup, invocation))
      : { result: await ask(input), meta: {} };
    return { data: result, meta };
  };
}

function walkLimits(lookup: Lookup, invocation: Invocation): WalkLimits {
  const { room } = invocation.request;
  return {
    deadline: invocation.deadline,
    bytes: room.bytes,
    // As an answer of its own: all pages together are never larger than the sum of these.
    sizeOf: (result) => {
      try {
        const { answer } = completeAnswer(lookup, invocation, { data: result, meta: LONGEST_WALK_META });
        return room.sizeOf(JSON.stringify(answer));
      } catch {
        // A result that breaks the vendor's document fails later, whatever its size.
        return 0;
      }
    },
    takePage: invocation.pages.take,
  };
}
