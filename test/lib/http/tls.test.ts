import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { expectProblem } from '../../functions/huawei-common/support.ts';
import { startIsdp } from '../../functions/huawei-isdp/support.ts';
import { isdpSecret } from '../../support/accounts.ts';
import { type ChainOptions, createChain, day } from '../../support/certificates.ts';
import { startRelay } from '../../support/relay.ts';
import { startWorld } from '../../support/world.ts';

const NAME = 'agw.internal.example';
const INPUT = { workno: '20011' };
const FIELDS = '`baseUrl`, `ca` and `servername`';

interface Options {
  readonly chain?: ChainOptions;
  /** Where the gateway is told to be, by where it is. */
  readonly baseUrl?: (url: string) => string;
  readonly settings?: object;
}

/** A gateway behind TLS, whose authority and name the account knows. */
async function start({ chain = {}, baseUrl = (url) => url, settings }: Options = {}) {
  const tls = await createChain(NAME, chain);
  const world = await startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    simulator: { tls },
    secret: (url) => ({
      baseUrl: baseUrl(url),
      session: 'managed',
      agents: [demoAgents[0]],
      ca: tls.ca,
      servername: NAME,
      ...settings,
    }),
  });
  return { world, addressOf: (url: string) => new URL(url).host };
}

/** A server that is no TLS server, or one that refuses: it does this with each connection. */
async function startServer(serve: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => serve(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a TLS connection that fails is told by what it is, and retried, since nothing was sent', () => {
  /** https://www.rfc-editor.org/rfc/rfc8446#section-6 */
  const alert = (description: number) => (socket: Socket) =>
    socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, description])));

  it.each([
    ['handshake_failure', 40],
    ['access_denied', 49],
    ['protocol_version', 70],
    ['insufficient_security', 71],
    ['internal_error', 80],
    ['unrecognized_name', 112],
    ['no_application_protocol', 120],
  ])('the alert %s (%i)', async (_, description) => {
    const address = await startServer(alert(description));
    const { world } = await start({ baseUrl: () => `https://${address}` });

    const response = await world.call(INPUT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.body.detail).toMatch(
      new RegExp(
        `^The TLS connection to the vendor's server ${address} failed, since the server refused it \\(ERR_SSL_.+\\); check ${FIELDS} of the secret\\.$`,
      ),
    );
    expect(world.outcomes[0]).toMatchObject({
      credentialAttempts: 3,
      vendorAddress: address,
      vendorFault: expect.stringMatching(/^ERR_SSL_/),
    });
  });

  it.each([
    ['HTTP without TLS', 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['SMTP', '220 mail.example ESMTP\r\n'],
  ])('a port for %s', async (_, greeting) => {
    const address = await startServer((socket) => socket.end(greeting));
    const { world } = await start({ baseUrl: () => `https://${address}` });

    const response = await world.call(INPUT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.body.detail).toBe(
      `The TLS connection to the vendor's server ${address} failed, since the port does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER: wrong version number); check ${FIELDS} of the secret.`,
    );
    expect(world.outcomes[0]?.credentialAttempts).toBe(3);
  });

  it.each(['reset', 'end'] as const)('a handshake that ends by %s, also that of a sign-in', async (how) => {
    const relay = await startRelay();
    const { world } = await start({ baseUrl: relay.urlOf });
    relay.breakNext(2, how);

    const response = await world.call(INPUT);

    expect(response.status).toBe(200);
    expect(world.outcomes[0]).toMatchObject({ credentialAttempts: 3 });
  });

  it.each(['reset', 'end'] as const)('a handshake that always ends by %s', async (how) => {
    const relay = await startRelay();
    const { world } = await start({ baseUrl: relay.urlOf });
    relay.breakNext(9, how);

    const response = await world.call(INPUT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.body.detail).toMatch(
      /^No connection to the vendor's server 127\.0\.0\.1:\d+: it closed the connection before the request was sent \(ECONNRESET\); check `baseUrl` of the secret\.$/,
    );
    expect(world.vendor.requests).toHaveLength(0);
  });
});

describe('a certificate that is refused is told by why, and not retried', () => {
  it.each<[string, ChainOptions, string]>([
    ['for another purpose', { purpose: 'clientAuth' }, 'INVALID_PURPOSE: unsuitable certificate purpose'],
    [
      'of an authority that may not sign',
      { rootMaySign: false },
      'UNSPECIFIED: key usage does not include certificate signing',
    ],
    [
      'with a weak key',
      { key: { keyType: 'rsa' }, serverKey: { keyType: 'rsa', keySize: 1024 } },
      'UNSPECIFIED: EE certificate key too weak',
    ],
    ['with a weak digest', { algorithm: 'sha1' }, 'UNSPECIFIED: CA signature digest algorithm too weak'],
    [
      'below too many authorities',
      { intermediate: true, pathLength: 0 },
      'PATH_LENGTH_EXCEEDED: path length constraint exceeded',
    ],
    ['that has expired', { validTo: day(-1) }, 'CERT_HAS_EXPIRED: certificate has expired'],
    ['of the future', { validFrom: day(1) }, 'CERT_NOT_YET_VALID: certificate is not yet valid'],
  ])('one %s', async (_, chain, told) => {
    const { world, addressOf } = await start({ chain });

    const response = await world.call(INPUT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    const address = addressOf(world.vendor.url);
    expect(response.body.detail).toBe(
      `The vendor's certificate is not valid (${address}, ${told}); the vendor must replace it, or check \`baseUrl\` and \`ca\` of the secret.`,
    );
    expect(world.outcomes[0]).toMatchObject({
      credentialAttempts: 1,
      vendorAddress: address,
      vendorFault: told.split(':')[0],
    });
    expect(world.vendor.requests).toHaveLength(0);
  });

  it('one of an unknown authority, with the fields that the vendor’s secret has', async () => {
    const tls = await createChain(NAME);
    const world = await startIsdp({ simulator: { tls }, secret: isdpSecret });

    const response = await world.call({});

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(response.body.detail).toBe(
      `The vendor's certificate is not trusted (${new URL(world.vendor.url).host}, SELF_SIGNED_CERT_IN_CHAIN: self-signed certificate in certificate chain): its authority is not known; check \`baseUrl\` of the secret.`,
    );
  });
});

describe('NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment', () => {
  it('switches nothing off for a vendor', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { world } = await start({ settings: { ca: (await createChain(NAME)).ca } });

    expectProblem(await world.call(INPUT), { code: 'vendor-unavailable', status: 502, retryable: false });

    expect(world.vendor.requests).toHaveLength(0);
  });

  it('switches nothing off for AWS', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const relay = await startRelay();
    const { world } = await start();
    const impostor = await start();
    process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = relay.urlOf(impostor.world.vendor.url);

    expectProblem(await world.call(INPUT), { code: 'secret-unavailable', status: 503 });

    expect(impostor.world.vendor.requests).toHaveLength(0);
  });
});
