import dns from 'node:dns';
import net from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { huaweiIsdp } from '../../../local/simulators/huawei-isdp.ts';
import { startSimulator } from '../../../local/simulators/server.ts';
import { TOKEN as CEC_TOKEN, secretFor as cecSecretFor, LOGIN, startCec } from '../../functions/huawei-cec/support.ts';
import { around, expectProblem, requestsTo, silence } from '../../functions/huawei-common/support.ts';
import { FIND, SAMPLE, secretFor, startIsdp, TOKEN } from '../../functions/huawei-isdp/support.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The address of a vendor that has gone. */
async function goneUrl(): Promise<string> {
  const gone = await startSimulator(huaweiIsdp);
  await gone.close();
  return gone.url;
}

describe('a name with several addresses', () => {
  const IPV4 = { address: '127.0.0.1', family: 4 };
  /** Nothing listens there: it is refused, or there is no IPv6 at all. */
  const IPV6 = { address: '::1', family: 6 };

  /**
   * The addresses, and each of them further away than Node waits for it by default: the process is busy for longer, so that
   * the time-out of an address is over when it is looked whether that has accepted.
   */
  function resolveFarAway(addresses: readonly (typeof IPV4)[]): void {
    const before = net.getDefaultAutoSelectFamilyAttemptTimeout();
    net.setDefaultAutoSelectFamilyAttemptTimeout(10);
    onTestFinished(() => net.setDefaultAutoSelectFamilyAttemptTimeout(before));
    const lookup = (_host: string, _options: object, callback: (error: null, all: typeof addresses) => void) => {
      setImmediate(() => {
        callback(null, addresses);
        const end = performance.now() + 100;
        while (performance.now() < end);
      });
    };
    vi.spyOn(dns, 'lookup').mockImplementation(lookup as never);
  }

  it.each([
    ['the last one is unreachable', [IPV4, IPV6]],
    ['the first one is unreachable', [IPV6, IPV4]],
    ['one in the middle is the vendor’s', [IPV6, IPV4, IPV6]],
  ])('is reached far away where %s', async (_, addresses) => {
    const world = await startIsdp({ secret: (url) => secretFor(url.replace('127.0.0.1', 'localhost')) });
    resolveFarAway(addresses);

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(200);
    expect(world.outcomes[0]).toMatchObject({ attempts: 1, credentialAttempts: 1 });
  });
});

describe('a vendor that cannot be reached is named by host and port, with the field to check', () => {
  it('where nothing listens', async () => {
    const url = await goneUrl();
    const world = await startIsdp({ secret: () => secretFor(url) });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.body.detail).toBe(
      `No connection to the vendor's server ${new URL(url).host}: nothing listens on the port (ECONNREFUSED); check \`baseUrl\` of the secret.`,
    );
    expect(world.outcomes[0]).toMatchObject({ vendorAddress: new URL(url).host, vendorFault: 'ECONNREFUSED' });
  });

  it.each([
    ['ENOTFOUND', 'DNS does not know the host'],
    ['EAI_AGAIN', 'DNS did not answer'],
  ])('where DNS has no address (%s)', async (code, told) => {
    const world = await startIsdp({ secret: () => secretFor('https://localhost/with/a-path') });
    await world.call(SAMPLE, { account: 'unknown' });
    const fail = (_host: string, _options: object, callback: (error: Error) => void) =>
      setImmediate(() => callback(Object.assign(new Error('getaddrinfo'), { code })));
    vi.spyOn(dns, 'lookup').mockImplementation(fail as never);

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502, retryable: true });
    expect(response.body.detail).toBe(
      `No connection to the vendor's server localhost:443: ${told} (${code}); check \`baseUrl\` of the secret.`,
    );
    expect(world.outcomes[1]).toMatchObject({ vendorAddress: 'localhost:443', vendorFault: code });
  });

  it('where the address is that of the token alone', async () => {
    const url = await goneUrl();
    const world = await startCec(queryAgentLoginParams, {
      secret: (vendorUrl) => ({ ...cecSecretFor(vendorUrl), tokenUrl: url }),
    });

    const response = await world.call(LOGIN);

    expect(response.body.detail).toContain(`${new URL(url).host}: nothing listens on the port (ECONNREFUSED)`);
    expect(response.body.detail).toContain('check `tokenUrl` of the secret');
  });

  it('where it has no such path', async () => {
    const world = await startIsdp({ secret: (url) => secretFor(`${url}/secret-path`) });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-unavailable', status: 502 });
    expect(response.body.detail).toContain(new URL(world.vendor.url).host);
    expect(response.body.detail).toContain('Check `baseUrl` of the secret');
    expect(response.text + JSON.stringify(world.outcomes)).not.toContain('secret-path');
    expect(world.outcomes[0]?.vendorAddress).toBe(new URL(world.vendor.url).host);
  });

  it('where its token has no such path', async () => {
    const world = await startCec(queryAgentLoginParams, {
      secret: (url) => ({ ...cecSecretFor(url), tokenUrl: `${url}/secret-path` }),
    });

    const response = await world.call(LOGIN);

    expect(response.body.detail).toContain(new URL(world.vendor.url).host);
    expect(response.body.detail).toContain('Check `tokenUrl` of the secret');
    expect(requestsTo(world, CEC_TOKEN)).toHaveLength(0);
  });

  it.each([
    ['a redirect', { status: 302, headers: { location: '/login' }, body: '' }],
    ['HTTP 405', { status: 405, body: '' }],
    ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }],
  ])('where what answers there is not its interface: %s', async (_, fault) => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, times: 9, ...fault });

    const response = await world.call(SAMPLE);

    expect(response.status).toBe(502);
    expect(response.body.detail).toContain(new URL(world.vendor.url).host);
  });

  it('where it breaks each connection', async () => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, reset: true, times: 9 });

    const response = await world.call(SAMPLE);

    const { host } = new URL(world.vendor.url);
    expect(response.body.detail).toMatch(
      new RegExp(`^No response came from the vendor's server ${host} \\((?:ECONNRESET|UND_ERR_SOCKET)\\)\\.$`),
    );
    expect(world.outcomes[0]?.vendorAddress).toBe(host);
  });

  it.each([TOKEN, FIND])('where it is silent: %s', async (path) => {
    const simulation = around(huaweiIsdp, (request, answer, clock) => {
      if (request.path !== path) return answer();
      clock.advance(14_700);
      return silence();
    });
    const world = await startIsdp({ simulation });

    const response = await world.call(SAMPLE);

    expectProblem(response, { code: 'vendor-timeout', status: 504 });
    expect(response.body.detail).toContain(new URL(world.vendor.url).host);
    expect(world.outcomes[0]?.vendorAddress).toBe(new URL(world.vendor.url).host);
  });

  it('where it answers with a failure of its own', async () => {
    const world = await startIsdp();
    world.vendor.fail({ path: FIND, status: 503, body: '{}', times: 9 });

    await world.call(SAMPLE);

    expect(world.outcomes[0]).toMatchObject({ vendorAddress: new URL(world.vendor.url).host, vendorCode: '503' });
    expect(world.outcomes[0]).not.toHaveProperty('vendorFault');
  });
});
