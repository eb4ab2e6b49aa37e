import { describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo as lookup } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { type Response, startWorld, type World } from '../../support/world.ts';

/** An agent that the gateway tells about. */
const KNOWN = { workno: 20011 };
/** Agents that it refuses to tell about. */
const REFUSED = { workno: 20012 };
const REFUSED_TOO = { workno: 20013 };
const REMEMBERED_MS = 60_000;

interface Options {
  readonly agents?: number;
  readonly code?: string;
  readonly onConflict?: string;
}

const start = async ({ agents = 1, code = '100-006', ...settings }: Options = {}) => {
  const w = await startWorld({
    lookup,
    simulation: huaweiAgentGateway,
    secret: (baseUrl) => ({ baseUrl, session: 'managed', agents: demoAgents.slice(0, agents), ...settings }),
  });
  w.vendor.setState({ targetRetcodes: { 20012: code, 20013: code } });
  return w;
};

/** What the vendor got, in short: `PUT 20001`, `DELETE 20001`, `GET 20001 20011`. */
const sent = (w: World) =>
  w.vendor.requests.map(({ method, path }) => {
    const [agentid, operation, workno] = path.split('/').slice(4);
    return [method, agentid, operation === 'agentbyworkno' ? workno : operation].filter(Boolean).join(' ');
  });
const signIns = (w: World) => w.vendor.requests.filter(({ method }) => method === 'PUT').length;
const outcomeOf = ({ status, body }: Response) => [status, body.code, body.retryable, body.vendor?.code];

describe.each(['100-006', '100-008', '000-003'])('%s', (code) => {
  const REFUSAL = [422, 'vendor-rejected', false, code];

  test.each(['fail', 'force'])(
    'that concerns the agent asked about leaves the only agent its session, with onConflict %s',
    async (onConflict) => {
      const w = await start({ code, onConflict });

      const refused = await w.call(REFUSED);
      const first = await w.call(KNOWN);
      w.clock.advance(30_000);
      const later = await w.call(KNOWN);

      expect(outcomeOf(refused)).toEqual(REFUSAL);
      expect([first.status, later.status]).toEqual([200, 200]);
      expect(sent(w)).toEqual([
        'PUT 20001',
        'GET 20001 20012',
        'DELETE 20001 logout',
        'PUT 20001',
        'GET 20001 20012',
        // The session answers for its own agent.
        'GET 20001 20001',
        'GET 20001 20011',
        'GET 20001 20011',
      ]);
      expect(w.clock.pending()).toBe(0);
    },
  );

  test('costs no session where the same work number is asked for again', async () => {
    const w = await start({ code });
    await w.call(REFUSED);
    w.vendor.requests.length = 0;

    const again = await w.call(REFUSED);

    expect(outcomeOf(again)).toEqual(REFUSAL);
    expect(sent(w)).toEqual(['GET 20001 20012']);
    expect(w.outcomes.at(-1)?.credentialReasons).toEqual(['held', 'refused-alone']);
  });

  test('costs no session where another work number is refused as well', async () => {
    const w = await start({ code });
    await w.call(REFUSED);
    w.vendor.requests.length = 0;

    const other = await w.call(REFUSED_TOO);

    expect(outcomeOf(other)).toEqual(REFUSAL);
    expect(sent(w)).toEqual(['GET 20001 20013', 'GET 20001 20001', 'GET 20001 20013']);
  });
});

describe('an agent that the gateway refuses to tell about', () => {
  test('is told with the vendor’s own code and message', async () => {
    const w = await start();

    const { body } = await w.call(REFUSED);

    expect(body.vendor).toEqual({ name: 'huawei-agent-gateway', code: '100-006', message: 'agent not login' });
    expect(body.detail).toContain('the agent is not signed in (100-006)');
    expect(body.detail).toContain('this work number');
    expect(w.outcomes[0]).toMatchObject({ problem: 'vendor-rejected', vendorCode: '100-006', renewals: ['100-006'] });
  });

  test('is answered for as soon as the gateway tells about it', async () => {
    const w = await start();
    await w.call({ workno: 20020 });
    w.vendor.setState({ targetRetcodes: { 20020: '100-006' } });
    await w.call({ workno: 20020 });
    w.vendor.setState({ targetRetcodes: {} });

    expect((await w.call({ workno: 20020 })).status).toBe(200);
  });

  test('is asked for anew after a minute, and still costs no session', async () => {
    const w = await start();
    await w.call(REFUSED);
    w.clock.advance(REMEMBERED_MS);
    w.vendor.requests.length = 0;

    const later = await w.call(REFUSED);

    expect(outcomeOf(later)).toEqual([422, 'vendor-rejected', false, '100-006']);
    expect(sent(w)).toEqual(['GET 20001 20012', 'GET 20001 20001', 'GET 20001 20012']);
  });

  test('does not hide that the session is lost: after a minute the agent is signed in again', async () => {
    const w = await start();
    await w.call(REFUSED);
    w.vendor.setState({ forgetSessions: true });
    w.clock.advance(REMEMBERED_MS);
    const before = signIns(w);

    await w.call(REFUSED);

    expect(signIns(w)).toBe(before + 1);
    expect((await w.call(KNOWN)).status).toBe(200);
  });

  test('is not held against a session that was lost while the instance was frozen', async () => {
    const w = await start();
    await w.call(REFUSED);
    w.vendor.setState({ forgetSessions: true });
    // The monotonic clock stands still meanwhile.
    w.clock.step(REMEMBERED_MS);
    const before = signIns(w);

    await w.call(REFUSED);

    expect(signIns(w)).toBe(before + 1);
  });

  test('takes no agent from an account that has two', async () => {
    const w = await start({ agents: 2 });

    const refused = [await w.call(REFUSED), await w.call(REFUSED_TOO)];
    const known = await Promise.all([w.call({ ...KNOWN, agentid: 20001 }), w.call({ ...KNOWN, agentid: 20002 })]);

    expect(refused.map(({ body }) => body.vendor.code)).toEqual(['100-006', '100-006']);
    expect(known.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('is one of twenty: all of them cost one sign-in more', async () => {
    const w = await start();
    const worknos = Array.from({ length: 20 }, (_each, index) => 20_101 + index);
    w.vendor.setState({ targetRetcodes: Object.fromEntries(worknos.map((workno) => [workno, '100-006'])) });

    for (const workno of worknos) {
      expect(outcomeOf(await w.call({ workno }))).toEqual([422, 'vendor-rejected', false, '100-006']);
    }

    expect(signIns(w)).toBe(2);
    expect((await w.call(KNOWN)).status).toBe(200);
  });

  test('and those who ask for others at the same time get their answers', async () => {
    const w = await start();
    await w.call(KNOWN);
    w.clock.advance(2_500);

    const [refused, ...known] = await Promise.all([w.call(REFUSED), w.call(KNOWN), w.call(KNOWN)]);

    expect(refused && outcomeOf(refused)).toEqual([422, 'vendor-rejected', false, '100-006']);
    expect(known.map(({ status }) => status)).toEqual([200, 200]);
    expect(signIns(w)).toBe(2);
  });
});

describe('a refusal that passes', () => {
  test('is followed by the answer, by a new session', async () => {
    const w = await start();
    w.vendor.fail({ path: '/20011', vendorCase: 'not-signed-in' });

    expect((await w.call(KNOWN)).status).toBe(200);
    expect(signIns(w)).toBe(2);
  });

  test('is followed by the answer, by the same session where that has replaced a refused one', async () => {
    const w = await start();
    await w.call(REFUSED);
    w.vendor.fail({ path: '/20011', vendorCase: 'not-signed-in' });
    const before = signIns(w);

    expect((await w.call(KNOWN)).status).toBe(200);
    expect(signIns(w)).toBe(before);
  });
});

describe('a session that is refused for its own agent', () => {
  test('is replaced, where its agent is the one asked about', async () => {
    const w = await start();
    await w.call(KNOWN);
    w.vendor.setState({ forgetSessions: true });

    expect((await w.call({ workno: 20001 })).status).toBe(200);
    expect(sent(w).slice(2)).toEqual(['GET 20001 20001', 'DELETE 20001 logout', 'PUT 20001', 'GET 20001 20001']);
  });

  test('within a minute of its sign-in is not replaced again, and the caller may retry', async () => {
    const w = await start();
    await w.call(REFUSED);
    w.vendor.setState({ forgetSessions: true });
    const before = signIns(w);

    const young = await w.call(KNOWN);
    w.clock.advance(REMEMBERED_MS);
    const later = await w.call(KNOWN);

    expect(outcomeOf(young)).toEqual([422, 'vendor-rejected', true, '100-006']);
    expect(young.headers['retry-after']).toMatch(/^(5\d|60)$/);
    expect(later.status).toBe(200);
    expect(signIns(w)).toBe(before + 1);
  });

  test('and cannot be replaced, leaves the vendor’s first code and message in the answer', async () => {
    const w = await start();
    await w.call(KNOWN);
    w.vendor.setState({ forgetSessions: true });
    w.vendor.fail({ path: 'onlineagent/20001', vendorCase: 'retcode:100-014', times: 2 });

    const { status, body } = await w.call(KNOWN);

    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'vendor-rejected',
      vendor: { code: '100-006', message: 'agent not login' },
    });
    expect(body.detail).toMatch(/not signed in \(100-006\).*outside the configured range \(100-014\)/);
  });

  test.each([
    ['refuses it', { vendorCase: 'retcode:100-010' }],
    ['knows no such route', { status: 404, body: '<html>404</html>' }],
    ['stands behind a firewall that lets no DELETE pass', { status: 403, body: '<html>forbidden</html>' }],
    ['answers without a body', { status: 204 }],
  ])('is replaced although the gateway does not sign it out, since it %s', async (_what, fault) => {
    const w = await start();
    await w.call(KNOWN);
    w.vendor.setState({ forgetSessions: true });
    w.vendor.fail({ path: '/logout', ...fault });

    expect((await w.call(KNOWN)).status).toBe(200);
    expect(signIns(w)).toBe(2);
  });

  test('is given up where the gateway never answers its sign-out', async () => {
    const w = await start();
    await w.call(KNOWN);
    w.vendor.setState({ forgetSessions: true });
    w.vendor.fail({ path: '/logout', status: 503, times: 99 });

    const responses = [await w.call(KNOWN), await w.call(KNOWN), await w.call(KNOWN)];

    expect(responses.map(({ status }) => status)).toEqual([502, 502, 200]);
  });

  test.each([
    ['does not answer the sign-out', { path: '/logout', reset: true, times: 3 }],
    ['fails at the sign-out', { path: '/logout', status: 503, times: 3 }],
  ])('is kept while the gateway %s: a sign-in must not overlap with it', async (_what, fault) => {
    const w = await start();
    await w.call(KNOWN);
    w.vendor.fail(fault);

    const refused = await w.call(REFUSED);
    const known = await w.call(KNOWN);

    expect(outcomeOf(refused)).toEqual([502, 'vendor-unavailable', true, '100-006']);
    expect(known.status).toBe(200);
    expect(signIns(w)).toBe(1);
  });
});
