import type { MiddlewareObj } from '@middy/core';
import { isLoggableCorrelationId } from '../log/loggable-correlation-id.ts';
import { loggableProblem } from '../log/loggable-problem.ts';
import type { Outcome, ReportOutcome } from '../log/outcome.ts';
import { hidesSecret, redact, redactVendorText } from '../log/redact.ts';
import type { Lookup } from '../lookup.ts';
import { PROBLEMS, type Problem, toProblem } from '../problem.ts';
import { loggableFields } from '../schema/loggable.ts';
import type { Clock } from '../time/clock.ts';
import { ageMs } from '../time/moment.ts';
import type { Invocation, LookupAnswer } from './invocation.ts';

/** What AWS names messages; a sender who does it may name it anything. */
const MESSAGE_ID = /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?:\/\d+)?|[\da-f]{32}|shardId-\d+:\d+)$/i;

let coldStart = true;

/** Reports how the request ended, and takes every secret that the invocation knows out of what a problem says. */
export function recordOutcome(
  lookup: Lookup,
  report: ReportOutcome,
  clock: Clock,
): MiddlewareObj<Invocation, LookupAnswer> {
  return {
    after: ({ event: invocation }) => {
      report(describe(lookup, invocation, clock));
    },
    onError: (request) => {
      const { tally, credentialTally } = request.event;
      const waitedFor = credentialTally.waitingFor ?? tally.waitingFor;
      const problem = redactProblem(toProblem(request.error, waitedFor), request.event);
      report(describe(lookup, request.event, clock, problem));
      throw problem;
    },
  };
}

function describe(lookup: Lookup, invocation: Invocation, clock: Clock, problem?: Problem): Outcome {
  const { request, tally, credentialTally, credential, input, renewals, reasons, warnings } = invocation;
  const { invalidRowCount = 0, invalidRows = [], undocumentedFields = [] } = invocation.deviations ?? {};
  const first = coldStart;
  coldStart = false;
  return {
    lookup: lookup.name,
    requestId: request.requestId,
    ...(request.message && { trigger: request.message.trigger }),
    ...(request.message && MESSAGE_ID.test(request.message.id) && { messageId: request.message.id }),
    ...correlation(lookup, invocation),
    ...(invocation.account !== undefined && { account: invocation.account }),
    outcome: problem ? 'failed' : 'succeeded',
    ...(problem && loggableProblem(problem)),
    attempts: tally.attempts,
    milliseconds: Math.round(clock.monotonic() - invocation.startedAt),
    vendorMs: tally.vendorMs,
    credentialAttempts: credentialTally.attempts,
    credentialMs: credentialTally.vendorMs,
    ...(credential && { tokenAgeMs: Math.round(ageMs(credential.obtainedAt, clock)) }),
    ...(renewals.length > 0 && { renewals }),
    ...(reasons.secret.length > 0 && { secretReasons: reasons.secret }),
    ...(reasons.credential.length > 0 && { credentialReasons: reasons.credential }),
    ...(warnings.length > 0 && { warnings }),
    ...(invalidRowCount > 0 && { invalidRowCount, invalidRows }),
    ...(undocumentedFields.length > 0 && { undocumentedFields }),
    ...(input && { input: loggableFields(lookup.input, input) }),
    coldStart: first,
  };
}

function correlation(lookup: Lookup, { request, input, secrets }: Invocation): Pick<Outcome, 'correlationId'> {
  const { correlationId } = request;
  // The secrets of an input that was refused are not known.
  const isUnknown = lookup.sensitiveInput !== undefined && input === undefined;
  if (correlationId === undefined || isUnknown || !isLoggableCorrelationId(correlationId, secrets)) return {};
  return { correlationId };
}

function redactProblem(problem: Problem, { secrets }: Invocation): Problem {
  const redacted = redact(problem.message, secrets);
  // A detail may quote a code of the vendor.
  const detail = hidesSecret(redacted, secrets) ? `${PROBLEMS[problem.code].title}.` : redacted;
  if (!problem.vendor) return problem.with({ detail });
  const clean = (text: string | undefined) => text && redactVendorText(text, secrets);
  const { name } = problem.vendor;
  const [code, message, requestId] = [problem.vendor.code, problem.vendor.message, problem.vendor.requestId].map(clean);
  const vendor = { name, ...(code && { code }), ...(message && { message }), ...(requestId && { requestId }) };
  return problem.with({ detail, vendor });
}
