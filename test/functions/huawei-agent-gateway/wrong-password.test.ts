import { describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { startWorld, type World } from '../../support/world.ts';

const INPUT = { workno: 20011 };
/** A secret that is this old is read again before it is used. */
const SECRET_OLD_MS = 15 * 60_000;
/** How often a secret is read again at most because the vendor refused what is in it. */
const REREAD_PAUSE_MS = 10_000;

const [agent, other] = demoAgents;
const wrong = { ...agent, password: 'not-the-password' };
const secretOf = (agents: readonly unknown[]) => (baseUrl: string) => ({ baseUrl, session: 'managed', agents });

const start = (agents: readonly unknown[] = [agent]) =>
  startWorld({ lookup, simulation: huaweiAgentGateway, secret: secretOf(agents) });

const signIns = (w: World) => w.vendor.requests.filter(({ method }) => method === 'PUT').length;

describe('an agent whom the vendor does not let in', () => {
  test.each([
    ['100-004', 'a wrong password'],
    ['100-020', 'an expired password'],
    ['110-016', 'a locked account'],
  ])('with %s, %s, is tried once: another try could lock it', async (code) => {
    const w = await start();
    w.vendor.fail({ path: 'onlineagent', vendorCase: `retcode:${code}` });

    const responses = [await w.call(INPUT), await w.call(INPUT), await w.call(INPUT)];

    for (const { status, body } of responses) {
      expect(status).toBe(502);
      expect(body).toMatchObject({ code: 'vendor-auth-failed', retryable: false, vendor: { code } });
    }
    expect(signIns(w)).toBe(1);
    expect(w.vendor.requests).toHaveLength(1);
    expect(w.clock.pending()).toBe(0);
  });

  test.each(['100-004', '100-020', '110-016'])('with %s on the lookup itself is not signed in again', async (code) => {
    const w = await start();
    w.vendor.fail({ path: 'agentbyworkno', vendorCase: `retcode:${code}` });

    const response = await w.call(INPUT);

    expect(response.status).toBe(502);
    expect(response.body).toMatchObject({ code: 'vendor-auth-failed', retryable: false, vendor: { code } });
    expect(w.vendor.requests.map(({ method }) => method)).toEqual(['PUT', 'GET']);
  });

  test('is tried once for a hundred callers at once', async () => {
    const w = await start([wrong]);

    const responses = await Promise.all(Array.from({ length: 100 }, () => w.call(INPUT)));

    expect(new Set(responses.map(({ body }) => body.code))).toEqual(new Set(['vendor-auth-failed']));
    expect(w.vendor.requests).toHaveLength(1);
    expect(w.clock.pending()).toBe(0);
  });

  test('is not tried again with the same secret, however old that is', async () => {
    const w = await start([wrong]);
    await w.call(INPUT);
    w.clock.advance(SECRET_OLD_MS);

    const response = await w.call(INPUT);

    expect(response.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: '100-004' } });
    // The secret was read again each time, to see whether it has changed; the password was not tried.
    expect(w.secretsManager.requests.length).toBeGreaterThan(1);
    expect(signIns(w)).toBe(1);
  });

  test('is tried again once the secret has changed, without waiting for the kept one to age', async () => {
    const w = await start([wrong]);
    await w.call(INPUT);
    w.putSecret('default', secretOf([agent])(w.vendor.url));

    const within = await w.call(INPUT);
    w.clock.advance(REREAD_PAUSE_MS);
    const response = await w.call(INPUT);

    expect(within.body).toMatchObject({ code: 'vendor-auth-failed', vendor: { code: '100-004' } });
    expect(response.status).toBe(200);
    expect(signIns(w)).toBe(2);
    expect(w.secretsManager.requests).toHaveLength(3);
  });

  test('leaves the others of its account to ask', async () => {
    const w = await start([wrong, other]);
    await w.call({ ...INPUT, agentid: 20001 });

    const responses = [await w.call(INPUT), await w.call(INPUT)];

    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(w.vendor.requests.map(({ method, path }) => `${method} ${path.split('/')[4]}`)).toEqual([
      'PUT 20001',
      'PUT 20002',
      'GET 20002',
      'GET 20002',
    ]);
  });

  test('says no password, also where the vendor repeats it', async () => {
    const w = await start([wrong]);
    w.vendor.fail({
      path: 'onlineagent',
      body: JSON.stringify({ message: `20001/${wrong.password}: no, not ${wrong.password}`, retcode: '100-004' }),
    });

    const response = await w.call(INPUT);

    expect(response.body.vendor).toEqual({
      name: 'huawei-agent-gateway',
      code: '100-004',
      message: '20001/[redacted]: no, not [redacted]',
    });
    expect(response.text + JSON.stringify(w.outcomes)).not.toContain(wrong.password);
  });
});

test('a refused password of one account is no refusal of another account', async () => {
  const w = await start([wrong]);
  w.putSecret('second', secretOf([agent])(w.vendor.url));
  await w.call(INPUT);

  expect((await w.call(INPUT, { account: 'second' })).status).toBe(200);
});
