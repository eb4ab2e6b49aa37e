import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import { type Lambda, type LambdaOptions, startLambda } from '../../../local/lambda/lambda.ts';
import type { FixtureEvent } from './fixture.ts';

export const FIXTURE = 'test/local/lambda/fixture.ts';
export const FUNCTION = 'contact-lookups-test-fixture';
/** Real time passes it in no test: a clock that a test turns does. */
export const TIMEOUT_MS = 600_000;

export interface Invoked {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as their readers would.
  readonly payload: any;
}

export interface StartedLambda extends Lambda {
  readonly logLines: string[];
}

/** A Lambda that ends with the test, with the fixture in it unless the options say otherwise. */
export async function startTestLambda(options: Partial<LambdaOptions> = {}): Promise<StartedLambda> {
  const logLines: string[] = [];
  const lambda = await startLambda({
    functions: [{ name: FUNCTION, alias: 'fixture', handlerFile: FIXTURE, timeoutMs: TIMEOUT_MS, memorySizeMb: 128 }],
    environment: { STAGE: 'test' },
    onLogLine: (line) => logLines.push(line),
    ...options,
  });
  onTestFinished(() => lambda.close());
  return { ...lambda, logLines };
}

/** Invokes over the socket, as an SDK does. */
export async function invoke(
  { url }: Lambda,
  event: FixtureEvent | object,
  { name = FUNCTION, type = 'RequestResponse' } = {},
): Promise<Invoked> {
  return post(url, name, JSON.stringify(event), { 'X-Amz-Invocation-Type': type });
}

export async function post(
  url: string,
  name: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  query = '',
): Promise<Invoked> {
  const path = `/2015-03-31/functions/${encodeURIComponent(name)}/invocations${query}`;
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, payload: text === '' ? '' : JSON.parse(text) };
}

/** One who came to the meeting place, and waits. */
export interface Visitor {
  readonly instance: number;
  readonly requestId: string;
  letGo(): void;
  /** Whether its connection is gone: nobody waits any more. */
  isGone(): boolean;
}

export interface MeetingPlace {
  readonly url: string;
  readonly visitors: Visitor[];
  /** Waits for so many in all, and gives the last. */
  visitor(count: number): Promise<Visitor>;
}

/** Where functions under test are held, so that a test knows what is under way. */
export async function openMeetingPlace({ hold = true } = {}): Promise<MeetingPlace> {
  const visitors: Visitor[] = [];
  const server = createServer((incoming, outgoing: ServerResponse) => {
    const { searchParams } = new URL(incoming.url ?? '', 'http://127.0.0.1');
    visitors.push({
      instance: Number(searchParams.get('instance')),
      requestId: searchParams.get('requestId') ?? '',
      letGo: () => outgoing.end(),
      isGone: () => incoming.socket.destroyed,
    });
    if (!hold) outgoing.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visitors,
    visitor: (count) => vi.waitUntil(() => visitors[count - 1], { interval: 10 }),
  };
}
