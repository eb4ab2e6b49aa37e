import { describe, expect, it } from 'vitest';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { CEC_APP_KEY, CEC_APP_SECRET, huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { json, type ReceivedRequest } from '../../../local/simulators/server.ts';
import { around, expectProblem } from '../huawei-common/support.ts';
import { LOGIN_PARAMS, startCec } from './support.ts';

const WEBRTC = { account: 'webrtc-agent', password: 'demo-password' };

/** A vendor that refuses with what `refusal` makes of the request. */
const refusing = (refusal: (request: ReceivedRequest) => object) =>
  startCec(queryAgentLoginParams, {
    simulation: around(huaweiCec, (request, answer) =>
      request.path === LOGIN_PARAMS ? json(200, { returnCode: '1', ...refusal(request) }) : answer(),
    ),
  });

const tokenIn = ({ headers }: ReceivedRequest) => headers['authorization']?.replace('Bearer ', '') ?? '';

describe('secrets of queryAgentLoginParams', () => {
  it('are in the answer alone and not in its log line', async () => {
    const world = await startCec(queryAgentLoginParams);

    await world.call(WEBRTC);

    const log = JSON.stringify(world.outcomes);
    const token = tokenIn(world.vendor.requests.at(-1) as ReceivedRequest);
    const secrets = [WEBRTC.account, WEBRTC.password, 'demo-platform-password', 'demo-sip-password'];
    for (const secret of [...secrets, CEC_APP_KEY, CEC_APP_SECRET, token]) expect(log).not.toContain(secret);
    expect(world.outcomes).toHaveLength(1);
  });

  it('are taken out of what the vendor says, each time that they occur', async () => {
    const world = await refusing((request) => ({
      message: `${WEBRTC.account} ${WEBRTC.password} ${WEBRTC.password} ${CEC_APP_KEY} ${CEC_APP_SECRET} ${tokenIn(request)} bad`,
    }));

    const response = await world.call(WEBRTC);

    expectProblem(response, { code: 'vendor-rejected', status: 422 });
    expect(response.body.vendor.message).toBe(`${'[redacted] '.repeat(6)}bad`);
  });

  it('are taken out of what the vendor says where they are JSON in a text, percent-encoded or base64', async () => {
    const password = 'pass"wörd/1';
    const spellings = [
      JSON.stringify(password),
      encodeURIComponent(password),
      Buffer.from(password).toString('base64'),
    ];
    const world = await refusing(() => ({ message: spellings.join(' ') }));

    const response = await world.call({ ...WEBRTC, password });

    expect(response.body.vendor.message).toBe('"[redacted]" [redacted] [redacted]');
  });

  it('are not in what the vendor says where the password is as short as one may be', async () => {
    const world = await refusing(() => ({ message: 'The password §7 is wrong.' }));

    const response = await world.call({ ...WEBRTC, password: '§7' });

    expectProblem(response, { code: 'vendor-rejected', status: 422 });
    expect(response.text).not.toContain('§7');
  });

  it('are not in what the vendor says where it repeats a password of its own results', async () => {
    const world = await refusing(() => ({
      message: 'Change old-platform-password and old-sip-password first.',
      results: { password: 'old-platform-password', sipPwd: 'old-sip-password' },
    }));

    const response = await world.call(WEBRTC);

    expectProblem(response, { code: 'vendor-rejected', status: 422 });
    expect(response.body.vendor.message).toBe('Change [redacted] and [redacted] first.');
  });

  it.each([
    ['a body that is no JSON', { status: 200, body: 'canary-answer' }],
    ['a refusal', { status: 400, body: '{"message":"canary-answer"}' }],
    ['an outage', { status: 503, body: 'canary-answer' }],
  ])('are not shown by %s', async (_, fault) => {
    const world = await startCec(queryAgentLoginParams);
    world.vendor.fail({ path: LOGIN_PARAMS, ...fault });

    const response = await world.call({ account: 'canary-account', password: 'canary-password' });

    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.text).not.toContain('canary');
    expect(JSON.stringify(world.outcomes)).not.toContain('canary');
  });
});
