import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import { createSecretsManagerReader } from '../../lib/credentials/secrets-manager.ts';
import type { SharedStore } from '../../lib/credentials/shared/store.ts';
import { createHandler, type LookupHandler } from '../../lib/handler.ts';
import { createTransport, type Transport } from '../../lib/http/transport.ts';
import type { Outcome, ReportOutcome } from '../../lib/log/outcome.ts';
import type { Lookup } from '../../lib/lookup.ts';
import { type Clock, systemClock } from '../../lib/time/clock.ts';
import { readAccountAccess } from '../../lib/triggers/account-access.ts';
import type { BatchOutcome } from '../../lib/triggers/batch-report.ts';
import { createMessageServices } from '../../lib/triggers/message-services.ts';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import {
  type Simulator,
  type SimulatorClock,
  type SimulatorOptions,
  startSimulator,
  type VendorSimulation,
} from '../../local/simulators/server.ts';
import { AWS_KEYS } from './aws-keys.ts';
import { createTestClock, NO_TIMERS, type TestClock, unset } from './clock.ts';

const SECRET_PREFIX = 'contact-lookups/test';
export const FUNCTION_TIMEOUT_MS = 15_000;

/** The clock of the clients of AWS: their time-outs never pass, neither on a busy machine nor where a test skips waits. */
export const PATIENT: Clock = { ...systemClock, ...NO_TIMERS };

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as their readers would.
  readonly body: any;
  readonly text: string;
}

export interface Call {
  readonly account?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body as it is sent; what is given as `input` is written as JSON. */
  readonly body?: string;
  readonly event?: Partial<APIGatewayProxyEventV2>;
  readonly remainingMs?: number;
}

/** One process with one lookup in it, before real sockets: a vendor's simulator and a Secrets Manager. */
export interface World {
  readonly clock: TestClock;
  readonly vendor: Simulator;
  readonly secretsManager: Awaited<ReturnType<typeof startSecretsManager>>;
  readonly outcomes: Outcome[];
  /** What was reported of batches of messages. */
  readonly batches: BatchOutcome[];
  readonly handler: LookupHandler;
  putSecret(account: string, secret: object | string): void;
  call(input: unknown, options?: Call): Promise<Response>;
  /** Another process of the same function: nothing cached, the same vendor. */
  coldStart(): World;
}

export interface WorldOptions {
  readonly lookup: Lookup;
  readonly simulation: (clock: SimulatorClock) => VendorSimulation;
  /** The default account's secret, by the address of the simulator. */
  readonly secret: (vendorUrl: string) => object;
  readonly simulator?: Omit<SimulatorOptions, 'clock'>;
  readonly clock?: TestClock;
  /** What ends the wait for a connection that stays silent. Without it nothing does, however busy the machine is. */
  readonly timers?: Pick<Clock, 'alarm'>;
  /** Where outcomes go besides `outcomes`. */
  readonly report?: ReportOutcome;
  /** What chance gives, 0 to 1: how much of the jitter is used. */
  readonly random?: () => number;
  /** The store that the processes share; each has a client of its own. */
  readonly store?: (transport: Transport) => SharedStore | undefined;
  /** As the stage has it in ACCOUNT_ACCESS; by default every caller may use every account. */
  readonly accountAccess?: string;
}

/** Starts a world that ends with the test. The simulator's clock goes with the test's, but for its steps. */
export async function startWorld({
  lookup,
  simulation,
  secret,
  simulator,
  clock = createTestClock(),
  timers = NO_TIMERS,
  random = () => 0.5,
  report,
  store,
  accountAccess = '*',
}: WorldOptions): Promise<World> {
  const vendor = await startSimulator(simulation, { ...simulator, clock: unset(clock) });
  const secretsManager = await startSecretsManager({
    keys: AWS_KEYS,
    secrets: { [`${SECRET_PREFIX}/${lookup.vendor.name}/default`]: secret(vendor.url) },
  });
  onTestFinished(async () => {
    await Promise.all([vendor.close(), secretsManager.close()]);
  });
  process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = secretsManager.url;
  process.env['AWS_REGION'] = 'eu-central-1';
  process.env['AWS_ACCESS_KEY_ID'] = AWS_KEYS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = AWS_KEYS.secretAccessKey;

  const startProcess = (): World => {
    const outcomes: Outcome[] = [];
    const batches: BatchOutcome[] = [];
    const transport = createTransport(clock, timers);
    onTestFinished(() => transport.close());
    const handler = createHandler(lookup, {
      clock,
      random,
      transport,
      readSecret: createSecretsManagerReader(transport, PATIENT),
      report: (outcome) => {
        outcomes.push(outcome);
        report?.(outcome);
      },
      store: store?.(transport),
      secretPrefix: SECRET_PREFIX,
      accountAccess: readAccountAccess(accountAccess),
      messages: {
        ...createMessageServices('test', transport, PATIENT),
        reportBatch: (batch) => batches.push(batch),
      },
    });
    return {
      clock,
      vendor,
      secretsManager,
      outcomes,
      batches,
      handler,
      putSecret: (account, value) => secretsManager.put(`${SECRET_PREFIX}/${lookup.vendor.name}/${account}`, value),
      call: (input, options = {}) => callHandler(handler, input, options, clock),
      coldStart: startProcess,
    };
  };
  return startProcess();
}

let requests = 0;

async function callHandler(handler: LookupHandler, input: unknown, options: Call, clock: TestClock): Promise<Response> {
  requests += 1;
  const endsAt = clock.now() + (options.remainingMs ?? FUNCTION_TIMEOUT_MS);
  const result = await handler(createEvent(options.body ?? JSON.stringify(input), options), {
    awsRequestId: `request-${requests}`,
    getRemainingTimeInMillis: () => endsAt - clock.now(),
  });
  const text = result.body ?? '';
  return { status: result.statusCode ?? 0, headers: result.headers ?? {}, body: JSON.parse(text), text };
}

/** An event as API Gateway HTTP API sends it, payload format 2.0. */
export function createEvent(body: string, { account, headers, event }: Call = {}): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'POST /v1/lookup',
    rawPath: '/v1/lookup',
    rawQueryString: '',
    headers: {
      'content-type': 'application/json',
      ...(account !== undefined && { 'x-vendor-account': account }),
      ...headers,
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'local',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: { method: 'POST', path: '/v1/lookup', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'vitest' },
      requestId: 'gateway-request',
      routeKey: 'POST /v1/lookup',
      stage: '$default',
      time: '22/Nov/2026:00:00:00 +0000',
      timeEpoch: Date.now(),
    },
    body,
    isBase64Encoded: false,
    ...event,
  };
}
