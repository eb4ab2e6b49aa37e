import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type AgentGatewaySimulation, huaweiAgentGateway } from '../../local/simulators/huawei-agent-gateway.ts';
import { type Simulator, startSimulator } from '../../local/simulators/server.ts';
import { createTestClock, type TestClock } from '../support/clock.ts';
import {
  agent,
  createClient,
  GUID,
  guidOf,
  other,
  read,
  retcode,
  type Session,
} from './huawei-agent-gateway-client.ts';

const { agentid } = agent;
const POLL_WAIT_MS = 10_000;
const NO_EVENT = { message: '', retcode: '0' };

let simulation: AgentGatewaySimulation;
let simulator: Simulator;
let clock: TestClock;
const { signInAs, signedIn, signOut, poll, lookUp } = createClient(() => simulator.url);

beforeEach(async () => {
  clock = createTestClock();
  simulator = await startSimulator(
    (own) => {
      simulation = huaweiAgentGateway(own);
      return simulation;
    },
    { clock },
  );
});

afterEach(() => simulator.close());

/** Sends, and waits until the simulator has the request; its answer, not yet awaited. */
async function arrived(send: () => Promise<Response>): Promise<{ readonly answer: Promise<Response> }> {
  const before = simulator.requests.length;
  const answer = send();
  await vi.waitFor(() => expect(simulator.requests).toHaveLength(before + 1), { interval: 1 });
  return { answer };
}

/** A poll that no event answers, after its 10 s. */
async function pollThrough(session: Partial<Session>): Promise<Response> {
  const { answer } = await arrived(() => poll(session));
  clock.advance(POLL_WAIT_MS);
  return answer;
}

const push = (eventType: string) => simulator.setState({ event: { agentid, eventType } });
const eventOf = (eventType: string) => ({ ...NO_EVENT, event: { eventType, workNo: agentid, content: null } });

describe('a poll', () => {
  test('without an event is answered after 10 s of a clock that rings', async () => {
    const session = await signedIn();
    let answered = false;
    const polling = await arrived(() => poll(session));
    polling.answer.then(() => {
      answered = true;
    });

    clock.advance(POLL_WAIT_MS - 1);
    expect(await retcode(lookUp(session))).toBe('0');
    expect(answered).toBe(false);
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    expect(await read(polling.answer)).toEqual(NO_EVENT);
    expect(clock.pending()).toBe(0);
  });

  test('that waits is answered at once by an event, and leaves no alarm', async () => {
    const session = await signedIn();
    const polling = await arrived(() => poll(session));
    push('AgentOther_InService');
    expect(await read(polling.answer)).toEqual(eventOf('AgentOther_InService'));
    expect(clock.pending()).toBe(0);
  });

  test('gets one event an answer, in their order, at once while there are any', async () => {
    const session = await signedIn();
    push('AgentOther_InService');
    push('MadeUp_Second');
    expect(await read(poll(session))).toEqual(eventOf('AgentOther_InService'));
    expect(await read(poll(session))).toEqual(eventOf('MadeUp_Second'));
    expect(await read(pollThrough(session))).toEqual(NO_EVENT);
  });

  test('that was answered without an event takes none from the next', async () => {
    const session = await signedIn();
    await pollThrough(session);
    push('AgentOther_InService');
    expect(await read(poll(session))).toEqual(eventOf('AgentOther_InService'));
  });

  test('beside another on one session is answered like it, and one event goes to the earlier', async () => {
    const session = await signedIn();
    const first = await arrived(() => poll(session));
    const second = await arrived(() => poll(session));
    push('AgentOther_InService');
    expect(await read(first.answer)).toEqual(eventOf('AgentOther_InService'));
    clock.advance(POLL_WAIT_MS);
    expect(await read(second.answer)).toEqual(NO_EVENT);
  });

  test('carries the new Guid that was due when it was answered, to one of two that wait', async () => {
    const session = await signedIn();
    clock.advance(55_000);
    const first = await arrived(() => poll(session));
    const second = await arrived(() => poll(session));
    clock.advance(POLL_WAIT_MS);
    const guids = [await first.answer, await second.answer].map(guidOf);
    expect(guids).toEqual([expect.stringMatching(GUID), '']);
    expect(await retcode(lookUp({ guid: String(guids[0]) }))).toBe('0');
  });

  test('counts from its arrival: two minutes after the last one the agent is signed out', async () => {
    const session = await signedIn();
    clock.advance(50_000);
    const guid = guidOf(await pollThrough(session));

    clock.advance(120_000 - POLL_WAIT_MS - 1);
    expect(simulation.state()[agentid]?.signedInAt).toBeDefined();
    clock.advance(1);
    expect(simulation.state()[agentid]?.signedInAt).toBeUndefined();
    expect(await retcode(poll({ guid }))).toBe('100-006');
  });

  test('takes the time of pollWaitMs where that is set', async () => {
    simulator.setState({ pollWaitMs: 20_000 });
    const session = await signedIn();
    const waiting = await arrived(() => poll(session));
    clock.advance(19_999);
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    expect(await read(waiting.answer)).toEqual(NO_EVENT);
  });

  test('of an agent who signs out, or is evicted, or forgotten meanwhile, is answered 100-006 at once', async () => {
    const session = await signedIn();
    const signedOut = await arrived(() => poll(session));
    expect(await retcode(signOut(session))).toBe('0');
    expect(await retcode(signedOut.answer)).toBe('100-006');
    expect(await retcode(poll(session))).toBe('100-006');

    const held = await signedIn();
    const evicted = await arrived(() => poll(held));
    simulator.setState({ signIn: agentid });
    expect(await retcode(evicted.answer)).toBe('100-006');

    const forced = await signedIn('/forcelogin');
    const forgotten = await arrived(() => poll(forced));
    simulator.setState({ forgetSessions: true });
    expect(await retcode(forgotten.answer)).toBe('100-006');
    expect(clock.pending()).toBe(0);
  });
});

describe('AgentOther_ShutdownService', () => {
  test('answers the poll that waits, with no new Guid, and signs the agent out', async () => {
    const session = await signedIn();
    clock.advance(60_000);
    const polling = await arrived(() => poll(session));
    push('AgentOther_ShutdownService');
    const response = await polling.answer;
    expect(response.headers.has('set-guid')).toBe(false);
    expect(await read(response)).toEqual(eventOf('AgentOther_ShutdownService'));
    expect(await retcode(lookUp(session))).toBe('100-006');
    expect(await retcode(poll(session))).toBe('100-006');
    expect(await retcode(signInAs(agentid))).toBe('0');
  });

  test('is fetched by the next poll after the events before it, while other calls are refused at once', async () => {
    const session = await signedIn();
    push('AgentOther_InService');
    push('AgentOther_ShutdownService');
    expect(await retcode(lookUp(session))).toBe('100-006');
    expect(await retcode(signOut(session))).toBe('100-006');
    expect(await retcode(poll({ guid: 'another' }))).toBe('100-006');
    expect(await read(poll(session))).toEqual(eventOf('AgentOther_InService'));
    expect(await read(poll(session))).toEqual(eventOf('AgentOther_ShutdownService'));
    expect(await retcode(poll(session))).toBe('100-006');
  });

  test('is not for who signs in after it', async () => {
    await signedIn();
    push('AgentOther_ShutdownService');
    const session = await signedIn();
    expect(await read(pollThrough(session))).toEqual(NO_EVENT);
  });
});

test('an event for an agent who is not signed in is a mistake of the test', () => {
  expect(() => push('AgentOther_InService')).toThrow('is not signed in');
});

describe('renew-lost', () => {
  test('issues the Guid that is due and loses the answer: the old one works on until its own time-out', async () => {
    const old = await signedIn();
    clock.advance(60_000);
    simulator.fail({ path: 'agentevent', vendorCase: 'renew-lost' });

    await expect(pollThrough(old)).rejects.toThrow('fetch failed');
    // Handed out once: the interval counts from the Guid that was lost.
    expect((await pollThrough(old)).headers.has('set-guid')).toBe(false);
    clock.advance(39_999);
    expect(await retcode(lookUp(old))).toBe('0');
    clock.advance(1);
    expect(await retcode(poll(old))).toBe('100-006');
    // The agent still counts as signed in, though nobody has its Guid.
    expect(await retcode(signInAs(agentid))).toBe('100-002');
  });

  test('loses an answer without a renewal too', async () => {
    const session = await signedIn();
    simulator.fail({ path: 'agentevent', vendorCase: 'renew-lost' });
    await expect(pollThrough(session)).rejects.toThrow('fetch failed');
    expect(await read(pollThrough(session))).toEqual(NO_EVENT);
  });
});

describe('a sign-in', () => {
  test('says what the state says of the password', async () => {
    expect((await read(signInAs(agentid))).result).toMatchObject({ timeRemaining: '90', isForceChange: 'false' });
    simulator.setState({ timeRemaining: '9', isForceChange: 'true' });
    expect((await read(signInAs(other.agentid, other))).result).toMatchObject({
      timeRemaining: '9',
      isForceChange: 'true',
    });
    simulator.setState({ timeRemaining: '', isForceChange: 'false' });
    const { result } = await read(signInAs(agentid, undefined, '/forcelogin'));
    expect(result).toMatchObject({ timeRemaining: '', isForceChange: 'false' });
  });

  test('takes signInWaitMs, and another of the same agent meanwhile meets 100-021', async () => {
    simulator.setState({ signInWaitMs: 8_000 });
    const first = await arrived(() => signInAs(agentid));
    expect(await retcode(signInAs(agentid))).toBe('100-021');
    expect(await retcode(signInAs(agentid, undefined, '/forcelogin'))).toBe('100-021');
    const another = await arrived(() => signInAs(other.agentid, other));
    expect(simulation.state()).toEqual({});

    clock.advance(8_000);
    expect(await retcode(first.answer)).toBe('0');
    expect(await retcode(another.answer)).toBe('0');
    simulator.setState({ signInWaitMs: 0 });
    expect(await retcode(signInAs(agentid))).toBe('100-002');
  });

  test('that is refused is over as well: the next one is taken', async () => {
    simulator.setState({ signInWaitMs: 8_000 });
    const refused = await arrived(() => signInAs(agentid, { password: 'wrong', phonenum: '1' }));
    clock.advance(8_000);
    expect(await retcode(refused.answer)).toBe('100-004');
    const taken = await arrived(() => signInAs(agentid));
    clock.advance(8_000);
    expect(await retcode(taken.answer)).toBe('0');
  });
});

test('the state tells who is signed in since when, last polled when, and how often signed in and evicted', async () => {
  expect(simulation.state()).toEqual({});
  const startedAt = clock.now();
  const session = await signedIn();
  expect(simulation.state()).toEqual({
    [agentid]: { signedInAt: startedAt, polledAt: undefined, signIns: 1, evictions: 0 },
  });

  clock.advance(1_000);
  await pollThrough(session);
  await signInAs(other.agentid, other);
  expect(await retcode(signInAs(other.agentid, other))).toBe('100-002');
  expect(simulation.state()).toEqual({
    [agentid]: { signedInAt: startedAt, polledAt: startedAt + 1_000, signIns: 1, evictions: 0 },
    [other.agentid]: { signedInAt: startedAt + 11_000, polledAt: undefined, signIns: 1, evictions: 0 },
  });

  const forced = await signedIn('/forcelogin');
  expect(simulation.state()[agentid]).toEqual({
    signedInAt: startedAt + 11_000,
    polledAt: undefined,
    signIns: 2,
    evictions: 1,
  });
  await signOut(forced);
  expect(simulation.state()[agentid]).toEqual({
    signedInAt: undefined,
    polledAt: undefined,
    signIns: 2,
    evictions: 1,
  });
});
