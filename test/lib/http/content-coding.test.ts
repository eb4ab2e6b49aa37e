import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { huaweiIsdp } from '../../../local/simulators/huawei-isdp.ts';
import type { Answer } from '../../../local/simulators/server.ts';
import { around, expectProblem, requestsTo } from '../../functions/huawei-common/support.ts';
import { FIND, SAMPLE, secretFor, startIsdp, TOKEN } from '../../functions/huawei-isdp/support.ts';
import { LOOKUPS } from '../../support/lookups.ts';
import { startWorld } from '../../support/world.ts';

const MAX_BYTES = 5 * 1024 * 1024;

type Code = (body: Buffer) => Buffer;
const CODINGS: readonly [string, Code][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['gzip, br', (body) => brotliCompressSync(gzipSync(body))],
  ['identity', (body) => body],
  ['utf-8', (body) => body],
  ['', (body) => body],
];

const coded = (answer: Answer, name: string, code: Code): Answer => ({
  ...answer,
  headers: { ...answer.headers, 'content-encoding': name },
  body: code(Buffer.from(answer.body ?? '')),
});

describe('a body that came in a content coding that nobody asked for', () => {
  it.each(CODINGS)('is decoded from "%s", a token’s too', async (name, code) => {
    const simulation = around(huaweiIsdp, async (_request, answer) => coded(await answer(), name, code));
    const world = await startIsdp({ simulation });

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    expect(response.body.data.data).toHaveLength(1);
    expect(world.outcomes[0]).toMatchObject({ attempts: 1, credentialAttempts: 1 });
  });

  it.each(LOOKUPS)('is decoded for $lookup.name', async ({ lookup, simulation, secret, input }) => {
    const world = await startWorld({
      lookup,
      secret,
      simulation: around(simulation, async (_request, answer) => coded(await answer(), 'gzip', gzipSync)),
    });

    expect((await world.call(input)).status).toBe(200);
  });

  it('is decoded in the refusal of a token, which is renewed', async () => {
    const world = await startIsdp({
      simulation: around(huaweiIsdp, async (_request, answer) => coded(await answer(), 'br', brotliCompressSync)),
    });
    await world.call(SAMPLE);
    world.vendor.setState({ forgetTokens: true });

    expect((await world.call(SAMPLE)).status).toBe(200);

    expect(requestsTo(world, TOKEN)).toHaveLength(2);
  });

  it('is decoded by its charset', async () => {
    const text = JSON.stringify({ stateCode: '9', errorMessage: 'caf\u00e9' });
    const simulation = around(huaweiIsdp, ({ path }, answer) =>
      path === FIND
        ? {
            status: 200,
            headers: { 'content-type': 'application/json; charset=iso-8859-1', 'content-encoding': 'gzip' },
            body: gzipSync(Buffer.from(text, 'latin1')),
          }
        : answer(),
    );
    const world = await startIsdp({ simulation });

    expect((await world.call(SAMPLE)).body.vendor.message).toBe('caf\u00e9');
  });

  it('is asked for by no request', async () => {
    const world = await startIsdp();

    await world.call(SAMPLE);

    expect(world.vendor.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'identity']);
  });
});

describe('a coded body that cannot be taken', () => {
  const answering = (headers: Record<string, string>, body: Buffer) =>
    around(huaweiIsdp, ({ path }, answer) => (path === FIND ? { status: 200, headers, body } : answer()));

  it.each<[string, string, Buffer]>([
    ['gzip that is none', 'gzip', Buffer.from('{"stateCode":"0"}')],
    ['gzip that ends too early', 'gzip', gzipSync(Buffer.alloc(10_000, 'a')).subarray(0, 40)],
    ['br that ends too early', 'br', brotliCompressSync(Buffer.from('{"stateCode":"0","result":{}}')).subarray(0, 12)],
    ['deflate that is none', 'deflate', Buffer.from('{"stateCode":"0"}')],
    ['more codings than anybody needs', Array(100).fill('gzip').join(), gzipSync('{}')],
  ])('is vendor-unavailable and not asked for again: %s', async (_, coding, body) => {
    const world = await startIsdp({ simulation: answering({ 'content-encoding': coding }, body) });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.body.detail).toBe(
      `The content coding of the answer from the vendor's server ${new URL(world.vendor.url).host} cannot be decoded.`,
    );
    expect(requestsTo(world, FIND)).toHaveLength(1);
  });

  it.each<[string, Code]>([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['gzip, gzip', (body) => gzipSync(gzipSync(body))],
  ])('is one over 5 MiB after decoding, be it short before: %s', async (coding, code) => {
    const bomb = code(Buffer.alloc(MAX_BYTES + 1, ' '));
    expect(bomb.length).toBeLessThan(20_000);
    const world = await startIsdp({ simulation: answering({ 'content-encoding': coding }, bomb) });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(response.body.detail).toBe('The answer of the vendor is over 5 MiB.');
    expect(requestsTo(world, FIND)).toHaveLength(1);
  });

  it('ends early: a body that never ends is given up as soon as 5 MiB of it are decoded', async () => {
    let closed: Promise<unknown> | undefined;
    const endless = createServer((incoming, outgoing) => {
      incoming.resume();
      closed = once(outgoing, 'close');
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(outgoing);
      gzip.write(Buffer.alloc(MAX_BYTES + 100_000, ' '));
      gzip.flush();
    });
    await once(endless.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      endless.close();
      endless.closeAllConnections();
    });
    const { port } = endless.address() as AddressInfo;
    const world = await startIsdp({ secret: () => secretFor(`http://127.0.0.1:${port}`) });

    const response = await world.call(SAMPLE);

    expect(response.body.detail).toBe('The answer of the vendor is over 5 MiB.');
    await closed;
  });
});
