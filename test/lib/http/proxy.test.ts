import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { readProxySettings } from '../../../lib/http/proxy-settings.ts';
import { createTransport } from '../../../lib/http/transport.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { expectProblem } from '../../functions/huawei-common/support.ts';
import { SAMPLE, startIsdp } from '../../functions/huawei-isdp/support.ts';
import { createChain } from '../../support/certificates.ts';
import { createTestClock } from '../../support/clock.ts';
import { type LocalProxy, startProxy } from '../../support/proxy.ts';
import { startRelay } from '../../support/relay.ts';
import { startWorld } from '../../support/world.ts';

/** The proxy leads it to the gateway's port. The simulator answers to no other name. */
const NAME = 'localhost';
const INPUT = { workno: '20011' };
/** Secrets Manager's; the vendors are at 127.0.0.1 too, on ports that a test knows only once they have begun. */
const LOOPBACK = '127.0.0.1';

const VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'];

beforeEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const managed = (ca: string) => ({ session: 'managed', agents: [demoAgents[0]], onConflict: 'force', ca });

/** A gateway behind TLS that only a proxy can reach by its name, and Secrets Manager on loopback. */
async function startBehind(proxyOptions: Parameters<typeof startProxy>[0] = {}) {
  const tls = await createChain(NAME);
  const places = new Map<string, string>();
  const proxy = await startProxy({ ...proxyOptions, places });
  vi.stubEnv('HTTPS_PROXY', `http://${proxy.address}`);
  vi.stubEnv('NO_PROXY', LOOPBACK);
  const start = () =>
    startWorld({
      lookup,
      simulation: huaweiAgentGateway,
      simulator: { tls },
      secret: (url) => {
        places.set(`${NAME}:443`, new URL(url).host);
        return { baseUrl: `https://${NAME}`, ...managed(tls.ca) };
      },
    });
  return { proxy, start };
}

const linesOf = ({ asked }: LocalProxy) => asked.map(({ line }) => line);

describe('HTTPS_PROXY', () => {
  it('takes requests to a vendor through a tunnel, one for many requests', async () => {
    const { proxy, start } = await startBehind();
    const world = await start();

    const responses = [await world.call(INPUT), await world.call(INPUT)];

    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(linesOf(proxy)).toEqual([`CONNECT ${NAME}:443`]);
    expect(world.clock.pending()).toBe(0);
  });

  it('takes them to an address on loopback as well, unless NO_PROXY names it', async () => {
    const tls = await createChain(NAME);
    const proxy = await startProxy();
    vi.stubEnv('https_proxy', proxy.address);
    const account = { ...managed(tls.ca), servername: NAME };
    const options = { lookup, simulation: huaweiAgentGateway, simulator: { tls } };
    const world = await startWorld({ ...options, secret: (baseUrl) => ({ baseUrl, ...account }) });
    const { host, port } = new URL(world.vendor.url);

    expect((await world.call(INPUT)).status).toBe(200);
    expect(linesOf(proxy)).toEqual([`CONNECT ${host}`]);

    for (const noProxy of ['*', LOOPBACK, `other.example, ${host}`, `.example ${host}`]) {
      vi.stubEnv('no_proxy', noProxy);
      expect((await world.coldStart().call(INPUT)).status).toBe(200);
    }
    expect(proxy.asked).toHaveLength(1);

    vi.stubEnv('no_proxy', `${LOOPBACK}:${Number(port) + 1}`);
    await world.coldStart().call(INPUT);
    expect(proxy.asked).toHaveLength(2);
  });

  it('says who it is with the user and password of its address, and tells them nobody', async () => {
    const { proxy, start } = await startBehind();
    vi.stubEnv('HTTPS_PROXY', `http://some%20one:pass-word@${proxy.address}`);
    const world = await start();

    expect((await world.call(INPUT)).status).toBe(200);

    expect(proxy.asked[0]?.authorization).toBe(`Basic ${Buffer.from('some one:pass-word').toString('base64')}`);
    expect(world.vendor.requests.map(({ headers }) => headers['proxy-authorization'])).toEqual([undefined, undefined]);
    proxy.refuse(503);
    const response = await world.coldStart().call(INPUT);
    expect(response.status).toBe(502);
    expect(response.text + JSON.stringify(world.outcomes)).not.toMatch(/pass-word|some.{0,3}one/);
  });

  it('trusts a vendor no more than without a proxy', async () => {
    const { start } = await startBehind();
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const world = await start();
    const other = (await createChain(NAME)).ca;
    world.putSecret('default', { baseUrl: `https://${NAME}`, ...managed(other) });

    const response = await world.call(INPUT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(response.body.detail).toContain(`The vendor's certificate is not trusted (${NAME}:443, `);
    expect(world.vendor.requests).toHaveLength(0);
  });

  it('takes requests to AWS too', async () => {
    const { proxy, start } = await startBehind();
    vi.stubEnv('NO_PROXY', '');
    const world = await start();
    process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = 'https://secretsmanager.eu-central-1.amazonaws.com';

    expectProblem(await world.call(INPUT), { code: 'secret-unavailable', status: 503 });

    expect(new Set(linesOf(proxy))).toEqual(new Set(['CONNECT secretsmanager.eu-central-1.amazonaws.com:443']));
  });

  it('replaces a tunnel that died while it was idle', async () => {
    const relay = await startRelay();
    const { proxy, start } = await startBehind();
    vi.stubEnv('HTTPS_PROXY', relay.urlOf(`http://${proxy.address}`));
    const world = await start();
    await world.call(INPUT);
    world.clock.advance(10_000);
    relay.kill('reset');

    expect(await world.call(INPUT)).toMatchObject({ status: 200, body: { meta: { attempts: 2 } } });

    expect(proxy.asked).toHaveLength(2);
  });

  it('may be reached over TLS, by a certificate that is checked', async () => {
    const { start } = await startBehind({ tls: await createChain('localhost') });
    vi.stubEnv('HTTPS_PROXY', process.env['HTTPS_PROXY']?.replace('http://127.0.0.1', 'https://localhost'));
    const world = await start();

    const response = await world.call(INPUT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: false });
    expect(response.body.detail).toContain('SELF_SIGNED_CERT_IN_CHAIN');
    expect(world.vendor.requests).toHaveLength(0);
  });
});

describe('HTTP_PROXY', () => {
  it('is asked for a plain address by its whole URL', async () => {
    const proxy = await startProxy();
    vi.stubEnv('HTTP_PROXY', `http://${proxy.address}/`);
    const world = await startIsdp();
    vi.stubEnv('NO_PROXY', new URL(world.secretsManager.url).host);

    expect((await world.call(SAMPLE)).status).toBe(200);

    const { origin } = new URL(world.vendor.url);
    expect(linesOf(proxy).filter((line) => line.includes(origin))).toEqual([`POST ${origin}`, `POST ${origin}`]);
  });

  it('stands in for HTTPS_PROXY where that is not set', async () => {
    const { proxy, start } = await startBehind();
    vi.stubEnv('HTTPS_PROXY', '');
    vi.stubEnv('HTTP_PROXY', proxy.address);
    const world = await start();

    expect((await world.call(INPUT)).status).toBe(200);

    expect(linesOf(proxy)).toEqual([`CONNECT ${NAME}:443`]);
  });
});

describe('a proxy that fails', () => {
  it.each([
    [403, false, 1],
    [407, false, 1],
    [502, true, 3],
    [503, true, 3],
  ])('with HTTP %i is named, not the vendor', async (status, retryable, attempts) => {
    const { proxy, start } = await startBehind();
    const world = await start();
    proxy.refuse(status);

    const response = await world.call(INPUT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable });
    expect(response.body.detail).toBe(
      `The proxy ${proxy.address} made no connection to the vendor's server ${NAME}:443 (HTTP ${status}); check the proxy, HTTPS_PROXY and NO_PROXY.`,
    );
    expect(world.outcomes[0]?.credentialAttempts).toBe(attempts);
  });

  it('by not being there is named as well', async () => {
    const { start } = await startBehind();
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9');
    const world = await start();

    const response = await world.call(INPUT);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.body.detail).toBe(
      `No connection to the vendor's server ${NAME}:443 through the proxy 127.0.0.1:9 (ECONNREFUSED); check the proxy, HTTPS_PROXY, NO_PROXY and \`baseUrl\` of the secret.`,
    );
  });

  it('by silence is left after 3 s, and the sign-in is retried', async () => {
    const { proxy, start } = await startBehind();
    const world = await start();
    proxy.ignoreOne();

    expect((await world.call(INPUT)).status).toBe(200);

    expect(world.outcomes[0]?.credentialAttempts).toBe(2);
  });

  it('by breaking the connection of a sign-in had nothing of it, so that it is retried', async () => {
    const relay = await startRelay();
    const { proxy, start } = await startBehind();
    vi.stubEnv('HTTPS_PROXY', relay.urlOf(`http://${proxy.address}`));
    const world = await start();
    relay.breakNext(1, 'reset');

    expect((await world.call(INPUT)).status).toBe(200);

    expect(world.outcomes[0]?.credentialAttempts).toBe(2);
  });
});

describe('the address of a proxy', () => {
  it.each([
    ['proxy.example.com:3128', 'http://proxy.example.com:3128/'],
    ['http://proxy.example.com', 'http://proxy.example.com/'],
    ['https://user:pass@proxy.example.com:8443', 'https://user:pass@proxy.example.com:8443/'],
    ['10.0.0.1:3128', 'http://10.0.0.1:3128/'],
  ])('may be %s', (value, proxy) => {
    expect(readProxySettings({ HTTPS_PROXY: value })).toEqual({ httpProxy: undefined, httpsProxy: proxy, noProxy: '' });
  });

  it.each(['socks5://canary.example:1080', 'ftp://canary.example', 'http://', 'http://user:canary@:3128', ':canary'])(
    'must be one of HTTP, or the start fails with a sentence: %s',
    (value) => {
      vi.stubEnv('HTTPS_PROXY', value);
      expect(() => createTransport(createTestClock())).toThrow(
        /^HTTPS_PROXY must be the http: or https: address of a proxy, such as http:\/\/proxy\.example\.com:3128$/,
      );
    },
  );

  it('is not looked for where none is set', () => {
    expect(readProxySettings({ HTTP_PROXY: '', NO_PROXY: '*' })).toBeUndefined();
  });
});
