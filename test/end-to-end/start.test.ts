import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type NpmStart, npmStart, PORT_SPAN, START_TIMEOUT_MS } from '../support/npm-start.ts';

const STOP_TIMEOUT_MS = 20_000;

interface Example {
  readonly route: string;
  readonly curl: string;
  readonly answer: string;
}

const examples = readExamples(readFileSync('README.md', 'utf8'));

let started: NpmStart;

beforeAll(async () => {
  started = await npmStart();
}, START_TIMEOUT_MS + 5_000);

afterAll(() => {
  if (started?.isAlive()) started.signal('SIGKILL');
});

test('the line after `ready:` is a curl line that works when pasted', async () => {
  const line = started.lineAfter(`ready: ${started.url}`) ?? '';
  expect(line).toMatch(/^curl /);
  const { data } = JSON.parse(await paste(line));
  expect(data.data).toHaveLength(1);
  expect(data.data[0]).toMatchObject({ agentId: '17813', onlineStatusLabel: 'online' });
});

test('the README has a curl line for each of the five lookups', () => {
  expect(examples.map(({ route }) => route)).toEqual([
    '/v1/huawei-cec/get-user-info-by-call-id',
    '/v1/huawei-cec/query-agent-login-params',
    '/v1/huawei-isdp/find-online-agent',
    '/v1/huawei-agent-gateway/query-agent-info-by-work-no',
    '/v1/volcengine-im/batch-get-conversation-participant',
  ]);
});

describe.each(examples)("the README's curl line for $route", ({ curl, answer }) => {
  test('answers as the README prints it', async () => {
    const given = await paste(curl.replace('http://localhost:3000', started.url));
    expect(withoutVarying(given)).toEqual(withoutVarying(answer));
  });
});

test('it listens on loopback alone', async () => {
  const { port } = started;
  expect(await isReachable('127.0.0.1', port)).toBe(true);
  const reachable: string[] = [];
  for (const address of otherAddresses()) {
    for (let each = port; each <= port + PORT_SPAN; each += 1) {
      if (await isReachable(address, each)) reachable.push(`${address}:${each}`);
    }
  }
  expect(reachable).toEqual([]);
});

test(
  'Ctrl-C ends it and leaves no process and no port behind',
  async () => {
    started.signal('SIGINT');
    await vi.waitFor(() => expect(started.isAlive()).toBe(false), { timeout: STOP_TIMEOUT_MS, interval: 50 });
    const ports = Array.from({ length: PORT_SPAN + 1 }, (_, index) => started.port + index);
    expect(await Promise.all(ports.map((port) => isReachable('127.0.0.1', port)))).not.toContain(true);
  },
  STOP_TIMEOUT_MS + 5_000,
);

/** Each curl line and the answer that is printed in the block after it. */
function readExamples(markdown: string): Example[] {
  const blocks = /^```sh\n(curl \S+ http:\/\/localhost:3000(\/v1\/\S+) .*)\n```\n```json\n(.*)\n```$/gm;
  return [...markdown.matchAll(blocks)].map(([, curl = '', route = '', answer = '']) => ({ curl, route, answer }));
}

/** Those parts of an answer that the README says differ each time are there, whatever their value. */
function withoutVarying(answer: string) {
  return JSON.parse(answer, (key, value) =>
    ['requestId', 'vendorRequestId', 'vendorMs'].includes(key) ? typeof value : value,
  );
}

async function paste(line: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-c', line]);
  return stdout;
}

/** Addresses of this machine at which one finds what listens on all, and not what listens on 127.0.0.1. */
function otherAddresses(): string[] {
  const outer = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    // An address of one link alone cannot be used without naming the link.
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address);
  return process.platform === 'linux' ? ['127.0.0.2', ...outer] : outer;
}

async function isReachable(host: string, each: number): Promise<boolean> {
  const socket = connect({ host, port: each });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
