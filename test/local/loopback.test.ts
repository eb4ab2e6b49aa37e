import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { startEventBus } from '../../local/event-bus.ts';
import { startLambda } from '../../local/lambda/lambda.ts';
import { startSqs } from '../../local/queue/sqs.ts';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import { createCertificates } from '../../local/simulators/certificate.ts';
import { huaweiAgentGateway } from '../../local/simulators/huawei-agent-gateway.ts';
import { huaweiIsdp } from '../../local/simulators/huawei-isdp.ts';
import { startSimulator } from '../../local/simulators/server.ts';

interface Started {
  readonly url: string;
  close(): Promise<void>;
}

const SERVERS: readonly [name: string, start: () => Promise<Started>][] = [
  ['Secrets Manager', () => startSecretsManager({ secrets: {} })],
  ['DynamoDB', () => startDynamoDb({ port: 0, table: 'tokens' })],
  ['EventBridge', () => startEventBus()],
  ['SQS', () => startSqs({ queues: [] })],
  ['Lambda', () => startLambda({ functions: [], environment: {}, onLogLine: () => undefined })],
  ['a simulator', () => startSimulator(huaweiIsdp)],
  [
    'a simulator with TLS',
    async () => startSimulator(huaweiAgentGateway, { tls: await createCertificates('a.example') }),
  ],
];

const PATHS = ['/', '/__control/faults'];

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** Sends the head of a request, and of its body nothing. */
function ask(url: string, method: string, path: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const { hostname, port, protocol } = new URL(url);
  const options = { hostname, port, path, method, headers, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? httpsRequest : httpRequest)(options, (response) => {
      json(response)
        .catch(() => undefined)
        .then((body) => resolve({ status: response.statusCode, headers: response.headers, body }))
        .finally(() => request.destroy());
    });
    request.once('error', reject);
    request.flushHeaders();
    if (method !== 'POST') request.end();
  });
}

describe.each(SERVERS)('%s', (_name, start) => {
  async function startServer() {
    const server = await start();
    onTestFinished(() => server.close());
    return server.url;
  }

  it.each([
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    'localhost@evil.example',
    '127.0.0.2',
    '127.0.0.1.evil.example',
    '[::2]',
    '192.0.2.10:3000',
  ])('refuses a request whose Host is %s', async (host) => {
    const url = await startServer();
    for (const path of PATHS) {
      expect(await ask(url, 'GET', path, { host })).toMatchObject({
        status: 403,
        headers: { 'content-type': 'application/problem+json' },
        body: { status: 403, code: 'forbidden-origin', retryable: false, detail: expect.stringContaining('localhost') },
      });
    }
  });

  it.each(['https://evil.example', 'http://localhost:5173', 'http://127.0.0.1', 'null', 'file://'])(
    'refuses a page of %s, and its preflight, in words that the page cannot read',
    async (origin) => {
      const url = await startServer();
      const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
      for (const path of PATHS) {
        const answers = [
          await ask(url, 'GET', path, { origin }),
          await ask(url, 'OPTIONS', path, { origin, ...preflight }),
          await ask(url, 'POST', path, { origin, 'content-type': 'application/json', 'content-length': '2' }),
          await ask(url, 'DELETE', path, { origin }),
        ];
        expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
        const names = answers.flatMap(({ headers }) => Object.keys(headers));
        expect(names.filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    },
  );

  it('refuses what a page of another site embeds, where a browser sends no Origin', async () => {
    const url = await startServer();
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-dest': 'script' };
      expect((await ask(url, 'GET', '/__control/requests', headers)).status).toBe(403);
    }
  });

  it('takes each name of loopback, and its own origin', async () => {
    const url = await startServer();
    const { port, protocol } = new URL(url);
    for (const name of ['localhost', 'LOCALHOST', '127.0.0.1', '[::1]']) {
      const host = `${name}:${port}`;
      const own = { host, origin: `${protocol}//${host}`, 'sec-fetch-site': 'same-origin' };
      for (const headers of [{ host }, own]) {
        expect((await ask(url, 'GET', '/__control/nothing', headers)).status).not.toBe(403);
      }
    }
  });

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp'])(
    'refuses a POST of content type %s before its body comes',
    async (type) => {
      const url = await startServer();
      for (const path of PATHS) {
        for (const expect100 of [{}, { expect: '100-continue' }]) {
          const headers = { 'content-length': '1000000', ...(type && { 'content-type': type }), ...expect100 };
          expect(await ask(url, 'POST', path, headers)).toMatchObject({
            status: 415,
            headers: { 'content-type': 'application/problem+json' },
            body: { code: 'invalid-input', detail: expect.stringContaining('content-type: application/json') },
          });
        }
      }
    },
  );

  it('is reached by no other form of address than a path', async () => {
    const url = await startServer();
    expect((await ask(url, 'GET', 'http://evil.example/__control/requests', {})).status).toBe(403);
  });
});
