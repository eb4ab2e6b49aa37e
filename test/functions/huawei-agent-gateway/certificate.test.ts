import { beforeAll, describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { createCertificates } from '../../../local/simulators/certificate.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { type Response, startWorld } from '../../support/world.ts';

/** The name in the gateway's certificate; it is reached by its address, which is not in it. */
const SERVER_NAME = 'agw.internal.example';
const INPUT = { workno: 20011 };

let certificates: Awaited<ReturnType<typeof createCertificates>>;
let otherAuthority: string;

beforeAll(async () => {
  certificates = await createCertificates(SERVER_NAME);
  otherAuthority = (await createCertificates(SERVER_NAME)).ca;
});

/** A gateway behind TLS, and an account that knows of it what `settings` say. */
async function start(settings: object) {
  const secretWith = (baseUrl: string, own: object) => ({
    baseUrl,
    session: 'managed',
    agents: [demoAgents[0]],
    onConflict: 'force',
    ...own,
  });
  const w = await startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    simulator: { tls: certificates },
    secret: (baseUrl) => secretWith(baseUrl, settings),
  });
  return { ...w, putAccount: (name: string, own: object) => w.putSecret(name, secretWith(w.vendor.url, own)) };
}

function expectRefused({ status, body }: Response, detail: RegExp): void {
  expect(status).toBe(502);
  expect(body).toMatchObject({ code: 'vendor-unavailable', retryable: false });
  expect(body.detail).toMatch(detail);
}

const UNTRUSTED =
  /^The vendor's certificate is not trusted \(127\.0\.0\.1:\d+, (?:SELF_SIGNED_CERT_IN_CHAIN|CERT_SIGNATURE_FAILURE): .+\): its authority is not known; check `baseUrl` and `ca` of the secret\.$/;
const MISNAMED =
  /^The vendor's certificate is for another name \(127\.0\.0\.1:\d+, ERR_TLS_CERT_ALTNAME_INVALID\); check `baseUrl` and `servername` of the secret\.$/;

test('a certificate of the account’s own authority is trusted for the name that the account gives', async () => {
  const w = await start({ ca: certificates.ca, servername: SERVER_NAME });

  const responses = [await w.call(INPUT), await w.call(INPUT)];

  expect(responses.map(({ status }) => status)).toEqual([200, 200]);
  expect(w.clock.pending()).toBe(0);
});

describe('a connection is refused before anything of the request is sent', () => {
  test('without the authority', async () => {
    const w = await start({ servername: SERVER_NAME });

    expectRefused(await w.call(INPUT), UNTRUSTED);

    expect(w.vendor.requests).toHaveLength(0);
    expect(w.clock.pending()).toBe(0);
  });

  test('with another authority', async () => {
    const w = await start({ ca: otherAuthority, servername: SERVER_NAME });

    expectRefused(await w.call(INPUT), UNTRUSTED);

    expect(w.vendor.requests).toHaveLength(0);
  });

  test('with the wrong name', async () => {
    const w = await start({ ca: certificates.ca, servername: 'other.internal.example' });

    expectRefused(await w.call(INPUT), MISNAMED);

    expect(w.vendor.requests).toHaveLength(0);
  });

  test('with no name, where the address is not in the certificate', async () => {
    const w = await start({ ca: certificates.ca });

    expectRefused(await w.call(INPUT), MISNAMED);

    expect(w.vendor.requests).toHaveLength(0);
  });
});

test('what one account trusts no other account does, in the same process and at the same address', async () => {
  const w = await start({ ca: certificates.ca, servername: SERVER_NAME });
  w.putAccount('public', {});
  w.putAccount('named', { servername: SERVER_NAME });
  expect((await w.call(INPUT)).status).toBe(200);

  const [publicly, named, again] = [
    await w.call(INPUT, { account: 'public' }),
    await w.call(INPUT, { account: 'named' }),
    await w.call(INPUT),
  ];

  expect(publicly.body).toMatchObject({ code: 'vendor-unavailable', retryable: false });
  expect(named.body).toMatchObject({ code: 'vendor-unavailable', retryable: false });
  expect(again.status).toBe(200);
});

test('a ca that is no certificate is a misconfigured secret, told by its field', async () => {
  const w = await start({ ca: 'not a certificate' });

  const response = await w.call(INPUT);

  expect(response.status).toBe(500);
  expect(response.body).toMatchObject({ code: 'misconfigured', detail: expect.stringContaining('/ca ') });
  expect(response.text).not.toContain('not a certificate');
});
