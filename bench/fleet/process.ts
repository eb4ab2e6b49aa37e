import { setImmediate as nextRound } from 'node:timers/promises';
import { withBreaker } from '../../lib/credentials/shared/breaker.ts';
import { createDynamoStore } from '../../lib/credentials/shared/dynamodb.ts';
import { createHandler } from '../../lib/handler.ts';
import type { HttpAnswer } from '../../lib/http/message.ts';
import type { Transport } from '../../lib/http/transport.ts';
import type { Outcome } from '../../lib/log/outcome.ts';
import { type Clock, sleep } from '../../lib/time/clock.ts';
import { readAccountAccess } from '../../lib/triggers/account-access.ts';
import { createMessageServices } from '../../lib/triggers/message-services.ts';
import { CEC_CHATS } from '../../local/simulators/huawei-cec.ts';
import { createCall } from '../probe/event.ts';
import { FUNCTION_TIMEOUT, JITTER, LATENCY, TABLE } from './conditions.ts';
import { createFreezer } from './freezer.ts';
import { createRandom } from './random.ts';
import type { StoreWire } from './store-wire.ts';
import { type FleetVendor, isTokenRequest } from './vendor.ts';

// A function's file starts the function, which needs the stage's setting.
process.env['ACCOUNT_ACCESS'] = '*';
const { getUserInfoByCallId } = await import('../../functions/huawei-cec/get-user-info-by-call-id.ts');

/** What all processes of a fleet have around them. */
export interface Surroundings {
  readonly time: Clock;
  readonly vendor: FleetVendor;
  readonly wire: StoreWire;
  readonly withStore: boolean;
  readonly storeUrl: string;
  /** The text of the account's secret as it is at this moment. */
  readSecret(): string;
  report(outcome: Outcome): void;
}

export interface Answer {
  readonly status: number;
  /** Epoch milliseconds when it was asked for. */
  readonly at: number;
  readonly milliseconds: number;
}

/** A process of a fleet: the real handler with caches, breaker, store and SDK client of its own. */
export interface SimulatedProcess {
  /** One invocation after the other, as Lambda has it. Undefined where the process was killed. */
  call(): Promise<Answer | undefined>;
  /** Ends the process in the middle of what it does. */
  kill(): void;
}

const { callId, userId, tenantId } = CEC_CHATS[0] ?? {};
const [EVENT] = createCall({ bundle: '', call: { input: { callId, userId, tenantId }, headers: {} } }, 0);

export function createProcess(index: number, surroundings: Surroundings): SimulatedProcess {
  const { time, vendor, wire, storeUrl } = surroundings;
  const freezer = createFreezer(time);
  const random = createRandom(index);

  /** What `arrive` gives when half of the time has passed, at the end of it. */
  async function travel<Result>(
    milliseconds: number,
    signal: AbortSignal,
    arrive: () => Result | undefined | Promise<Result | undefined>,
  ): Promise<Result> {
    const oneWay = Math.round((milliseconds / 2) * (1 + JITTER * (2 * random() - 1)));
    const journey = async () => {
      await wait(time, oneWay);
      const result = await arrive();
      if (result === undefined) return new Promise<never>(() => undefined);
      await wait(time, oneWay);
      await freezer.awake();
      return result;
    };
    return orAborted(journey(), signal);
  }

  const transport: Transport = {
    send: (request, _connection, signal) => {
      if (request.url.startsWith(storeUrl)) return travel(LATENCY.store, signal, () => wire.answer(request));
      const latency = isTokenRequest(request) ? LATENCY.tokenEndpoint : LATENCY.lookup;
      return travel(latency, signal, (): HttpAnswer | undefined => {
        const answer = vendor.answer(index, request);
        const text = JSON.stringify(answer?.body);
        return answer && { status: answer.status, headers: {}, cookies: [], text, receivedAt: time.now(), server: '' };
      });
    },
    close: async () => undefined,
  };

  const { clock } = freezer;
  const createStore = () => withBreaker(createDynamoStore({ table: TABLE, transport, clock }), clock, random);
  const handler = createHandler(getUserInfoByCallId, {
    clock,
    random,
    transport,
    readSecret: (_name, signal) => travel(LATENCY.secretsManager, signal, surroundings.readSecret),
    report: surroundings.report,
    store: surroundings.withStore ? createStore() : undefined,
    secretPrefix: 'contact-lookups/fleet',
    accountAccess: readAccountAccess('*'),
    messages: createMessageServices('fleet', transport, clock),
  });

  const killed = Promise.withResolvers<undefined>();

  return {
    call: async () => {
      freezer.thaw();
      // What waited in its sockets a thawed process reads before the next event.
      await nextRound();
      const at = time.now();
      const context = {
        awsRequestId: `process-${index}`,
        getRemainingTimeInMillis: () => at + FUNCTION_TIMEOUT - time.now(),
      };
      const result = await Promise.race([handler(EVENT, context), killed.promise]);
      freezer.freeze();
      return result && { status: result.statusCode ?? 0, at, milliseconds: time.now() - at };
    },
    kill: () => {
      freezer.kill();
      killed.resolve(undefined);
    },
  };
}

export function wait(time: Clock, milliseconds: number): Promise<void> {
  return sleep(time, milliseconds, new AbortController().signal);
}

async function orAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
