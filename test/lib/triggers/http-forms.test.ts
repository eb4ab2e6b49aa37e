import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { queryAgentInfoByWorkNo } from '../../../functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
import { getUserInfoByCallId } from '../../../functions/huawei-cec/get-user-info-by-call-id.ts';
import { demoAgents, huaweiAgentGateway } from '../../../local/simulators/huawei-agent-gateway.ts';
import { huaweiCec } from '../../../local/simulators/huawei-cec.ts';
import { cecSecret } from '../../support/accounts.ts';
import { startWorld, type World } from '../../support/world.ts';
import { FRONTS, HTTP_API, invoke, type Sent } from './http-support.ts';

const INPUT = JSON.stringify({ callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' });
const JSON_TYPE = { 'content-type': 'application/json' };

/** One process for each event, so that nothing cached tells their answers apart. */
async function start(accountAccess?: string): Promise<World> {
  const world = await startWorld({
    lookup: getUserInfoByCallId,
    simulation: huaweiCec,
    secret: cecSecret,
    ...(accountAccess !== undefined && { accountAccess }),
  });
  world.putSecret('emea', cecSecret(world.vendor.url));
  return world;
}

interface Case {
  readonly what: string;
  readonly sent: Sent;
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly headers?: object;
  readonly arrange?: (world: World) => void;
  readonly accountAccess?: string;
}

const CASES: readonly Case[] = [
  { what: 'a lookup', sent: { headers: JSON_TYPE, body: INPUT }, status: 200 },
  {
    what: 'a lookup with an account that the header names',
    sent: { headers: { ...JSON_TYPE, 'x-vendor-account': 'emea' }, body: INPUT },
    status: 200,
  },
  {
    what: 'an input that breaks its rules',
    sent: { headers: JSON_TYPE, body: '{"callId":7}' },
    status: 400,
    code: 'invalid-input',
  },
  {
    what: 'a body that is not JSON',
    sent: { headers: JSON_TYPE, body: '{"callId":' },
    status: 400,
    code: 'invalid-input',
  },
  { what: 'an empty body', sent: { headers: JSON_TYPE, body: '' }, status: 400, code: 'invalid-input' },
  { what: 'no body', sent: { headers: JSON_TYPE, body: null }, status: 400, code: 'invalid-input' },
  {
    what: 'an account that the caller may not use',
    sent: { headers: JSON_TYPE, body: INPUT },
    status: 403,
    code: 'forbidden-account',
    accountAccess: '{}',
  },
  {
    what: 'an account that does not exist',
    sent: { headers: { ...JSON_TYPE, 'x-vendor-account': 'nobody' }, body: INPUT },
    status: 404,
    code: 'unknown-account',
  },
  {
    what: 'a body of more than 64 KiB',
    sent: { headers: JSON_TYPE, body: INPUT.padEnd(64 * 1024 + 1) },
    status: 413,
    code: 'invalid-input',
  },
  {
    what: 'a content type that is not JSON',
    sent: { headers: { 'content-type': 'text/plain' }, body: INPUT },
    status: 415,
    code: 'invalid-input',
  },
  ...['gzip', 'br', 'GZIP', ' deflate, gzip', 'zstd'].map((coding) => ({
    what: `a body that is compressed: ${coding}`,
    sent: { headers: { ...JSON_TYPE, 'content-encoding': coding }, body: gzipSync(INPUT).toString('base64') },
    status: 415,
    code: 'invalid-input',
    detail: 'The request body is compressed, by its Content-Encoding. Send it as plain JSON, without that header.',
  })),
  {
    what: 'a body that says that it is not compressed',
    sent: { headers: { ...JSON_TYPE, 'content-encoding': 'Identity' }, body: INPUT },
    status: 200,
  },
  {
    what: 'the rate limit of the vendor',
    sent: { headers: JSON_TYPE, body: INPUT },
    status: 429,
    code: 'vendor-rate-limited',
    headers: { 'retry-after': '120' },
    arrange: ({ vendor }) =>
      vendor.fail({ path: 'getUserInfo', status: 429, headers: { 'retry-after': '120' }, body: '{}' }),
  },
];

describe.each(CASES)('$what', ({ sent, status, code, detail, headers, arrange, accountAccess }) => {
  test('is answered the same, whichever service brings it', async () => {
    const world = await start(accountAccess);
    const answers = [];
    for (const front of FRONTS) {
      arrange?.(world);
      const process = world.coldStart();
      const answer = await invoke(process, front.event(sent));
      answers.push({ front: front.name, status: answer.status, headers: answer.headers, text: answer.text });
      expect(process.outcomes).toMatchObject([{ outcome: status === 200 ? 'succeeded' : 'failed' }]);
    }

    const [first] = answers;
    expect(first).toMatchObject({
      status,
      headers: {
        'cache-control': 'no-store',
        'content-type': code ? 'application/problem+json' : 'application/json',
        ...headers,
      },
    });
    if (detail) expect(JSON.parse(first?.text ?? '')).toMatchObject({ detail });
    if (code) expect(JSON.parse(first?.text ?? '')).toMatchObject({ code, status, instance: 'urn:uuid:a-request' });
    for (const answer of answers) expect(answer).toEqual({ ...first, front: answer.front });
  });
});

describe.each(FRONTS)('$name', (front) => {
  const event = (headers: Record<string, string> = {}) =>
    front.event({ headers: { ...JSON_TYPE, ...headers }, body: INPUT });

  test('gives the lookup as an HTTP API does', async () => {
    const world = await start();
    expect(await invoke(world, event())).toMatchObject({
      status: 200,
      body: { data: { userNickname: 'Visitor', channel: 'WEB' }, meta: {} },
    });
    expect(world.vendor.requests).toHaveLength(2);
  });

  test('takes the Guid of a caller’s own agent, and gives the one back that the vendor renews', async () => {
    const world = await startWorld({
      lookup: queryAgentInfoByWorkNo,
      simulation: huaweiAgentGateway,
      secret: (baseUrl) => ({ baseUrl, session: 'caller' }),
    });
    const guid = await signInElsewhere(world);
    world.vendor.fail({ path: 'agentbyworkno', vendorCase: 'renew-guid' });

    const answer = await invoke(
      world,
      front.event({ headers: { ...JSON_TYPE, guid }, body: JSON.stringify({ workno: 20011, agentid: 20001 }) }),
    );

    expect(answer).toMatchObject({ status: 200, body: { data: { workno: '20011' } } });
    expect(world.vendor.requests.map(({ headers }) => headers['guid'])).toEqual([guid]);
    expect(answer.headers['guid']).toMatch(/^[0-9a-f-]{36}\.AgentGateway0$/);
    expect(answer.headers['guid']).not.toBe(guid);
  });
});

/** The caller's own desktop signs its agent in. */
async function signInElsewhere({ vendor }: World): Promise<string> {
  const response = await fetch(`${vendor.url}/agentgateway/resource/onlineagent/20001`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify(demoAgents[0]),
  });
  vendor.requests.length = 0;
  return (response.headers.get('set-guid') ?? '').replace('JSESSIONID=', '');
}

test('an HTTP API’s event without headers, as somebody may write it for a test, is refused and recorded', async () => {
  const world = await start();
  const { headers: _headers, ...event } = HTTP_API.event({ body: INPUT });
  expect(await invoke(world, event)).toMatchObject({ status: 415, body: { code: 'invalid-input' } });
  expect(world.outcomes).toMatchObject([{ outcome: 'failed', problem: 'invalid-input' }]);
});
