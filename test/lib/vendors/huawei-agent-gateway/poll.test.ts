import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { Problem } from '../../../../lib/problem.ts';
import { startDeadline } from '../../../../lib/time/deadline.ts';
import { thisMoment } from '../../../../lib/time/moment.ts';
import { isSessionGone } from '../../../../lib/vendors/huawei-agent-gateway/answer.ts';
import { pollEvents } from '../../../../lib/vendors/huawei-agent-gateway/poll.ts';
import type { AgentSession } from '../../../../lib/vendors/huawei-agent-gateway/session.ts';
import { createManualTimers } from '../../http/support.ts';
import { agent, NO_END, problemOf, startGateway } from './gateway.ts';

const POLL_WAIT_MS = 10_000;
const DAY_MS = 24 * 60 * 60_000;

async function start() {
  const gateway = await startGateway();
  const { clock, simulator, asker } = gateway;
  const poll = (session: AgentSession, time = NO_END) => pollEvents({ ...gateway, session }, asker, clock, time);
  const polls = () => simulator.requests.filter(({ path }) => path.includes('/agentevent/'));
  return {
    ...gateway,
    poll,
    polls,
    /** A poll that no event answers, after its 10 s. */
    pollThrough: async (session: AgentSession) => {
      const before = polls().length;
      const polled = poll(session);
      await vi.waitFor(() => expect(polls()).toHaveLength(before + 1), { interval: 1 });
      clock.advance(POLL_WAIT_MS);
      return polled;
    },
    fail: (fault: object) => simulator.fail({ path: '/agentevent/', ...fault }),
    push: (eventType: string) => simulator.setState({ event: { agentid: agent.agentid, eventType } }),
  };
}

describe('a poll', () => {
  test('asks with Guid, cookies and content type, and brings nothing after 10 s without an event', async () => {
    const g = await start();
    g.simulator.setState({ requireCookie: true });
    const session = await g.signIn();

    const polled = await g.pollThrough(session);

    expect(polled).toEqual({ session, event: undefined });
    expect(polled.session).toBe(session);
    const [request] = g.polls();
    expect(request).toMatchObject({ method: 'GET', path: `/agentgateway/resource/agentevent/${agent.agentid}` });
    expect(request?.headers).toMatchObject({
      guid: session.guid,
      cookie: [...session.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'content-type': 'application/json; charset=UTF-8',
    });
    expect(g.clock.pending()).toBe(0);
  });

  test('brings an event as soon as there is one', async () => {
    const g = await start();
    const session = await g.signIn();
    g.push('AgentOther_InService');

    expect(await g.poll(session)).toEqual({ session, event: 'AgentOther_InService' });
  });

  test.each([
    ['is null', 'null'],
    ['is no object', '"AgentOther_InService"'],
    ['has no type', '{"workNo":"20001"}'],
    ['has a type that is no text', '{"eventType":4}'],
  ])('brings none where the event %s', async (_what, event) => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ body: `{"message":"","retcode":"0","event":${event}}` });

    expect((await g.poll(session)).event).toBeUndefined();
  });

  test('keeps the agent signed in beyond its two minutes', async () => {
    const g = await start();
    let session = await g.signIn();
    const signedInAt = g.clock.now();
    while (g.clock.now() - signedInAt < 300_000) {
      ({ session } = await g.pollThrough(session));
      g.clock.advance(500);
    }

    expect(g.stateOf()).toEqual({ signedInAt, polledAt: expect.any(Number), signIns: 1, evictions: 0 });
  });
});

describe('a renewed Guid', () => {
  test.each([
    ['Set-GUID', undefined],
    ['Guid', 'guid-header'],
  ])('in %s makes another session, with which the next poll goes', async (_header, vendorCase) => {
    const g = await start();
    const session = await g.signIn();
    g.clock.advance(60_000);
    if (vendorCase) g.fail({ vendorCase });

    const renewed = (await g.pollThrough(session)).session;

    expect(renewed).toEqual({
      agentid: agent.agentid,
      guid: expect.stringMatching(/^[0-9a-f-]{36}\.AgentGateway0$/),
      cookies: session.cookies,
      obtainedAt: thisMoment(g.clock),
      signedInAt: session.signedInAt,
      vdnid: '6',
      secrets: [renewed.guid, ...session.cookies.values()],
      passwordEndsAt: session.passwordEndsAt,
    });
    expect(renewed.guid).not.toBe(session.guid);
    // The old one has timed out by then.
    g.clock.advance(50_000);
    expect((await g.pollThrough(renewed)).session.agentid).toBe(agent.agentid);
    expect(g.polls().map(({ headers }) => headers['guid'])).toEqual([session.guid, renewed.guid]);
  });

  test('brings its cookies over those that are kept, and keeps what the sign-in said of the password', async () => {
    const g = await start();
    g.simulator.setState({ timeRemaining: '3' });
    const session = await g.signIn();
    const headers = { 'Set-GUID': 'JSESSIONID=abc.AgentGateway1', 'Set-Cookie': 'simulatornode=AgentGateway1; Path=/' };
    g.fail({ headers, body: '{"retcode":"0"}' });

    const renewed = (await g.poll(session)).session;

    expect([...renewed.cookies]).toEqual([
      ['huaweielbsession', session.cookies.get('huaweielbsession')],
      ['simulatornode', 'AgentGateway1'],
    ]);
    expect(renewed.secrets).toEqual(['abc.AgentGateway1', ...renewed.cookies.values()]);
    expect(renewed.passwordEndsAt).toBe(session.obtainedAt.wall + 3 * DAY_MS);
    // It has been said.
    expect(renewed).not.toHaveProperty('warnings');
  });

  test('that is the old one again changes nothing', async () => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ headers: { 'Set-GUID': `JSESSIONID=${session.guid}` }, body: '{"retcode":"0"}' });

    expect((await g.poll(session)).session).toBe(session);
  });

  test('is not taken from an answer that is a refusal', async () => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ headers: { 'Set-GUID': 'JSESSIONID=abc' }, body: '{"retcode":"000-001"}' });

    expect(await problemOf(g.poll(session))).toMatchObject({ code: 'vendor-rejected', vendor: { code: '000-001' } });
  });

  test('whose answer is lost leaves the old one, with which the poll is repeated', async () => {
    const g = await start();
    const session = await g.signIn();
    g.clock.advance(60_000);
    g.fail({ vendorCase: 'renew-lost' });

    const polled = g.poll(session);
    await vi.waitFor(() => expect(g.polls()).toHaveLength(1), { interval: 1 });
    g.clock.advance(POLL_WAIT_MS);
    await vi.waitFor(() => expect(g.polls()).toHaveLength(2), { interval: 1 });
    g.clock.advance(POLL_WAIT_MS);

    expect((await polled).session).toBe(session);
    expect(g.polls().map(({ headers }) => headers['guid'])).toEqual([session.guid, session.guid]);
  });
});

describe('the session is gone', () => {
  test.each(['100-006', '100-008', '000-003', '105-005', '105-006', '105-007'])('after %s', async (code) => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ vendorCase: `retcode:${code}` });

    const problem = await problemOf(g.poll(session));

    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ vendor: { name: 'huawei-agent-gateway', code } });
    expect(isSessionGone(problem as Problem)).toBe(true);
    expect(g.polls()).toHaveLength(1);
  });

  test('where somebody else took the agent, also while the poll waits', async () => {
    const g = await start();
    const session = await g.signIn();
    const refused = problemOf(g.poll(session));
    await vi.waitFor(() => expect(g.polls()).toHaveLength(1), { interval: 1 });
    g.simulator.setState({ signIn: agent.agentid });

    expect(isSessionGone((await refused) as Problem)).toBe(true);
  });

  test('after the event that says so has been brought', async () => {
    const g = await start();
    const session = await g.signIn();
    g.push('AgentOther_ShutdownService');

    expect((await g.poll(session)).event).toBe('AgentOther_ShutdownService');
    expect(isSessionGone((await problemOf(g.poll(session))) as Problem)).toBe(true);
  });
});

describe('a failure that may pass', () => {
  test.each(['000-004', '000-007', '100-007', '105-001', '105-002', '105-003', '105-004'])(
    'is told at once, for the next poll to come at its own pace: %s',
    async (code) => {
      const g = await start();
      const session = await g.signIn();
      g.fail({ vendorCase: `retcode:${code}`, times: 2 });

      const problem = (await problemOf(g.poll(session))) as Problem;

      expect(problem).toMatchObject({ retryable: true, vendor: { code } });
      expect(isSessionGone(problem)).toBe(false);
      expect(g.polls()).toHaveLength(1);
    },
  );

  test('is a 502 of what stands before the gateway', async () => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ vendorCase: 'html-502' });

    const problem = (await problemOf(g.poll(session))) as Problem;

    expect(problem).toMatchObject({ code: 'vendor-unavailable', retryable: true });
    expect(isSessionGone(problem)).toBe(false);
    expect(g.polls()).toHaveLength(1);
  });

  test('is a connection that breaks each time', async () => {
    const g = await start();
    const session = await g.signIn();
    g.fail({ reset: true, times: 10 });

    const problem = (await problemOf(g.poll(session))) as Problem;

    expect(problem).toMatchObject({ code: 'vendor-unavailable', retryable: true });
    expect(isSessionGone(problem)).toBe(false);
    expect(new Set(g.polls().map(({ headers }) => headers['guid']))).toEqual(new Set([session.guid]));
  });

  test('is a gateway that does not answer in the time that the caller gives', async () => {
    const g = await start();
    const session = await g.signIn();
    g.simulator.setState({ pollWaitMs: 60_000 });
    const deadline = startDeadline(g.clock, 20_000);
    const failed = problemOf(g.poll(session, deadline));
    await vi.waitFor(() => expect(g.polls()).toHaveLength(1), { interval: 1 });
    g.clock.advance(20_000);

    const problem = (await failed) as Problem;

    expect(problem).toMatchObject({ code: 'vendor-timeout', retryable: true });
    expect(isSessionGone(problem)).toBe(false);
  });
});

test('an agent who was signed in for pushed events is neither gone nor to be polled again', async () => {
  const g = await start();
  const session = await g.signIn();
  g.fail({ vendorCase: 'retcode:000-001' });

  const problem = (await problemOf(g.poll(session))) as Problem;

  expect(problem).toMatchObject({ code: 'vendor-rejected', retryable: false });
  expect(isSessionGone(problem)).toBe(false);
});

test('a poll on a kept connection is not given up for its silence: the gateway holds it for 10 s', async () => {
  const timers = createManualTimers();
  const g = await startGateway({ timers });
  const session = await g.signIn();
  g.clock.advance(2_000);

  const poll = pollEvents({ ...g, session }, g.asker, g.clock, NO_END);
  await vi.waitFor(() => expect(g.simulator.requests).toHaveLength(2), { interval: 1 });

  expect(timers.pending()).toBe(0);
  g.clock.advance(POLL_WAIT_MS);
  expect(await poll).toEqual({ session, event: undefined });
});

test('a connection that breaks in the middle of a poll had it brought to the gateway: it is a failed attempt', async () => {
  const g = await start();
  const session = await g.signIn();
  await setImmediate();
  // Idle by its age, and sound.
  g.clock.advance(2_000);
  g.fail({ vendorCase: 'renew-lost' });
  const time = { signal: NO_END.signal, left: () => 0 };
  const polled = problemOf(g.poll(session, time));
  await vi.waitFor(() => expect(g.polls()).toHaveLength(1), { interval: 1 });
  g.clock.advance(POLL_WAIT_MS);

  expect(await polled).toMatchObject({ code: 'vendor-unavailable', retryable: true });
  expect(g.polls()).toHaveLength(1);
});

test('a kept connection that was closed while idle is replaced at once, without a wait', async () => {
  const g = await start();
  const session = await g.signIn();
  // undici frees a connection in the turn of the event loop after an answer.
  await setImmediate();
  g.clock.advance(2_000);
  g.fail({ reset: true });
  g.push('AgentOther_InService');
  const before = g.clock.now();

  expect((await g.poll(session)).event).toBe('AgentOther_InService');
  expect(g.polls()).toHaveLength(2);
  expect(g.clock.now()).toBe(before);
});
