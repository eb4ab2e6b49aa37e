import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { askDynamoDb, startDynamoDb } from '../local/dynamodb.ts';
import { startEventBus } from '../local/event-bus.ts';
import { startSecretsManager } from '../local/secrets-manager.ts';
import { type Answer, createClock, type VendorSimulation } from '../local/simulators/server.ts';
import { cases } from './cases.ts';
import { AWS_KEYS, STAGE, TOKEN_STORE_TABLE } from './environment.ts';

/*
 * What the measured processes call, in a process of its own: a Secrets Manager that checks signatures, and a vendor.
 * The vendor's simulator answers the first call of each kind, so a wrong signature or token shows before anything is
 * measured; from then on the same answer is given without looking, which costs the same and little for every build.
 */

export interface WorldAddress {
  readonly vendorUrl: string;
  readonly secretsManagerUrl: string;
  /** Where results of messages go. */
  readonly eventBusUrl: string;
  /** The shared store, where one is measured. */
  readonly dynamoDbUrl?: string;
}

/** Calls that came since the last reset. */
export interface Calls {
  readonly lookups: number;
  /** For a token or a session. */
  readonly otherVendorCalls: number;
  readonly secrets: number;
}

export type WorldCommand = 'forget' | 'count';

const MAX_KEPT_EVENTS = 1_000;

const measured = cases.find(({ name }) => name === process.argv[2]);
if (!measured) throw new Error(`bench/cases.ts has no case ${process.argv[2]}`);
/** What the vendor takes for an answer. */
const vendorMs = Number(process.argv[3] ?? 0);
const hasStore = process.argv[4] === 'store';
const { vendor, lookupCall, simulation, sameCall = (call: string) => call } = measured;

let simulator: VendorSimulation = simulation(createClock());
const known = new Map<string, Required<Answer>>();
let lookups = 0;
let vendorCalls = 0;
let secretsBefore = 0;

async function answer(incoming: IncomingMessage): Promise<Required<Answer>> {
  const body = await readBody(incoming);
  const call = sameCall(`${incoming.method} ${incoming.url}`);
  vendorCalls += 1;
  if (call.includes(lookupCall)) lookups += 1;
  const replay = known.get(call);
  if (replay) return replay;

  const { pathname: path, searchParams: query } = new URL(incoming.url ?? '/', 'http://vendor');
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const request = { method: incoming.method ?? '', path, query, headers, body, at: Date.now() };
  const { status, headers: own, body: text = '' } = await simulator.answer(request, undefined);
  const bytes = Buffer.from(text as string);
  const first = { status, headers: { ...own, 'content-length': String(bytes.length) }, body: bytes };
  known.set(call, first);
  return first;
}

function readBody(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => resolve(Buffer.concat(chunks)));
    incoming.on('error', reject);
  });
}

const server = createServer({ keepAliveTimeout: 75_000 }, (incoming, outgoing) => {
  Promise.all([answer(incoming), vendorMs > 0 && setTimeout(vendorMs)]).then(
    ([{ status, headers, body }]) => {
      outgoing.writeHead(status, headers as never);
      outgoing.end(body);
    },
    (error: Error) => outgoing.destroy(error),
  );
});
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const vendorUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const secrets = Object.entries(measured.secrets(vendorUrl)).map(([account, secret]) => [
  `contact-lookups/${STAGE}/${vendor}/${account}`,
  secret,
]);
const secretsManager = await startSecretsManager({ keys: AWS_KEYS, secrets: Object.fromEntries(secrets) });

const eventBus = await startEventBus();
// Only what is on the bus is of interest to anyone, and not for long.
eventBus.onEvent(() => {
  if (eventBus.events.length > MAX_KEPT_EVENTS) eventBus.reset();
});

const dynamoDb = hasStore ? await startDynamoDb({ port: 0, table: TOKEN_STORE_TABLE }) : undefined;

process.on('message', async (command: WorldCommand) => {
  if (command === 'forget' && dynamoDb) await emptyStore(dynamoDb.url);
  const secretsNow = secretsManager.requests.length;
  process.send?.({ lookups, otherVendorCalls: vendorCalls - lookups, secrets: secretsNow - secretsBefore });
  lookups = 0;
  vendorCalls = 0;
  secretsBefore = secretsNow;
  if (command === 'forget') {
    known.clear();
    simulator = simulation(createClock());
  }
});
process.on('disconnect', () => process.exit());
process.send?.({
  vendorUrl,
  secretsManagerUrl: secretsManager.url,
  eventBusUrl: eventBus.url,
  ...(dynamoDb && { dynamoDbUrl: dynamoDb.url }),
} satisfies WorldAddress);

async function emptyStore(url: string): Promise<void> {
  const { Items = [] } = await askDynamoDb(url, 'Scan', { TableName: TOKEN_STORE_TABLE });
  for (const { pk, sk } of Items) {
    await askDynamoDb(url, 'DeleteItem', { TableName: TOKEN_STORE_TABLE, Key: { pk, sk } });
  }
}
