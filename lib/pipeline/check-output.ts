import type { MiddlewareObj } from '@middy/core';
import { cutText } from '../log/cut-text.ts';
import { holdsShortSecret, redact, redactVendorText } from '../log/redact.ts';
import type { Lookup } from '../lookup.ts';
import { Problem } from '../problem.ts';
import { type Deviations, findDeviations } from '../schema/deviations.ts';
import { listIssues } from '../schema/issues.ts';
import { type Invocation, type LookupAnswer, required } from './invocation.ts';

/** Of a vendor's id of a request. No documented one is longer than a UUID and a prefix. */
const LONGEST_REQUEST_ID = 300;

/** Brings the result into the types of the vendor's document, labels its codes and completes the answer's `meta`. */
export function checkOutput(lookup: Lookup): MiddlewareObj<Invocation, LookupAnswer> {
  return {
    after: (request) => {
      const { answer, deviations } = completeAnswer(lookup, request.event, required(request.response ?? undefined));
      request.event.deviations = deviations;
      request.response = answer;
    },
  };
}

interface CompleteAnswer {
  readonly answer: LookupAnswer;
  readonly deviations: Deviations;
}

/**
 * @param response a result of the vendor's, and what the lookup tells of it
 * @throws Problem `vendor-contract-changed`
 */
export function completeAnswer(lookup: Lookup, invocation: Invocation, response: LookupAnswer): CompleteAnswer {
  const { tally } = invocation;
  const checked = lookup.output.safeParse(response.data);
  if (!checked.success) {
    const rules = listIssues(response.data, checked.error.issues);
    throw new Problem('vendor-contract-changed', `The answer of the vendor breaks its documentation: ${rules}.`, {
      vendor: { name: lookup.vendor.name },
    });
  }
  // An answer that holds secrets may also have one as a name.
  const texts = lookup.withoutSecrets ? textsIn(response.data) : NONE;
  const deviations = findDeviations(response.data, checked.data, {
    isSecret: (name) => texts.has(name) || holdsSecret(name, invocation.secrets),
    // Any field of an answer with secrets may hold one.
    include: invocation.request.includeUndocumented === true && !lookup.withoutSecrets,
  });
  const { invalidRowCount, invalidRows, undocumentedFields, undocumented } = deviations;
  const vendorMessage = tally.vendorMessage && redactVendorText(tally.vendorMessage, invocation.secrets);
  const answer = {
    data: checked.data,
    meta: {
      lookup: lookup.name,
      requestId: invocation.request.requestId,
      ...(tally.vendorRequestId && { vendorRequestId: cutText(tally.vendorRequestId, LONGEST_REQUEST_ID) }),
      ...(vendorMessage && { vendorMessage }),
      vendorMs: tally.vendorMs,
      attempts: tally.attempts,
      ...(invalidRowCount > 0 && { invalidRows }),
      ...(invalidRowCount > invalidRows.length && { invalidRowCount }),
      ...(undocumentedFields.length > 0 && { undocumentedFields }),
      ...response.meta,
    },
    ...(undocumented !== undefined && { undocumented }),
  };
  return { answer, deviations };
}

const NONE: ReadonlySet<string> = new Set();

function textsIn(value: unknown): ReadonlySet<string> {
  const texts = new Set<string>();
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') texts.add(next);
    if (typeof next === 'object' && next !== null) for (const inner of Object.values(next)) waiting.push(inner);
  }
  return texts;
}

function holdsSecret(name: string, secrets: ReadonlySet<string>): boolean {
  return holdsShortSecret(name, secrets) || redact(name, secrets) !== name;
}
