import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startHttpApi } from '../../local/http-api.ts';
import type { InvokeAnswer } from '../../local/lambda/invoke-api.ts';
import { createTestClock } from '../support/clock.ts';

const MB = 1024 * 1024;
const NOW = Date.parse('2026-09-20T10:15:30.024Z');
const PATH = '/getUserInfoByCallId';
const JSON_TYPE = { 'content-type': 'application/json' };

type Invoked = Pick<InvokeAnswer, 'payload' | 'functionError'>;

/** An HTTP API whose one function answers as it is told, and the events that it got. */
async function start(answer: () => Promise<Invoked> | Invoked = () => ({ payload: '{"statusCode":200}' })) {
  const clock = { ...createTestClock({ skipWaitsMs: 0 }), now: () => NOW };
  const events: APIGatewayProxyEventV2[] = [];
  const signals: AbortSignal[] = [];
  const api = await startHttpApi({
    port: 0,
    clock,
    functions: [
      { name: 'function', handlerFile: 'function.ts', timeoutMs: 1, routes: [`POST ${PATH}`, `GET ${PATH}`] },
    ],
    invoke: async (name, event, options) => {
      expect({ name, options }).toEqual({
        name: 'function',
        options: { whenBusy: 'wait', signal: expect.any(AbortSignal) },
      });
      if (options?.signal) signals.push(options.signal);
      events.push(JSON.parse(JSON.stringify(event)));
      return { status: 200, requestId: 'request', ...(await answer()) };
    },
  });
  onTestFinished(() => api.close());
  return { ...api, clock, events, signals };
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

interface Received {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly bytes: Buffer;
}

function send(url: string, { method = 'POST', path = PATH, headers, body, agent }: Sent = {}): Promise<Received> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers: { ...JSON_TYPE, ...headers }, agent };
    const sent = request(options, (response) => {
      buffer(response).then((bytes) => {
        resolve({ status: response.statusCode, headers: response.headers, body: bytes.toString(), bytes });
      }, reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

const readEvent = (name: string) => JSON.parse(readFileSync(`test/events/${name}`, 'utf8'));

describe('an event', () => {
  it('is that of API Gateway for the same request, but for what differs by caller and place', async () => {
    const { url, events } = await start();
    const captured = readEvent('http-api-jwt.json');
    const { port } = new URL(url);

    await send(url, {
      path: `${PATH}?${captured.rawQueryString}`,
      headers: {
        accept: captured.headers.accept,
        'user-agent': captured.headers['user-agent'],
        host: `localhost:${port}`,
        cookie: 'a=1; b=2',
      },
      body: captured.body,
    });

    const { authorizer: _, ...context } = captured.requestContext;
    expect(events).toEqual([
      {
        ...captured,
        headers: {
          ...captured.headers,
          host: `localhost:${port}`,
          'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
          'x-forwarded-for': '127.0.0.1',
          'x-forwarded-port': port,
          'x-forwarded-proto': 'http',
        },
        requestContext: {
          ...context,
          accountId: '123456789012',
          apiId: 'local',
          domainName: 'localhost',
          domainPrefix: 'localhost',
          http: { ...context.http, sourceIp: '127.0.0.1' },
          requestId: expect.stringMatching(/^[\w-]{15}=$/),
          timeEpoch: NOW,
        },
      },
    ]);
  });

  it('has the same fields as API Gateway’s without a query, cookies and a body', async () => {
    const { url, events } = await start();
    const { body: _body, ...captured } = readEvent('http-api-iam.json');
    const { authorizer: _authorizer, ...context } = captured.requestContext;

    await send(url, { method: 'GET', headers: { 'user-agent': 'curl/8.9.1' } });

    expect(Object.keys(events[0] ?? {}).sort()).toEqual(Object.keys(captured).sort());
    expect(Object.keys(events[0]?.requestContext ?? {}).sort()).toEqual(Object.keys(context).sort());
    expect(events[0]?.headers['content-length']).toBe('0');
  });

  it.each([
    ['a=1&a=2&b=', { a: '1,2', b: '' }],
    ['name=%E5%B0%8F%E4%B8%83&plus=1+2&sign=%2B', { name: '小七', plus: '1 2', sign: '+' }],
    ['flag&=nameless&c=d=e', { flag: '', '': 'nameless', c: 'd=e' }],
    ['list=a,b&list=c', { list: 'a,b,c' }],
    ['again=?&again=/', { again: '?,/' }],
  ])('has the query %s as it came, and decoded', async (query, parameters) => {
    const { url, events } = await start();
    await send(url, { path: `${PATH}?${query}` });
    expect(events[0]).toMatchObject({ rawQueryString: query, queryStringParameters: parameters });
  });

  it('has the path decoded', async () => {
    const { url, events } = await start();
    await send(url, { path: '/getUserInfoBy%43allId' });
    expect(events[0]).toMatchObject({ rawPath: PATH, requestContext: { http: { path: PATH } } });
  });

  it('has headers of one name joined by commas, and those of the connection not at all', async () => {
    const { url, events } = await start();

    await send(url, {
      headers: {
        'X-Many': ['one', 'two, three'],
        cookie: ['a=1; b=2', 'c=3'],
        'x-forwarded-for': '192.0.2.10',
        connection: 'keep-alive',
        te: 'trailers',
      },
    });

    expect(events[0]?.cookies).toEqual(['a=1', 'b=2', 'c=3']);
    expect(events[0]?.headers).toMatchObject({
      'x-many': 'one,two, three',
      'x-forwarded-for': '192.0.2.10, 127.0.0.1',
    });
    expect(Object.keys(events[0]?.headers ?? {})).not.toEqual(expect.arrayContaining(['connection']));
    for (const name of ['connection', 'cookie', 'te']) expect(events[0]?.headers).not.toHaveProperty(name);
  });

  const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0x0a]);

  it.each([
    ['application/json; charset=utf-8', '{"name":"小七"}', false],
    ['text/plain', 'text', false],
    ['text/csv;charset=utf-8', 'a,b', false],
    ['application/xml', '<a/>', false],
    ['application/javascript', '1', false],
    ['application/octet-stream', bytes, true],
    ['application/cloudevents+json', '{}', true],
    ['application/x-www-form-urlencoded', 'a=1', true],
    ['image/png', bytes, true],
  ])('has a body of %s as API Gateway has it', async (type, body, isBase64Encoded) => {
    const { url, events } = await start();

    await send(url, { headers: { 'content-type': type, authorization: 'any' }, body });

    const expected = Buffer.from(body as string);
    expect(events[0]).toMatchObject({
      body: expected.toString(isBase64Encoded ? 'base64' : 'utf8'),
      isBase64Encoded,
      headers: { 'content-length': String(expected.length) },
    });
  });

  it('has the length of a body that came in chunks', async () => {
    const { url, events } = await start();
    await send(url, { headers: { 'transfer-encoding': 'chunked' }, body: '{"a":1}' });
    expect(events[0]).toMatchObject({ body: '{"a":1}', headers: { 'content-length': '7' } });
    expect(events[0]?.headers).not.toHaveProperty('transfer-encoding');
  });
});

describe('a response', () => {
  const respond = async (response: unknown) =>
    send((await start(() => ({ payload: JSON.stringify(response) ?? 'null' }))).url);

  it('has the status, headers, cookies and body that the function gave', async () => {
    const { status, headers, body } = await respond({
      statusCode: 418,
      headers: { 'Content-Type': 'application/problem+json', 'Retry-After': 7, 'content-length': '99999' },
      cookies: ['a=1', 'b=2; Secure'],
      body: '{"name":"小七"}',
    });

    expect({ status, body }).toEqual({ status: 418, body: '{"name":"小七"}' });
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '7',
      'set-cookie': ['a=1', 'b=2; Secure'],
      'content-length': String(Buffer.byteLength(body)),
      'apigw-requestid': expect.stringMatching(/^[\w-]{15}=$/),
    });
  });

  it('of a Base64 body is its bytes', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28]);
    const response = { statusCode: 200, body: bytes.toString('base64'), isBase64Encoded: true };
    expect((await respond(response)).bytes).toEqual(bytes);
  });

  it('that names no content type is text', async () => {
    expect((await respond({ statusCode: 200, body: 'a' })).headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  it.each([
    [{ data: {} }, '{"data":{}}'],
    [[1, 2], '[1,2]'],
    ['Hello', 'Hello'],
    [null, 'null'],
    [7, '7'],
  ])('without a status is a body of JSON: %j', async (response, text) => {
    const { status, headers, body } = await respond(response);
    expect({ status, body, type: headers['content-type'] }).toEqual({
      status: 200,
      body: text,
      type: 'application/json',
    });
  });

  const failures: [string, () => Promise<Invoked> | Invoked][] = [
    ['an error of the function', () => ({ payload: '{"errorType":"Error"}', functionError: 'Unhandled' })],
    ['an invocation that does not take place', () => Promise.reject(new Error('no'))],
    ...[
      { statusCode: 0 },
      { statusCode: 'no' },
      { statusCode: 200, headers: 'none' },
      { statusCode: 200, body: {} },
      { statusCode: 200, cookies: {} },
    ].map((response): [string, () => Invoked] => [
      JSON.stringify(response),
      () => ({ payload: JSON.stringify(response) }),
    ]),
  ];

  it.each(failures)('to %s is API Gateway’s own, and says nothing', async (_what, answer) => {
    const { status, headers, body } = await send((await start(answer)).url);
    expect({ status, body, type: headers['content-type'] }).toEqual({
      status: 500,
      body: '{"message":"Internal Server Error"}',
      type: 'application/json',
    });
  });

  it('of a function that takes longer than 30 s comes without it', async () => {
    const { url, clock, signals } = await start(() => new Promise(() => undefined));
    const answer = send(url);
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    expect(signals[0]?.aborted).toBe(false);

    clock.advance(30_000);

    expect(await answer).toMatchObject({ status: 503, body: '{"message":"Service Unavailable"}' });
    expect(signals[0]?.aborted).toBe(true);
  });

  it('is not waited for by a caller that has gone', async () => {
    const { url, signals } = await start(() => new Promise(() => undefined));
    const agent = new Agent();
    send(url, { agent }).catch(() => undefined);
    await vi.waitFor(() => expect(signals).toHaveLength(1));

    agent.destroy();

    await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));
  });
});

it.each([
  ['POST', '/elsewhere'],
  ['POST', `${PATH}/`],
  ['PUT', PATH],
  ['OPTIONS', PATH],
  ['GET', '/'],
  ['GET', '/%E0%A4%A'],
])('%s %s is no route', async (method, path) => {
  const { url, events } = await start();
  const { status, body, headers } = await send(url, { method, path });
  expect({ status, body, type: headers['content-type'] }).toEqual({
    status: 404,
    body: '{"message":"Not Found"}',
    type: 'application/json',
  });
  expect(events).toEqual([]);
});

it.each([
  ['a body over 10 MB', 'application/json', 10 * MB + 1],
  ['an event over 6 MB', 'application/json', 6 * MB + 1],
  ['an event over 6 MB in Base64', 'application/cloudevents+json', 5 * MB],
])('%s is too large', async (_what, type, bytes) => {
  const { url, events } = await start();
  const answer = await send(url, { headers: { 'content-type': type }, body: Buffer.alloc(bytes, ' ') });
  expect(answer).toMatchObject({ status: 413, body: '{"message":"Request Entity Too Large"}' });
  expect(events).toEqual([]);
});

it('a connection takes one request after the other', async () => {
  const { url } = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const sockets = new Set();
  agent.on('free', (socket) => sockets.add(socket));

  for (const sent of [{}, { path: '/none' }, { body: Buffer.alloc(10 * MB + 1, ' ') }, {}]) {
    await send(url, { ...sent, agent });
  }

  expect(sockets.size).toBe(1);
});
