import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { batchGetConversationParticipant as lookup } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { demoAccount, verifySignature, volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { startWorld, type World } from '../../support/world.ts';

const INPUT = { ConversationShortId: 1, ParticipantUserIds: [10001] };
const TOKEN = 'demo/session+token==';

const keys = {
  region: demoAccount.region,
  accessKeyId: demoAccount.accessKeyId,
  secretAccessKey: demoAccount.secretAccessKey,
};

/** The simulator lets the vendor's own Signer verify every request. */
const start = (settings: object = {}, account: object = {}) =>
  startWorld({
    lookup,
    simulation: (clock) => volcengineIm(clock, { account }),
    secret: (baseUrl) => ({ baseUrl, ...keys, appId: 1, ...settings }),
  });

const signedHeadersOf = (w: World) =>
  w.vendor.requests.map(({ headers }) => /SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '')?.[1]);

test('the vendor’s Signer takes the signature, over four headers', async () => {
  const w = await start();

  const response = await w.call(INPUT);

  expect(response.status).toBe(200);
  expect(signedHeadersOf(w)).toEqual(['content-type;host;x-content-sha256;x-date']);
  const headers = w.vendor.requests[0]?.headers;
  expect(headers?.['x-date']).toMatch(/^\d{8}T\d{6}Z$/);
  expect(headers?.['x-content-sha256']).toMatch(/^[0-9a-f]{64}$/);
  expect(headers?.['host']).toBe(new URL(w.vendor.url).host);
  expect(headers).not.toHaveProperty('x-security-token');
});

test('the Signer takes it with a session token too, which is signed as a fifth header', async () => {
  const w = await start({ sessionToken: TOKEN }, { sessionToken: TOKEN });

  const response = await w.call(INPUT);

  expect(response.status).toBe(200);
  expect(signedHeadersOf(w)).toEqual(['content-type;host;x-content-sha256;x-date;x-security-token']);
  expect(w.vendor.requests[0]?.headers['x-security-token']).toBe(TOKEN);
});

test('a session token that the vendor refuses stands in no output', async () => {
  const w = await start({ sessionToken: TOKEN }, { sessionToken: 'another' });
  const body = {
    ResponseMetadata: { Error: { CodeN: 100026, Code: 'InvalidSecurityToken', Message: `no: ${TOKEN}` } },
  };
  w.vendor.fail({ status: 401, body: JSON.stringify(body) });

  const response = await w.call(INPUT);

  expect(response.body.vendor.message).toBe('no: [redacted]');
  expect(response.text + JSON.stringify(w.outcomes)).not.toContain(TOKEN);
});

describe('each attempt', () => {
  test('is signed afresh, at its own time', async () => {
    const w = await start();
    w.vendor.fail({ status: 503, headers: { 'retry-after': '4' }, times: 2 });

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    const seconds = w.vendor.requests.map(({ headers }) => headers['x-date']);
    expect(new Set(seconds).size).toBe(3);
    const signatures = w.vendor.requests.map(({ headers }) => headers['authorization']);
    expect(new Set(signatures).size).toBe(3);
    const bodies = w.vendor.requests.map(({ body }) => String(body));
    expect(new Set(bodies).size).toBe(1);
  });

  test('of a call that begins hours later is signed by the clock of then', async () => {
    const w = await start();
    await w.call(INPUT);
    w.clock.advance(30 * 3_600_000);

    const response = await w.call(INPUT);

    expect(response.status).toBe(200);
    expect(response.body.meta.attempts).toBe(1);
    const [first, second] = w.vendor.requests.map(({ headers }) => headers['x-date']?.slice(0, 8));
    expect(second).not.toBe(first);
  });
});

/** An HTTP server that is none of ours: it keeps what comes, and answers with ids that no double can hold. */
async function startPlainServer() {
  const received: Parameters<typeof verifySignature>[0][] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://server');
    received.push({
      method: incoming.method ?? '',
      path: pathname,
      query: searchParams,
      headers: incoming.headers as Record<string, string>,
      body: Buffer.concat(chunks),
    });
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(
      '{"ResponseMetadata":{"RequestId":"plain"},"Result":{"Participants":' +
        '[{"ConversationShortId":9223372036854775807,"ParticipantUserId":9223372036854775807,"Operator":1,"Role":1}]}}',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, received };
}

test.each([
  ['', '/', '127.0.0.1'],
  ['/', '/', 'localhost'],
  ['/proxy/im', '/proxy/im/', '127.0.0.1'],
])('an account at another server, with the path "%s", sends what the Signer verifies', async (path, expected, host) => {
  const server = await startPlainServer();
  const w = await start();
  const baseUrl = `http://${host}:${server.port}${path}`;
  w.putSecret('plain', { baseUrl, ...keys, region: 'ap-southeast-1', appId: 7, sessionToken: TOKEN });

  const response = await w.call(undefined, {
    account: 'plain',
    body: '{"ConversationShortId":9223372036854775807,"ParticipantUserIds":["9223372036854775807"]}',
  });

  expect(response.status).toBe(200);
  expect(response.body).toMatchObject({
    data: {
      Participants: [
        {
          ConversationShortId: '9223372036854775807',
          ParticipantUserId: '9223372036854775807',
          Operator: '1',
          Role: 1,
          RoleLabel: 'owner',
        },
      ],
    },
    meta: { vendorRequestId: 'plain' },
  });
  expect(server.received).toHaveLength(1);
  const [request] = server.received as [(typeof server.received)[0]];
  const account = { ...keys, region: 'ap-southeast-1', sessionToken: TOKEN, service: 'rtc' };
  expect(verifySignature(request, account, w.clock.now())).toBeUndefined();
  expect(request.path).toBe(expected);
  expect(String(request.body)).toBe(
    '{"AppId":7,"ConversationShortId":9223372036854775807,"ParticipantUserIds":[9223372036854775807]}',
  );
  // What it verifies it could also refuse: one byte more in the body, and it does.
  const altered = { ...request, body: Buffer.from(`${request.body} `) };
  expect(verifySignature(altered, account, w.clock.now())).toMatchObject({ code: 'SignatureDoesNotMatch' });
});
