import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type NpmStart, npmStart, PORT_SPAN, START_TIMEOUT_MS, STOP_TIMEOUT_MS } from '../support/npm-start.ts';

const LOOKUP_LINE = expect.stringMatching(/^200 findOnlineAgent default \d+ ms \(1 attempt\)$/);

interface Example {
  readonly route: string;
  readonly curl: string;
  readonly answer: string;
}

const examples = readExamples(readFileSync('README.md', 'utf8'));

let started: NpmStart;

/** Variables of a shell that the functions must not get. Each of the first three, and the files, would fail every call. */
async function hostileEnvironment() {
  home = await mkdtemp(join(tmpdir(), 'home-'));
  await mkdir(join(home, '.aws'));
  await writeFile(join(home, '.aws/config'), '[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n');
  return {
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_DEFAULTS_MODE: 'no-such-mode',
    HOME: home,
    AWS_ACCESS_KEY_ID: 'of-the-shell',
    AWS_PROFILE: 'no-such-profile',
    AWS_REGION: 'no-such-region',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    HTTP_PROXY: 'http://127.0.0.1:9',
    NODE_ENV: 'production',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    STAGE: 'prod',
    TZ: 'Asia/Shanghai',
  };
}

let home: string;

beforeAll(async () => {
  started = await npmStart({ ...(await hostileEnvironment()), LOG: 'text' });
}, START_TIMEOUT_MS + 5_000);

afterAll(async () => {
  if (started?.isAlive()) started.signal('SIGKILL');
  await rm(home, { recursive: true });
});

test('the line after `ready:` is a curl line that works when pasted', async () => {
  const line = started.lineAfter(`ready: ${started.url}`) ?? '';
  expect(line).toMatch(/^curl /);
  const { data } = JSON.parse(await paste(line));
  expect(data.data).toHaveLength(1);
  expect(data.data[0]).toMatchObject({ agentId: '17813', onlineStatusLabel: 'online' });
});

test('before it is ready it tells of each account at which simulator it is, and that its secret is valid', () => {
  const header = started.lines.findIndex((line) => /^account +vendor +host +secret$/.test(line));
  const accounts = started.lines.slice(header + 1, started.lines.indexOf(`ready: ${started.url}`));
  expect(accounts.map((line) => line.split(/ {2,}/))).toEqual(
    [
      ['huawei-cec/default', 11],
      ['huawei-isdp/default', 12],
      ['huawei-agent-gateway/default', 13],
      ['huawei-agent-gateway/caller', 13],
      ['volcengine-im/default', 14],
    ].map(([name, part]) => [name, 'simulated', `127.0.0.1:${started.port + Number(part)}`, 'valid']),
  );
});

test('a person is told of a lookup in one line', async () => {
  await paste(started.lineAfter(`ready: ${started.url}`) ?? '');
  await vi.waitFor(() => expect(started.lines).toContainEqual(LOOKUP_LINE));
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

test('on no port a page of another origin is answered, nor one that calls this machine by another name', async () => {
  const { port } = started;
  const all = Array.from({ length: PORT_SPAN + 1 }, (_, index) => port + index);
  const open = [];
  for (const each of all) if (await isReachable('127.0.0.1', each)) open.push(each);
  expect(open.map((each) => each - port)).toEqual([0, 2, 10, 11, 12, 13, 14, 15, 16, 17]);
  for (const each of open) {
    const json = { 'content-type': 'application/json' };
    expect(await statusOf(each, { ...json, host: 'evil.example' })).toBe(403);
    expect(await statusOf(each, { ...json, origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf(each, { ...json, origin: 'null' })).toBe(403);
    expect(await statusOf(each, { 'content-type': 'text/plain' })).toBe(415);
    expect(await statusOf(each, {})).toBe(415);
  }
});

test(
  'Ctrl-C ends it and leaves no process and no port behind',
  async () => {
    started.signal('SIGINT');
    await started.end();
    const ports = Array.from({ length: PORT_SPAN + 1 }, (_, index) => started.port + index);
    expect(await Promise.all(ports.map((port) => isReachable('127.0.0.1', port)))).not.toContain(true);
  },
  STOP_TIMEOUT_MS + 5_000,
);

test.each([
  ['npm', 'SIGTERM'],
  ['npm', 'SIGKILL'],
  ['local/start.ts', 'SIGKILL'],
] as const)(
  'no process is left when %s alone gets %s',
  async (which, signal) => {
    const other = await npmStart();
    onTestFinished(() => {
      if (other.isAlive()) other.signal('SIGKILL');
    });
    // Instances are at work then.
    await paste(other.lineAfter(`ready: ${other.url}`) ?? '');

    other.signalOne(which, signal);

    await other.end();
  },
  START_TIMEOUT_MS + STOP_TIMEOUT_MS,
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

function statusOf(port: number, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  const send = port === started.port + 13 ? httpsRequest : request;
  return new Promise((resolve, reject) => {
    send({ host: '127.0.0.1', port, method: 'POST', headers, rejectUnauthorized: false }, (response) => {
      resolve(response.resume().statusCode);
    })
      .once('error', reject)
      .end();
  });
}
