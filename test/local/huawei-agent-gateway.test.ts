import iconv from 'iconv-lite';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCertificates } from '../../local/simulators/certificate.ts';
import { huaweiAgentGateway } from '../../local/simulators/huawei-agent-gateway.ts';
import { createClock, type Simulator, startSimulator } from '../../local/simulators/server.ts';
import {
  agent,
  type Body,
  CONTENT_TYPE,
  createClient,
  GUID,
  guidOf,
  other,
  read,
  retcode,
  type Session,
} from './huawei-agent-gateway-client.ts';

const { agentid, password, phonenum } = agent;

let simulator: Simulator;
const { call, signInAs, signedIn, poll, lookUp } = createClient(() => simulator.url);

beforeEach(async () => {
  // The clock stands still, so that a slow machine does not stretch the 2 s of the flow control.
  let now = Date.now();
  const clock = {
    now: () => now,
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
  };
  simulator = await startSimulator((own) => huaweiAgentGateway(own), { clock });
});

afterEach(() => simulator.close());

async function resultOf(session: Session, workno?: string): Promise<Record<string, unknown>> {
  return (await read(lookUp(session, workno))).result;
}

describe('sign-in', () => {
  test('answers the documented body, the Guid in Set-GUID and two cookies with attributes', async () => {
    const response = await signInAs(agentid);

    expect(guidOf(response)).toMatch(GUID);
    expect(response.headers.get('set-guid')).toMatch(/^JSESSIONID=/);
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^huaweielbsession=[^;]+; Path=\/; HttpOnly$/),
      expect.stringMatching(/^simulatornode=[^;]+; Path=\/; HttpOnly$/),
    ]);
    expect(await response.json()).toEqual({
      message: '',
      retcode: '0',
      result: {
        vdnid: 6,
        workno: agentid,
        mediatype: 'TTF',
        loginTime: String(simulator.clock.now()),
        isForceChange: 'false',
        serverName: 'AgentGateway',
        timeRemaining: '90',
      },
    });
    expect(JSON.parse(String(simulator.requests[0]?.body))).toEqual({ password, phonenum });
  });

  test.each<[string, string, unknown, string]>([
    ['a wrong password', agentid, { password: 'wrong', phonenum }, '100-004'],
    ['an agent whom nobody knows', '20099', { password, phonenum }, '100-004'],
    ['no password', agentid, { phonenum }, '100-001'],
    ['an empty phonenum', agentid, { password, phonenum: '' }, '100-001'],
    ['a body that is not an object', agentid, null, '100-001'],
    ['a work number below 101', '100', { password, phonenum }, '000-002'],
  ])('refuses %s, without a Guid', async (_what, id, body, code) => {
    const response = await signInAs(id, body);
    expect(response.headers.has('set-guid')).toBe(false);
    expect((await read(response)).retcode).toBe(code);
  });

  test('meets 100-002 while the agent is signed in, and forcelogin evicts the holder', async () => {
    const holder = await signedIn();
    expect(await retcode(signInAs(agentid))).toBe('100-002');
    const evictor = await signedIn('/forcelogin');
    expect(await retcode(lookUp(holder))).toBe('100-006');
    expect(await retcode(lookUp(evictor))).toBe('0');
  });

  test('cannot be forced in the state cannotForce, while nobody needs force for an agent who is free', async () => {
    simulator.setState({ cannotForce: true });
    expect(await retcode(signInAs(agentid, undefined, '/forcelogin'))).toBe('0');
    expect(await retcode(signInAs(agentid, undefined, '/forcelogin'))).toBe('100-015');
  });

  test('somebody else can take the agent', async () => {
    const session = await signedIn();
    simulator.setState({ signIn: agentid });
    expect(await retcode(lookUp(session))).toBe('100-006');
    expect(await retcode(signInAs(agentid))).toBe('100-002');
  });

  test('gives the Guid bare in the header Guid, or not at all, or the older body, by case', async () => {
    simulator.fail({ vendorCase: 'guid-header' });
    const bare = await signInAs(agentid);
    expect([bare.headers.get('guid'), bare.headers.get('set-guid')]).toEqual([expect.stringMatching(GUID), null]);

    simulator.fail({ vendorCase: 'guid-neither' });
    const neither = await signInAs(agentid, undefined, '/forcelogin');
    expect([neither.headers.get('guid'), neither.headers.get('set-guid')]).toEqual([null, null]);
    expect((await read(neither)).retcode).toBe('0');

    simulator.fail({ vendorCase: 'msg' });
    const older = { msg: '', retcode: '0', result: { workno: agentid, mediatype: 'TTF' } };
    expect(await read(signInAs(agentid, undefined, '/forcelogin'))).toEqual(older);
  });
});

describe('session', () => {
  test('ends two minutes after the last poll; a lookup is no poll', async () => {
    simulator.setState({ authMode: 1 });
    const session = await signedIn();
    simulator.clock.advance(119_000);
    expect(await read(poll(session))).toEqual({ message: '', retcode: '0' });
    simulator.clock.advance(119_000);
    expect(await retcode(lookUp(session))).toBe('0');
    simulator.clock.advance(1000);
    expect(await retcode(lookUp(session))).toBe('100-006');
    expect(await retcode(signInAs(agentid))).toBe('0');
  });

  test('has its Guid renewed by the poll after 60 s, once; the old one works until 120 s from its issue', async () => {
    const old = await signedIn();
    simulator.clock.advance(59_000);
    expect((await poll(old)).headers.has('set-guid')).toBe(false);
    simulator.clock.advance(1000);
    const renewed = { guid: guidOf(await poll(old)) };

    expect(renewed.guid).toMatch(GUID);
    expect(renewed.guid).not.toBe(old.guid);
    expect((await poll(old)).headers.has('set-guid')).toBe(false);
    simulator.clock.advance(59_000);
    expect(await retcode(lookUp(old))).toBe('0');
    simulator.clock.advance(1000);
    expect(await retcode(lookUp(old))).toBe('100-006');
    expect(await retcode(lookUp(renewed))).toBe('0');
  });

  test('keeps one Guid in AUTHMODE 1', async () => {
    simulator.setState({ authMode: 1 });
    const session = await signedIn();
    for (let minute = 0; minute < 5; minute += 1) {
      simulator.clock.advance(60_000);
      expect((await poll(session)).headers.has('set-guid')).toBe(false);
    }
    expect(await retcode(lookUp(session))).toBe('0');
  });

  test('hands an event to the poll in the case event', async () => {
    const session = await signedIn();
    simulator.fail({ vendorCase: 'event' });
    const event = { eventType: 'AgentOther_InService', workNo: agentid, content: null };
    expect(await read(poll(session))).toEqual({ message: '', retcode: '0', event });
  });

  test('answers a poll late in the state pollWaitMs', async () => {
    const session = await signedIn();
    simulator.setState({ pollWaitMs: 30 });
    const startedAt = performance.now();
    expect(await retcode(poll(session))).toBe('0');
    expect(performance.now() - startedAt).toBeGreaterThan(25);
  });

  test('gets a new Guid in the body of updateGuid', async () => {
    const session = await signedIn();
    const response = await call('PUT', `onlineagent/${agentid}/updateGuid`, session);
    expect(response.headers.has('set-guid')).toBe(false);
    const { message, result } = await read(response);
    expect([message, result]).toEqual(['success', { guid: expect.stringMatching(GUID) }]);
    expect(await retcode(lookUp({ guid: String(result['guid']) }))).toBe('0');
  });

  test.each(['logout', 'forcelogout'])('ends with %s', async (operation) => {
    const session = await signedIn();
    const signOut = () => call('DELETE', `onlineagent/${agentid}/${operation}`, session);
    expect(await read(signOut())).toEqual({ result: {}, message: 'success', retcode: '0' });
    expect(await retcode(signOut())).toBe('100-006');
    expect(await retcode(lookUp(session))).toBe('100-006');
  });

  test('is unknown to every call without the Guid, with a foreign one, or once forgotten', async () => {
    const session = await signedIn();
    const foreign = { guid: guidOf(await signInAs(other.agentid, other)) };
    expect(await retcode(lookUp({}))).toBe('100-006');
    expect(await retcode(lookUp(foreign))).toBe('100-006');
    expect(await retcode(poll({}))).toBe('100-006');
    expect(await retcode(call('PUT', `onlineagent/${agentid}/updateGuid`))).toBe('100-006');
    simulator.setState({ forgetSessions: true });
    expect(await retcode(lookUp(session))).toBe('100-006');
  });

  test('wants its cookies back where stickiness hangs on them', async () => {
    const session = await signedIn();
    simulator.fail({ vendorCase: 'require-cookie' });
    expect(await retcode(lookUp({ guid: session.guid }))).toBe('100-006');
    simulator.setState({ requireCookie: true });
    expect(await retcode(lookUp({ guid: session.guid }))).toBe('100-006');
    expect(await retcode(poll({ guid: session.guid }))).toBe('100-006');
    expect(await retcode(lookUp(session))).toBe('0');
  });
});

describe('lookup', () => {
  test('answers the official sample as it is printed, its strings for status and ctiStatus included', async () => {
    const text = await (await lookUp(await signedIn())).text();
    expect(text).toBe(
      '{"message":"","retcode":"0","result":{"workno":"20011","name":"20011","status":"4","ctiStatus":"1","groupid":1,' +
        '"groupname":"jst","skilllist":[{"name":"clicktodial_jst","id":10,"mediatype":2},' +
        '{"name":"callback","id":2,"mediatype":4},{"name":"webchat","id":3,"mediatype":1},' +
        '{"name":"email","id":4,"mediatype":6},{"name":"voice_hym","id":5,"mediatype":5},' +
        '{"name":"voice","id":6,"mediatype":5},{"name":"webchat_jst","id":9,"mediatype":1}],' +
        '"mediatype":"TTT","vdnid":6,"phonenumber":"70942","currentstatetime":1210,"logindate":1501125758000,' +
        '"callids":[],"inMultimediaConf":0,"currentStateReason":0}}',
    );
  });

  test('has an agent in every state of the platform, mapped as table 2 maps them', async () => {
    const session = await signedIn();
    const states: unknown[] = [];
    for (let ctiStatus = 0; ctiStatus <= 9; ctiStatus += 1) {
      simulator.clock.advance(2000);
      const agent = await resultOf(session, `2002${ctiStatus}`);
      states.push([agent['ctiStatus'], agent['status']]);
    }
    expect(Object.fromEntries(states as [string, string][])).toEqual({
      0: '2',
      1: '4',
      2: '7',
      3: '7',
      4: '7',
      5: '7',
      6: '5',
      7: '3',
      8: '8',
      9: '0',
    });
  });

  test('shows the sentinels of an agent who is signed out', async () => {
    const agent = await resultOf(await signedIn(), '20020');
    expect(agent).toMatchObject({ ctiStatus: '0', logindate: 4294967295000, currentStateReason: 65535 });
  });

  test.each([
    ['29999', '300-002'],
    ['100', '000-002'],
    ['1000000', '000-002'],
  ])('refuses work number %s with %s', async (workno, code) => {
    expect(await retcode(lookUp(await signedIn(), workno))).toBe(code);
  });

  test('refuses another Content-Type, and an operation that the gateway does not have', async () => {
    const { guid } = await signedIn();
    const url = `${simulator.url}/agentgateway/resource/agentgroup/${agentid}/agentbyworkno/20011`;
    const headers = { guid, 'content-type': 'application/json' };
    expect(await retcode(fetch(url, { headers }))).toBe('000-002');
    expect(await retcode(call('POST', `agentgroup/${agentid}/agentbyworkno/20011`, { guid }))).toBe('000-002');
    expect((await fetch(`${simulator.url}/elsewhere`)).status).toBe(404);
  });

  test('takes five queries of one agent in 2 s', async () => {
    const session = await signedIn();
    const codes = [];
    for (let query = 0; query < 6; query += 1) codes.push(await retcode(lookUp(session)));
    expect(codes).toEqual(['0', '0', '0', '0', '0', '000-007']);
    simulator.clock.advance(2000);
    expect(await retcode(lookUp(session))).toBe('0');
  });
});

describe('vendor cases', () => {
  test.each(['100-020', '110-016', '105-006', '300-001', '000-003'])('retcode:%s answers any call', async (code) => {
    simulator.fail({ vendorCase: `retcode:${code}`, times: 3 });
    expect(await retcode(signInAs(agentid))).toBe(code);
    expect(await retcode(poll({}))).toBe(code);
    expect(await retcode(lookUp({}))).toBe(code);
  });

  test('not-signed-in refuses once a session that goes on', async () => {
    const session = await signedIn();
    simulator.fail({ vendorCase: 'not-signed-in', path: 'agentbyworkno' });
    expect(await retcode(lookUp(session))).toBe('100-006');
    expect(await retcode(lookUp(session))).toBe('0');
  });

  test('numbers gives status, ctiStatus and retcode as numbers', async () => {
    const session = await signedIn();
    simulator.fail({ vendorCase: 'numbers' });
    const body = await read(lookUp(session));
    expect([body.retcode, body.result['status'], body.result['ctiStatus']]).toEqual([0, 4, 1]);
  });

  test('result-array, unknown-mediatype and unknown-status bend the result', async () => {
    const session = await signedIn();
    for (const vendorCase of ['result-array', 'unknown-mediatype', 'unknown-status']) simulator.fail({ vendorCase });
    expect(await resultOf(session)).toEqual([expect.objectContaining({ workno: '20011' })]);
    expect(await resultOf(session)).toMatchObject({ skilllist: [{ mediatype: 99 }] });
    expect(await resultOf(session)).toMatchObject({ status: 'x', ctiStatus: 42 });
  });

  test('gbk answers in GBK and says so', async () => {
    const session = await signedIn();
    simulator.fail({ vendorCase: 'gbk' });
    const response = await lookUp(session);
    expect(response.headers.get('content-type')).toBe('application/json;charset=GBK');
    const text = iconv.decode(Buffer.from(await response.arrayBuffer()), 'gbk');
    expect(JSON.parse(text).result.name).toBe('座席张三');
  });

  test('renew-guid hands out a new Guid on the lookup, and the old one dies at once', async () => {
    const session = await signedIn();
    simulator.fail({ vendorCase: 'renew-guid' });
    const guid = guidOf(await lookUp(session));
    expect(await retcode(lookUp(session))).toBe('100-006');
    expect(await retcode(lookUp({ guid }))).toBe('0');
  });

  test('html-502 answers no JSON', async () => {
    simulator.fail({ vendorCase: 'html-502' });
    const response = await lookUp({});
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
  });
});

test('is reached over TLS with the private CA and the server name only', async () => {
  const { ca, ...tls } = await createCertificates();
  const secure = await startSimulator((clock) => huaweiAgentGateway(clock), { tls, clock: createClock() });
  const ask = async (connect: { ca?: string; servername?: string }) => {
    const dispatcher = new Agent({ connect });
    const options = { method: 'PUT', headers: { 'content-type': CONTENT_TYPE }, body: '{}', dispatcher };
    try {
      const response = await undiciFetch(`${secure.url}/agentgateway/resource/onlineagent/${agentid}`, options);
      return ((await response.json()) as Body).retcode;
    } catch (error) {
      return ((error as Error).cause as { code: string }).code;
    } finally {
      await dispatcher.close();
    }
  };

  try {
    expect(await ask({ ca, servername: 'agw.internal.example' })).toBe('100-001');
    expect(await ask({ ca })).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await ask({ servername: 'agw.internal.example' })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  } finally {
    await secure.close();
  }
});
