import type { MiddlewareObj } from '@middy/core';
import type { Lookup } from '../lookup.ts';
import { Problem } from '../problem.ts';
import { listIssues } from '../schema/issues.ts';
import { countUndocumented } from '../schema/undocumented.ts';
import type { Invocation, LookupAnswer } from './invocation.ts';

/** Brings the result into the types of the vendor's document, labels its codes and completes the answer's `meta`. */
export function checkOutput(lookup: Lookup): MiddlewareObj<Invocation, LookupAnswer> {
  return {
    after: (request) => {
      const { event: invocation, response } = request;
      const { tally } = invocation;
      const checked = lookup.output.safeParse(response?.data);
      if (!checked.success) {
        const rules = listIssues(response?.data, checked.error.issues);
        throw new Problem('vendor-contract-changed', `The answer of the vendor breaks its documentation: ${rules}.`, {
          vendor: { name: lookup.vendor.name },
        });
      }
      const undocumentedFields = countUndocumented(response?.data, checked.data);
      invocation.undocumentedFields = undocumentedFields;
      request.response = {
        ...response,
        data: checked.data,
        meta: {
          lookup: lookup.name,
          requestId: invocation.request.requestId,
          ...(tally.vendorRequestId && { vendorRequestId: tally.vendorRequestId }),
          vendorMs: tally.vendorMs,
          attempts: tally.attempts,
          ...(undocumentedFields > 0 && { undocumentedFields }),
          ...response?.meta,
        },
      };
    },
  };
}
