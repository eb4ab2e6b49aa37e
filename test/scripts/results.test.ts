import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type EventBus, LOCAL_BUS, startEventBus } from '../../local/event-bus.ts';
import { AWS_KEYS } from '../support/aws-keys.ts';

async function start() {
  const bus = await startEventBus();
  onTestFinished(() => bus.close());
  return bus;
}

/** @param bus whose port is that of `npm start` plus 15 */
function run({ url }: Pick<EventBus, 'url'>, ...options: string[]) {
  const child = spawn(process.execPath, ['scripts/results.ts', ...options], {
    env: { ...process.env, PORT: String(Number(new URL(url).port) - 15) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function put({ url }: EventBus, correlationId: string) {
  const client = new EventBridgeClient({ endpoint: url, region: 'us-east-1', credentials: AWS_KEYS });
  const detail = { lookup: 'findOnlineAgent', correlationId };
  const entry = { EventBusName: LOCAL_BUS, Source: 'contact-lookups', DetailType: 'Lookup Succeeded' };
  await client.send(new PutEventsCommand({ Entries: [{ ...entry, Detail: JSON.stringify(detail) }] }));
  client.destroy();
}

const lineOf = (correlationId: string) =>
  `{"source":"contact-lookups","detail-type":"Lookup Succeeded","detail":{"lookup":"findOnlineAgent","correlationId":"${correlationId}"}}`;

test('`npm run results` prints what is on the bus, and ends', async () => {
  const bus = await start();
  await put(bus, 'ticket-1');
  await put(bus, 'ticket-2');

  const child = run(bus);
  const ended = once(child, 'close');

  expect(await text(child.stdout)).toBe(`${lineOf('ticket-1')}\n${lineOf('ticket-2')}\n`);
  expect(await ended).toEqual([0, null]);
});

test('with --follow it goes on with each new one, once', async () => {
  const bus = await start();
  await put(bus, 'ticket-1');
  const lines: string[] = [];
  createInterface({ input: run(bus, '--follow').stdout }).on('line', (line) => lines.push(line));
  const seen = (count: number) => vi.waitFor(() => expect(lines).toHaveLength(count));

  await seen(1);
  await put(bus, 'ticket-2');
  await seen(2);
  await put(bus, 'ticket-3');
  await seen(3);

  expect(lines).toEqual(['ticket-1', 'ticket-2', 'ticket-3'].map(lineOf));
});

test.each([
  [[], 'Is `npm start` running?'],
  [['--folow'], 'npm run results -- [--follow]'],
])('with %j and no `npm start` it says what to do', async (options, words) => {
  const bus = await startEventBus();
  await bus.close();
  const child = run(bus, ...options);
  const [told, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ code, told }).toEqual({ code: 1, told: expect.stringContaining(words) });
});
