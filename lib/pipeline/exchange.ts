import { TransportFault } from '../http/fault.ts';
import { hostAndPort } from '../http/host-and-port.ts';
import type { ConnectionOptions, HttpAnswer, HttpRequest } from '../http/message.ts';
import type { Transport } from '../http/transport.ts';
import { Problem } from '../problem.ts';
import { type Clock, sleep } from '../time/clock.ts';
import { type Deadline, DeadlinePassed } from '../time/deadline.ts';
import { connectionProblem } from './connection-problem.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { RetryBudgets } from './retry-budget.ts';
import type { Verdict } from './verdict.ts';

const MAX_RETRIES = 2;
/** A refused credential is renewed once, and once more where the secret has changed meanwhile. */
const MAX_RENEWALS = { refused: 2, skewed: 1 };
const BACKOFF_BASE_MS = 100;
const BACKOFF_CAP_MS = 2_000;
/** A longer wait than this is left to the caller, who gets it as `Retry-After`. */
const LONGEST_WAIT_MS = 5_000;
/** Waiting makes sense only where this much is left afterwards for the attempt itself. */
const ATTEMPT_RESERVE_MS = 500;
/** With less than this a silent connection is not given up: the retry would have too little of it. */
const LEAVE_SILENT_MS = 4_000;

/** One question to a vendor and its answer, through as many attempts as are safe. */
export interface Exchange<Result> {
  readonly vendorName: string;
  /** False where a second request may do harm (a password that is checked again): then only what surely did not arrive is sent again. */
  readonly repeatable: boolean;
  /** How often the vendor is asked again after a fault that may pass, at most; MAX_RETRIES by default. */
  readonly maxRetries?: number;
  /** The vendor may hold the request before it answers, so that silence says nothing of the connection. */
  readonly longPoll?: boolean;
  readonly connection: ConnectionOptions;
  /** The field of the secret that has the address of the request; `baseUrl` by default. */
  readonly addressField?: string;
  /** The share of the rate limit that the next attempt counts against. */
  limiter?(): Pick<RateLimiter, 'take'> | undefined;
  /** Builds the request afresh for every attempt: a signature or a renewed token must not be stale. */
  prepare(): HttpRequest;
  judge(answer: HttpAnswer): Verdict<Result>;
  /** Makes the next `prepare` use another credential, or throws where there is none. Absent where none can be had. */
  renew?(cause: Extract<Verdict<Result>, { kind: 'refused' | 'skewed' }>): Promise<void>;
}

/** What the attempts of one exchange cost. */
export interface ExchangeTally {
  attempts: number;
  /** Milliseconds between a request and the end of its answer, summed over the attempts. */
  vendorMs: number;
  vendorRequestId: string | undefined;
  /** The vendor's remark on a success, which may repeat secrets. */
  vendorMessage?: string | undefined;
  /** Host and port of the server whose answer is waited for. */
  waitingFor?: string | undefined;
}

export interface ExchangeTools {
  readonly clock: Clock;
  /** 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly transport: Transport;
  readonly budgets: RetryBudgets;
}

/**
 * The attempt loop: authorize, send, judge; then renew, wait or give up. It ends before the deadline does.
 * @throws Problem
 */
export async function runExchange<Result>(
  exchange: Exchange<Result>,
  deadline: Pick<Deadline, 'signal' | 'left'>,
  tally: ExchangeTally,
  tools: ExchangeTools,
): Promise<Result> {
  const renewals = { refused: 0, skewed: 0 };
  let replayed = false;
  let retries = 0;
  let mayConfirm = false;
  for (;;) {
    await exchange.limiter?.()?.take(deadline, ATTEMPT_RESERVE_MS);
    const request = exchange.prepare();
    const budget = tools.budgets.of(request.url);
    const outcome = await attempt(exchange, request, replayed, deadline, tally, tools);
    switch (outcome.kind) {
      case 'result':
        tally.vendorRequestId = outcome.vendorRequestId;
        tally.vendorMessage = outcome.vendorMessage;
        budget.refund();
        return outcome.value;
      case 'problem':
        throw forCaller(outcome.problem, exchange);
      case 'refused':
      case 'skewed':
        if (!exchange.renew || renewals[outcome.kind] >= MAX_RENEWALS[outcome.kind]) throw outcome.problem;
        renewals[outcome.kind] += 1;
        await exchange.renew(outcome);
        break;
      case 'met-dead':
        // A kept connection died while it was idle, and the vendor never saw the request: it is replayed at once, one time,
        // on a new connection, outside the count of retries. After silence the vendor may be slow instead: that has a budget.
        if (replayed || (outcome.silent && !budget.take())) throw outcome.problem;
        replayed = true;
        break;
      case 'retry': {
        const { confirmed } = outcome;
        if (outcome.processed === 'maybe' && !exchange.repeatable) throw forCaller(outcome.problem, exchange);
        if (confirmed && mayConfirm) throw confirmed;
        mayConfirm = confirmed !== undefined;
        const allowed = confirmed ? MAX_RETRIES : (exchange.maxRetries ?? MAX_RETRIES);
        if (retries >= Math.min(outcome.maxRetries ?? MAX_RETRIES, allowed)) throw outcome.problem;
        const waitMs = backoff(retries, outcome.afterMs, tools.random);
        if (waitMs > LONGEST_WAIT_MS || waitMs > deadline.left() - ATTEMPT_RESERVE_MS) throw outcome.problem;
        // Without its retry the response has no meaning yet, so many of them must not use the budget up.
        if (!confirmed && !budget.take()) throw outcome.problem;
        retries += 1;
        await sleep(tools.clock, waitMs, deadline.signal);
      }
    }
  }
}

/** After an answer, or where one may have been on its way: what may do harm a second time is not to be sent again by the caller either. */
function forCaller(problem: Problem, exchange: Exchange<unknown>): Problem {
  return exchange.repeatable ? problem : problem.with({ retryable: false });
}

type Outcome<Result> =
  | Verdict<Result>
  | { readonly kind: 'met-dead'; readonly silent: boolean; readonly problem: Problem };

async function attempt<Result>(
  exchange: Exchange<Result>,
  request: HttpRequest,
  isReplay: boolean,
  deadline: Pick<Deadline, 'signal' | 'left'>,
  tally: ExchangeTally,
  { clock, transport }: ExchangeTools,
): Promise<Outcome<Result>> {
  const sentAt = clock.monotonic();
  const address = hostAndPort(request.url);
  tally.attempts += 1;
  tally.waitingFor = address;
  try {
    const answer = await transport.send(request, exchange.connection, deadline.signal, {
      avoidIdle: isReplay || !exchange.repeatable,
      leaveSilent: exchange.repeatable && !exchange.longPoll && deadline.left() >= LEAVE_SILENT_MS,
    });
    return withAddress(exchange.judge(answer), address);
  } catch (error) {
    if (error instanceof DeadlinePassed) throw timedOut(exchange, address);
    if (error instanceof TransportFault) return judgeFault(error, exchange);
    throw error;
  } finally {
    tally.vendorMs += Math.round(clock.monotonic() - sentAt);
    tally.waitingFor = undefined;
  }
}

/** Adds the server's address to a failure, for the log. */
function withAddress<Result>(verdict: Verdict<Result>, address: string): Verdict<Result> {
  if (verdict.kind === 'result') return verdict;
  const problem = verdict.problem.with({ failedVendor: { address } });
  if (verdict.kind !== 'retry' || !verdict.confirmed) return { ...verdict, problem };
  return { ...verdict, problem, confirmed: verdict.confirmed.with({ failedVendor: { address } }) };
}

function timedOut(exchange: Exchange<unknown>, address: string): Problem {
  const detail = `The vendor's server ${address} did not answer in the time that the function had left.`;
  return new Problem('vendor-timeout', detail, {
    retryable: exchange.repeatable,
    vendor: { name: exchange.vendorName },
    failedVendor: { address },
  });
}

function judgeFault(fault: TransportFault, exchange: Exchange<unknown>): Outcome<never> {
  const { idle, neverSent } = fault.connection;
  const problem = connectionProblem(fault, { addressField: 'baseUrl', ...exchange });
  if (idle) return { kind: 'met-dead', silent: idle === 'silent', problem };
  if (fault.kind === 'undecodable' || !problem.retryable) return { kind: 'problem', problem };
  return { kind: 'retry', processed: neverSent ? 'no' : 'maybe', problem };
}

/** Full jitter: anything from nothing to the exponential bound. What the vendor asks for comes first. */
function backoff(retries: number, afterMs: number | undefined, random: () => number): number {
  const jittered = random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** retries);
  return (afterMs ?? 0) + jittered;
}
