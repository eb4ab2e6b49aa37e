import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

/** `npm start` as a newcomer runs it, in a process group of its own as a terminal gives it. */

/** The parts of `npm start` have ports up to this much above its own. */
const PORT_SPAN = 14;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;

interface Example {
  readonly route: string;
  readonly curl: string;
  readonly answer: string;
}

const examples = readExamples(readFileSync('README.md', 'utf8'));

let port: number;
let npm: ChildProcess;
/** 0 while there is none: a signal to group 0 would be one to the tests themselves. */
let group = 0;
/** What it has printed so far. */
const lines: string[] = [];

beforeAll(async () => {
  port = await findFreePorts();
  npm = spawn('npm', ['start'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: String(port), SECRETS_FILE: '' },
  });
  group = npm.pid ?? 0;
  const printed = createInterface({ input: npm.stdout as NodeJS.ReadableStream });
  printed.on('line', (line) => lines.push(line));
  const ready = vi.waitFor(() => expect(lineAfter(`ready: http://localhost:${port}`)).toBeDefined(), {
    timeout: START_TIMEOUT_MS,
    interval: 50,
  });
  const ended = once(npm, 'exit').then(() => lines.push('npm start ended'));
  await Promise.race([ready, ended]);
  expect(lines).toContain(`ready: http://localhost:${port}`);
}, START_TIMEOUT_MS + 5_000);

afterAll(() => {
  if (group > 0 && isAlive(group)) process.kill(-group, 'SIGKILL');
});

test('the line after `ready:` is a curl line that works when pasted', async () => {
  const line = lineAfter(`ready: http://localhost:${port}`) ?? '';
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
    const given = await paste(curl.replace('localhost:3000', `localhost:${port}`));
    expect(withoutVarying(given)).toEqual(withoutVarying(answer));
  });
});

test('it listens on loopback alone', async () => {
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
  'Ctrl-C ends it and leaves no process behind',
  async () => {
    const ended = once(npm, 'exit');
    process.kill(-group, 'SIGINT');
    await ended;
    await vi.waitFor(() => expect(isAlive(group)).toBe(false), { timeout: STOP_TIMEOUT_MS, interval: 50 });
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

function lineAfter(line: string): string | undefined {
  const index = lines.indexOf(line);
  return index < 0 ? undefined : lines[index + 1];
}

/** Below the ports that systems give out by themselves, so that nobody takes one between this look and the start. */
async function findFreePorts(): Promise<number> {
  for (let base = 21_000 + 20 * Math.floor(Math.random() * 400); ; base += 20) {
    const ports = Array.from({ length: PORT_SPAN + 1 }, (_, index) => base + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
}

async function isFree(each: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(each, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
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

function isAlive(processGroup: number): boolean {
  try {
    process.kill(-processGroup, 0);
    return true;
  } catch {
    return false;
  }
}
