import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { createSecretStore, type ReadSecret } from './credentials/secret-store.ts';
import { createSecretsManagerReader } from './credentials/secrets-manager.ts';
import type { SharedStore } from './credentials/shared/store.ts';
import { createTransport, type Transport } from './http/transport.ts';
import type { ReportOutcome } from './log/outcome.ts';
import { createReport } from './log/report.ts';
import type { Lookup } from './lookup.ts';
import { askVendor } from './pipeline/ask-vendor.ts';
import { checkAccount } from './pipeline/check-account.ts';
import { checkInput } from './pipeline/check-input.ts';
import { checkOutput } from './pipeline/check-output.ts';
import { checkSize } from './pipeline/check-size.ts';
import { type Invocation, type LookupAnswer, type LookupRequest, startTally } from './pipeline/invocation.ts';
import { loadSecret } from './pipeline/load-secret.ts';
import { obtainCredential } from './pipeline/obtain-credential.ts';
import { type PageBudget, startPageBudget } from './pipeline/page-budget.ts';
import { recordOutcome } from './pipeline/record-outcome.ts';
import { createRetryBudgets } from './pipeline/retry-budget.ts';
import { type Clock, systemClock } from './time/clock.ts';
import { countDown, startDeadline } from './time/deadline.ts';
import { readAccountAccess } from './triggers/account-access.ts';
import { answerEvent } from './triggers/choose.ts';
import { createMessageServices } from './triggers/message-services.ts';
import type { TriggerServices } from './triggers/trigger.ts';
import type { VendorDescription } from './vendor.ts';

/** What is kept for writing the answer and the log before Lambda ends the function. */
const MARGIN_MS = 300;
/** How long a process stays awake for the sake of others after its answer is ready. */
const LONGEST_STAY_MS = 1_000;

/** Nothing below the trigger asks Lambda for anything. */
const NO_CONTEXT = {} as Context;

/** What a process has of the outside world; tests bring their own clock and chance. */
export interface Services extends TriggerServices {
  readonly transport: Transport;
  readonly readSecret: ReadSecret;
  readonly report: ReportOutcome;
  /** What the processes of the fleet share; undefined where every process is for itself. */
  readonly store: SharedStore | undefined;
  /** `contact-lookups/<stage>`; an account's secret is at `<prefix>/<vendor>/<account>`. */
  readonly secretPrefix: string;
}

/** @param openStore of a vendor whose credentials the fleet shares */
export function createServices(openStore?: VendorDescription['openStore']): Services {
  const stage = process.env['STAGE'] ?? 'dev';
  const transport = createTransport(systemClock);
  return {
    clock: systemClock,
    random: Math.random,
    transport,
    readSecret: createSecretsManagerReader(transport, systemClock),
    report: createReport(stage),
    store: openStore?.(transport),
    secretPrefix: `contact-lookups/${stage}`,
    accountAccess: readAccountAccess(process.env['ACCOUNT_ACCESS']),
    messages: createMessageServices(stage, transport, systemClock),
  };
}

type LambdaContext = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>;

/** Whatever the event, the answer has the form that its sender expects. */
export interface LookupHandler {
  (event: APIGatewayProxyEventV2, context: LambdaContext): Promise<APIGatewayProxyStructuredResultV2>;
  (event: unknown, context: LambdaContext): Promise<unknown>;
}

/** The Lambda handler of a lookup. Its caches live as long as the handler, which is as long as the process. */
export function createHandler(
  lookup: Lookup,
  services: Services = createServices(lookup.vendor.openStore),
): LookupHandler {
  const answer = createPipeline(lookup, services);
  const handle = (event: unknown, context: LambdaContext) => {
    const pages = startPageBudget();
    return answerEvent(event, {
      lookup,
      requestId: context.awsRequestId,
      // Lambda tells it by the wall clock: it is asked once.
      remainingMs: countDown(services.clock, context.getRemainingTimeInMillis()),
      pages,
      answer: (request, remainingMs) => answer(request, remainingMs, pages),
      services,
    });
  };
  return handle as LookupHandler;
}

/** Gives what was begun for other processes a second at most, and half of what is left. */
async function finish({ unfinished, deadline }: Invocation, clock: Clock): Promise<void> {
  if (unfinished.size === 0) return;
  const patience = startDeadline(clock, Math.min(LONGEST_STAY_MS, deadline.left() / 2));
  const isOver = new Promise((resolve) => patience.signal.addEventListener('abort', resolve));
  await Promise.race([Promise.allSettled(unfinished), isOver]);
  patience.end();
}

/**
 * The one way from a request to its answer, whatever triggered it.
 * @throws Problem, with no secret in it
 */
function createPipeline(lookup: Lookup, services: Services) {
  const { clock, report, secretPrefix } = services;
  const tools = { ...services, budgets: createRetryBudgets() };
  const vendor = lookup.vendor.connect(services);
  const secrets = createSecretStore(lookup.vendor.secretSchema, services);

  // The pipeline keeps its own deadline: middy's would cut the answer off instead of giving it.
  const steps = middy<Invocation, LookupAnswer>({ timeoutEarlyInMillis: 0 })
    .use(recordOutcome(lookup, report, clock))
    .use(checkSize())
    .use(checkAccount())
    .use(checkInput(lookup))
    .use(loadSecret(lookup.vendor, secrets, secretPrefix, tools))
    .use(obtainCredential(vendor))
    .use(checkOutput(lookup))
    .handler(askVendor(lookup, vendor, tools));

  return async (request: LookupRequest, remainingMs: number, pages: PageBudget): Promise<LookupAnswer> => {
    const invocation: Invocation = {
      request,
      deadline: startDeadline(clock, remainingMs - MARGIN_MS),
      pages,
      startedAt: clock.monotonic(),
      tally: startTally(),
      credentialTally: startTally(),
      renewals: [],
      reasons: { secret: [], credential: [] },
      unfinished: new Set(),
      warnings: [],
      secrets: new Set(),
    };
    try {
      return await steps(invocation, NO_CONTEXT);
    } finally {
      await finish(invocation, clock);
      invocation.deadline.end();
    }
  };
}
