import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { queryAgentInfoByWorkNo } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { queryAgentLoginParams } from '../../../functions/huawei-cec/query-agent-login-params.ts';
import { findOnlineAgent } from '../../../functions/huawei-isdp/find-online-agent.ts';
import { batchGetConversationParticipant } from '../../../functions/volcengine-im/batch-get-conversation-participant.ts';
import { createReport } from '../../../lib/log/report.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { CEC_APP_KEY, CEC_APP_SECRET, huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { huaweiIsdp, ISDP_CLIENT_ID, ISDP_PASSWORD, ISDP_USERNAME } from '../../../local/simulators/huawei-isdp.ts';
import { demoAccount, volcengineIm } from '../../../local/simulators/volcengine-im.ts';
import { cecSecret, gatewaySecret, isdpSecret, volcengineSecret } from '../../support/accounts.ts';
import { startWorld } from '../../support/world.ts';

/*
 * Known secrets are put wherever one can enter, and looked for in everything that leaves: the answer, the log line and
 * the metrics, as the deployed code writes them.
 */

let writes: MockInstance[];

beforeEach(() => {
  writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const written = () => writes.flatMap((write) => write.mock.calls.map(([chunk]) => String(chunk))).join('');

function expectNowhere(output: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(3);
    for (const spelling of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect(output).not.toContain(spelling);
    }
  }
}

const cases = [
  {
    lookup: queryAgentLoginParams,
    simulation: huaweiCec,
    secret: cecSecret,
    input: { account: 'ls120201', password: 'Samplex' },
    secrets: [CEC_APP_KEY, CEC_APP_SECRET, 'ls120201', 'Samplex'],
    path: 'queryAgentLoginParams',
    echoes: (secrets: string) => [
      { status: 200, body: JSON.stringify({ returnCode: '1', message: secrets }) },
      { status: 200, body: JSON.stringify({ returnCode: secrets, message: 'x', results: { password: secrets } }) },
      { status: 403, body: JSON.stringify({ exceptionInfo: secrets }) },
      { status: 200, body: JSON.stringify({ returnCode: '0', results: { workNo: { [secrets]: secrets } } }) },
    ],
  },
  {
    lookup: findOnlineAgent,
    simulation: huaweiIsdp,
    secret: isdpSecret,
    input: {},
    secrets: [ISDP_CLIENT_ID, ISDP_USERNAME, ISDP_PASSWORD],
    path: 'findOnlineAgent',
    echoes: (secrets: string) => [
      { status: 200, body: JSON.stringify({ stateCode: '7', errorMessage: secrets }) },
      { status: 200, body: JSON.stringify({ stateCode: '0', result: { data: secrets } }) },
    ],
  },
  {
    lookup: queryAgentInfoByWorkNo,
    simulation: huaweiAgentGateway,
    secret: gatewaySecret,
    input: { workno: 20011 },
    secrets: demoAgents.map(({ password }) => password),
    path: 'agentbyworkno',
    echoes: (secrets: string) => [
      { status: 200, body: JSON.stringify({ retcode: '300-001', message: secrets }) },
      { status: 200, body: JSON.stringify({ retcode: secrets, message: secrets }) },
      { status: 200, body: JSON.stringify({ retcode: '0', result: { status: { secrets } } }) },
    ],
  },
  {
    lookup: batchGetConversationParticipant,
    simulation: volcengineIm,
    secret: volcengineSecret,
    input: { ConversationShortId: 1, ParticipantUserIds: [10001] },
    secrets: [demoAccount.accessKeyId, demoAccount.secretAccessKey],
    path: '/',
    echoes: (secrets: string) => [
      {
        status: 400,
        body: JSON.stringify({
          ResponseMetadata: { RequestId: secrets, Error: { Code: 'InvalidParam', Message: secrets } },
        }),
      },
      {
        status: 400,
        body: JSON.stringify({ ResponseMetadata: { Error: { Code: secrets, CodeN: 1, Message: secrets } } }),
      },
    ],
  },
];

test.each(cases)(
  '$lookup.name: no secret of the account, the session or the request leaves, whatever the vendor echoes',
  async (each) => {
    const world = await startWorld({ ...each, report: createReport('test') });
    await world.call(each.input);
    const sessions = world.vendor.requests.flatMap(({ headers }) => [
      headers['authorization']?.replace(/^bearer /i, '') ?? '',
      headers['guid'] ?? '',
      ...(headers['cookie'] ?? '').split('; ').map((cookie) => cookie.slice(cookie.indexOf('=') + 1)),
    ]);
    const secrets = [...each.secrets, ...sessions.filter((text) => text !== '' && !text.startsWith('HMAC-SHA256'))];
    const everything = secrets.join(' and ');

    const generic = [
      { status: 200, body: `<html>${everything}</html>` },
      { status: 502, body: everything },
      {
        status: 404,
        headers: { 'x-echo': encodeURIComponent(everything) },
        body: JSON.stringify({ message: everything }),
      },
      { status: 302, headers: { location: `https://192.0.2.1/?${encodeURIComponent(everything)}` }, body: '' },
    ];
    let answers = '';
    for (const fault of [...generic, ...each.echoes(everything)]) {
      world.clock.advance(60_000);
      world.vendor.fail({ ...fault, path: each.path, times: 3 });
      const answer = await world.call(each.input);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      answers += answer.text + JSON.stringify(answer.headers);
      world.vendor.reset();
    }

    expectNowhere(answers, secrets);
    expectNowhere(written(), secrets);
    expect(written()).toContain('"problem":"vendor-unavailable"');
  },
);

/** Each case's vendor refuses with this text, and with this code. */
const REFUSALS: Record<string, (message: string, code: string) => object> = {
  queryAgentLoginParams: (message, returnCode) => ({ returnCode, message }),
  findOnlineAgent: (errorMessage, stateCode) => ({ stateCode, errorMessage }),
  queryAgentInfoByWorkNo: (message, retcode) => ({ retcode, message }),
  batchGetConversationParticipant: (text, code) => ({
    ResponseMetadata: { RequestId: code, Error: { Code: code, Message: text } },
  }),
};

const units = (text: string, spell: (code: number) => string) =>
  text.replace(/./gs, (unit) => spell(unit.charCodeAt(0)));
const SPELLINGS: Record<string, (secret: string) => string> = {
  'escapes of JSON': (secret) => units(secret, (code) => `\\u${code.toString(16).padStart(4, '0')}`),
  'escapes of JSON in JSON': (secret) => units(secret, (code) => `\\\\u${code.toString(16).padStart(4, '0')}`),
  'lower-case percent': (secret) => units(secret, (code) => `%${code.toString(16)}`),
  entities: (secret) => units(secret, (code) => `&#x${code.toString(16)};`),
  'base64 of user and secret': (secret) => Buffer.from(`user:${secret}`).toString('base64'),
};

test.each(cases.flatMap((each) => Object.keys(SPELLINGS).map((spelling) => ({ ...each, spelling }))))(
  '$lookup.name: no secret leaves as $spelling',
  async ({ spelling, ...each }) => {
    const world = await startWorld({ ...each, report: createReport('test') });
    await world.call(each.input);
    for (const secret of each.secrets) {
      const spelt = SPELLINGS[spelling]?.(secret) ?? secret;
      const refusal = REFUSALS[each.lookup.name];
      for (const [message, code] of [
        [spelt, '7'],
        ['refused', spelt],
      ] as const) {
        world.vendor.fail({ path: each.path, status: 200, body: JSON.stringify(refusal?.(message, code)) });
        const answer = await world.call(each.input);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(JSON.stringify(answer.body)).not.toContain(JSON.stringify(spelt).slice(1, -1));
        expect(written()).not.toContain(spelt);
        world.vendor.reset();
      }
    }
  },
);

test('a credential that has been replaced is not logged, though the vendor gives it as a code', async () => {
  const gateway = cases[2] as (typeof cases)[2];
  const world = await startWorld({ ...gateway, report: createReport('test') });
  await world.call(gateway.input);
  const outdated = world.vendor.requests.at(-1)?.headers['guid'] ?? '';
  world.vendor.setState({ forgetSessions: true });
  await world.call(gateway.input);
  expect(world.vendor.requests.at(-1)?.headers['guid']).not.toBe(outdated);
  world.vendor.fail({ path: gateway.path, status: 200, body: JSON.stringify({ retcode: outdated, message: '' }) });

  await world.call(gateway.input);

  expect(outdated).toMatch(/^[\da-f-]{36}/);
  expectNowhere(written(), [outdated]);
});

test('what a request holds is in no output, whether it is refused or not', async () => {
  const world = await startWorld({ ...cases[0], report: createReport('test') } as Parameters<typeof startWorld>[0]);
  const canary = 'canary-4711';
  const inputs = [
    { account: canary, password: canary },
    { account: canary, password: canary, [canary]: canary },
    { account: { canary }, password: [canary] },
    { account: canary.repeat(20), password: canary },
  ];
  let answers = '';
  for (const input of inputs) answers += (await world.call(input)).text;
  answers += (await world.call(undefined, { body: `{"password":"${canary}"` })).text;
  answers += (await world.call(inputs[0], { account: `${canary}!` })).text;

  // The pointer to an unknown field names the field, to the caller who sent it.
  expectNowhere(answers.replaceAll(`"pointer":"/${canary}"`, ''), [canary]);
  expectNowhere(written(), [canary]);
});

test('passwords that a vendor answers with are in the answer alone', async () => {
  const world = await startWorld({ ...cases[0], report: createReport('test') } as Parameters<typeof startWorld>[0]);
  const answer = await world.call({ account: 'webrtc-agent', password: 'demo-password' });
  expect(answer.headers['cache-control']).toBe('no-store');
  expectNowhere(written(), [answer.body.data.password, answer.body.data.sipPwd]);
});

test('a secret that breaks its schema is described by its fields, never by its values', async () => {
  const world = await startWorld({ ...cases[0], report: createReport('test') } as Parameters<typeof startWorld>[0]);
  const canary = 'canary-4711';
  const broken = [
    { baseUrl: `ftp://${canary}`, appKey: canary, appSecret: { canary } },
    { baseUrl: `https://user:${canary}@example.com`, appKey: canary, appSecret: canary },
    `{"appSecret":"${canary}"`,
    `"${canary}"`,
  ];
  let answers = '';
  for (const [index, secret] of broken.entries()) {
    world.putSecret(`broken-${index}`, secret);
    const answer = await world.call({ account: 'a', password: 'b' }, { account: `broken-${index}` });
    expect(answer).toMatchObject({ status: 500, body: { code: 'misconfigured', retryable: false } });
    answers += answer.text;
  }
  expect(answers).toContain('/baseUrl must be an https: URL');
  expectNowhere(answers, [canary]);
  expectNowhere(written(), [canary]);
});
