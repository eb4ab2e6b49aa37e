import { describe, expect, test } from 'vitest';
import { Problem } from '../../../../lib/problem.ts';
import { startDeadline } from '../../../../lib/time/deadline.ts';
import type { AgentSession } from '../../../../lib/vendors/huawei-agent-gateway/session.ts';
import { signOut } from '../../../../lib/vendors/huawei-agent-gateway/sign-out.ts';
import { agent, NO_END, startGateway } from './gateway.ts';

async function start() {
  const gateway = await startGateway();
  const { simulator, asker } = gateway;
  return {
    ...gateway,
    signOut: (session: AgentSession, time = NO_END) => signOut({ ...gateway, session }, asker, time),
    fail: (fault: object) => simulator.fail({ path: '/logout', ...fault }),
    signOuts: () => simulator.requests.filter(({ path }) => path.endsWith('/logout')),
  };
}

describe('a sign-out', () => {
  test('frees the agent, with Guid, cookies and content type', async () => {
    const g = await start();
    g.simulator.setState({ requireCookie: true });
    const session = await g.signIn();

    expect(await g.signOut(session)).toBeUndefined();

    expect(g.stateOf()).toEqual({ signedInAt: undefined, polledAt: undefined, signIns: 1, evictions: 0 });
    const [request] = g.signOuts();
    expect(request).toMatchObject({
      method: 'DELETE',
      path: `/agentgateway/resource/onlineagent/${agent.agentid}/logout`,
    });
    expect(request?.headers).toMatchObject({
      guid: session.guid,
      cookie: [...session.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'content-type': 'application/json; charset=UTF-8',
    });
  });

  test('of an agent who is signed out already is done', async () => {
    const g = await start();
    const session = await g.signIn();
    await g.signOut(session);

    expect(await g.signOut(session)).toBeUndefined();
    expect(g.signOuts()).toHaveLength(2);
  });

  test.each(['100-006', '100-008'])('that meets %s is done', async (code) => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ vendorCase: `retcode:${code}` });

    expect(await g.signOut(session)).toBeUndefined();
    expect(g.signOuts()).toHaveLength(1);
  });

  test('does not end the session of another who signed the agent in since', async () => {
    const g = await start();
    const old = await g.signIn();
    const newer = await g.signIn('force');
    expect(await g.signOut(old)).toBeUndefined();
    expect(g.stateOf()?.signedInAt).toBe(newer.obtainedAt.wall);
  });

  test('is sent again where its answer was lost, and has then been done', async () => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ truncate: true });

    expect(await g.signOut(session)).toBeUndefined();
    expect(g.signOuts()).toHaveLength(2);
    expect(g.stateOf()?.signedInAt).toBeUndefined();
  });
});

describe('a sign-out that fails gives its problem and throws nothing', () => {
  test.each([
    ['100-005', 'vendor-rejected'],
    ['100-007', 'vendor-unavailable'],
    ['100-010', 'vendor-rejected'],
    ['000-003', 'vendor-auth-failed'],
    ['105-006', 'vendor-auth-failed'],
  ])('on %s', async (vendorCode, code) => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ vendorCase: `retcode:${vendorCode}`, times: 10 });

    const problem = await g.signOut(session);

    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ code, vendor: { code: vendorCode } });
    expect(g.stateOf()?.signedInAt).toBeDefined();
  });

  test('where no answer comes', async () => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ reset: true, times: 10 });

    expect(await g.signOut(session)).toMatchObject({ code: 'vendor-unavailable' });
  });

  test('where the time has ended', async () => {
    const g = await start();
    const session = await g.signIn();
    const deadline = startDeadline(g.clock, 10_000);
    g.clock.advance(10_000);

    expect(await g.signOut(session, deadline)).toMatchObject({ code: 'vendor-timeout' });
    expect(g.signOuts()).toHaveLength(0);
  });

  test('where the asker itself breaks', async () => {
    const g = await start();
    const session = await g.signIn();
    const asker = { exchange: () => Promise.reject(new TypeError('broken')) };

    expect(await signOut({ ...g, session }, asker, NO_END)).toMatchObject({ code: 'internal' });
  });
});
