import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { createTransport } from '../../../lib/http/transport.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { secretFor as cecSecretFor, LOGIN, LOGIN_PARAMS, startCec } from '../../functions/huawei-cec/support.ts';
import { around, requestsTo } from '../../functions/huawei-common/support.ts';
import { FIND, SAMPLE, secretFor, startIsdp } from '../../functions/huawei-isdp/support.ts';
import { createChain } from '../../support/certificates.ts';
import { createTestClock } from '../../support/clock.ts';
import { startRelay } from '../../support/relay.ts';

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n';

/** ISDP behind what answers each request with these bytes first. */
async function startInterrupted(writes: readonly string[]) {
  const relay = await startRelay();
  const world = await startIsdp({ secret: (url) => secretFor(relay.urlOf(url)) });
  relay.interrupt(...writes);
  return world;
}

describe('an interim response that nobody asked for is skipped', () => {
  it.each<[string, readonly string[]]>([
    ['100', [CONTINUE]],
    ['100 without a reason', ['HTTP/1.1 100\r\n\r\n']],
    ['100 with headers', ['HTTP/1.1 100 Continue\r\nserver: proxy\r\ndate: now\r\n\r\n']],
    ['100 that says that the connection closes', ['HTTP/1.1 100 Continue\r\nconnection: close\r\n\r\n']],
    ['100 of HTTP/1.0', ['HTTP/1.0 100 Continue\r\n\r\n']],
    ['two of 100', [CONTINUE + CONTINUE]],
    ['two of 100, one after the other', [CONTINUE, CONTINUE]],
    ['102', ['HTTP/1.1 102 Processing\r\n\r\n']],
    ['103', [HINTS]],
    ['103 that says that the connection closes', ['HTTP/1.1 103 Early Hints\r\nconnection: close\r\n\r\n']],
    ['100, 102 and 103', [CONTINUE, 'HTTP/1.1 102 Processing\r\n\r\n', HINTS]],
    ['100 byte by byte', [...CONTINUE]],
    ['103 in two parts', [HINTS.slice(0, 30), HINTS.slice(30)]],
    ['a status of the future', ['HTTP/1.1 142 Soon\r\n\r\n']],
  ])('%s', async (_, writes) => {
    const world = await startInterrupted(writes);

    const responses = [await world.call(SAMPLE), await world.call(SAMPLE)];

    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(world.outcomes).toMatchObject([{ attempts: 1, credentialAttempts: 1 }, { attempts: 1 }]);
  });

  it('before the answer to a password, which is checked once', async () => {
    const relay = await startRelay();
    const world = await startCec(queryAgentLoginParams, { secret: (url) => cecSecretFor(relay.urlOf(url)) });
    relay.interrupt(CONTINUE);

    expect((await world.call(LOGIN)).status).toBe(200);

    expect(requestsTo(world, LOGIN_PARAMS)).toHaveLength(1);
  });

  it('but not in a body that looks like one', async () => {
    const exceptionInfo = `${CONTINUE}${HINTS}`;
    const simulation = around(huaweiCec, ({ path }, answer) =>
      path === LOGIN_PARAMS ? { status: 400, body: JSON.stringify({ exceptionInfo }) } : answer(),
    );
    const world = await startCec(queryAgentLoginParams, { simulation });

    expect((await world.call(LOGIN)).body.vendor.message).toBe(exceptionInfo);
  });
});

it('is skipped over TLS as well', async () => {
  const tls = await createChain('localhost');
  const server = createServer(tls, async (incoming, outgoing) => {
    outgoing.writeContinue();
    outgoing.writeProcessing();
    incoming.resume();
    await once(incoming, 'end');
    outgoing.end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const transport = createTransport(createTestClock());
  onTestFinished(async () => {
    await transport.close();
    server.close();
  });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const trust = { ca: tls.ca, servername: 'localhost' };

  for (let request = 0; request < 2; request += 1) {
    const answer = await transport.send(
      { method: 'POST', url, headers: {}, body: 'a body' },
      trust,
      new AbortController().signal,
    );
    expect(answer).toMatchObject({ status: 200, text: '{}' });
  }
});

describe('what is no HTTP', () => {
  it.each(['SSH-2.0-x\r\n', 'HTTP/1.1 1', 'HTTP/2 100\r\n\r\n', '\r\n\r\n100\r\n'])(
    'is no answer: %j',
    async (greeting) => {
      const relay = await startRelay();
      const world = await startIsdp({ secret: (url) => secretFor(relay.urlOf(url)) });
      await world.call(SAMPLE);
      relay.interrupt(greeting);

      const response = await world.call(SAMPLE);

      expect(response.status).toBe(502);
      expect(requestsTo(world, FIND).length).toBeGreaterThan(1);
    },
  );
});
