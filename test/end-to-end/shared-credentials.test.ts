import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findLocalServices, type LocalServices } from '../../local/send/local-services.ts';
import { type NpmStart, npmStart, START_TIMEOUT_MS } from '../support/npm-start.ts';

/*
 * `npm start` as it comes, asked by many at once: its instances share one token an account, and one session an agent.
 * Bounds of time are for what hangs alone.
 */

const BOUND_MS = 240_000;
/** The limit of one agent of the gateway, within two seconds. */
const GATEWAY_AT_ONCE = 5;
const CLIENTS = 10;
const CALLS_OF_A_CLIENT = 20;
const MESSAGES = 100;

interface Lookup {
  readonly name: string;
  readonly route: string;
  readonly input: string;
}

const CEC = [
  {
    name: 'getUserInfoByCallId',
    route: '/v1/huawei-cec/get-user-info-by-call-id',
    input: '{"callId":"1652317325-339","userId":"1652268429538866153","tenantId":"202205116084"}',
  },
  {
    name: 'queryAgentLoginParams',
    route: '/v1/huawei-cec/query-agent-login-params',
    input: '{"account":"ls120201","password":"Samplex"}',
  },
];
const GATEWAY = {
  name: 'queryAgentInfoByWorkNo',
  route: '/v1/huawei-agent-gateway/query-agent-info-by-work-no',
  input: '{"workno":20011}',
};
const LOOKUPS: readonly Lookup[] = [
  ...CEC,
  {
    name: 'findOnlineAgent',
    route: '/v1/huawei-isdp/find-online-agent',
    input: '{"pageSize":1,"pageStart":0,"onlineStatus":1}',
  },
  GATEWAY,
  {
    name: 'batchGetConversationParticipant',
    route: '/v1/volcengine-im/batch-get-conversation-participant',
    input: '{"ConversationShortId":7203245678901234567,"ParticipantUserIds":[9223372036854775807]}',
  },
];

let started: NpmStart;
let local: LocalServices;

beforeAll(async () => {
  // The one lookup that answers messages only where a stage says so.
  started = await npmStart({ SECRETS_IN_EVENTS: 'allowed' });
  local = await findLocalServices(started.port, 'local');
}, START_TIMEOUT_MS + 5_000);

afterAll(() => {
  if (started?.isAlive()) started.signal('SIGINT');
});

describe.each([
  ['as it comes', LOOKUPS, undefined],
  ['with a vendor whose new token ends the old one', CEC, { newTokenEndsOld: true, forgetTokens: true }],
])('%s', (_how, lookups, stateOfCec) => {
  beforeAll(async () => {
    if (!stateOfCec) return;
    await control(11, 'DELETE', '');
    await control(11, 'POST', 'state', stateOfCec);
  });

  test.each(lookups)('calls of $name at once are answered', { timeout: BOUND_MS }, async (lookup) => {
    const calls = lookup === GATEWAY ? GATEWAY_AT_ONCE : 20;
    const responses = await Promise.all(Array.from({ length: calls }, () => call(lookup)));
    expect(responses).toEqual(Array(calls).fill({ status: 200 }));
  });

  test.each(lookups)('200 calls of $name by ten clients are answered', { timeout: BOUND_MS }, async (lookup) => {
    const responses = await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const own: Answer[] = [];
        for (let count = 0; count < CALLS_OF_A_CLIENT; count += 1) own.push(await call(lookup));
        return own;
      }),
    );
    const others = responses.flat().filter(({ status }) => status !== 200);
    const isTold = ({ status, retryAfter }: Answer) => status === 429 && Number(retryAfter) > 0;
    expect(others.filter((response) => lookup !== GATEWAY || !isTold(response))).toEqual([]);
  });

  test('each of 100 messages on each queue is answered', { timeout: BOUND_MS }, async () => {
    await local.newResults();
    const ids = lookups.flatMap(({ name }) => Array.from({ length: MESSAGES }, (_, index) => `${name}-${index}`));
    for (const { name, input } of lookups) {
      const bodies = ids
        .filter((id) => id.startsWith(`${name}-`))
        .map((correlationId) => `{"input":${input},"correlationId":"${correlationId}"}`);
      await local.sendToQueue(
        name,
        bodies.map((body) => ({ body, group: undefined, deduplicationId: undefined })),
      );
    }
    const answered = new Set<string>();
    const failed: unknown[] = [];
    while (answered.size + failed.length < ids.length) {
      for (const { detailType, detail } of await local.newResults()) {
        if (detailType === 'Lookup Succeeded') answered.add(String(detail['correlationId']));
        else failed.push(detail['problem']);
      }
      await delay(100);
    }
    expect(failed).toEqual([]);
    expect(answered).toEqual(new Set(ids));
  });

  test('in all, each account had one token, and each agent one session', async () => {
    expect((await requests(11)).filter(({ path }) => path.endsWith('/tokenByAkSk'))).toHaveLength(1);
    if (!lookups.includes(GATEWAY)) return;
    expect((await requests(12)).filter(({ path }) => path.endsWith('/rest_token'))).toHaveLength(1);
    const signIns = (await requests(13)).filter(({ method }) => method === 'PUT').map(({ path }) => path);
    expect(signIns.length).toBeGreaterThan(0);
    expect(new Set(signIns).size).toBe(signIns.length);
    expect(signIns.filter((path) => path.endsWith('/forcelogin'))).toEqual([]);
  });
});

interface Answer {
  readonly status: number;
  readonly retryAfter?: string | null;
  /** What it says, where it is no success. */
  readonly body?: string;
}

async function call({ route, input }: Lookup): Promise<Answer> {
  const response = await fetch(started.url + route, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: input,
  });
  const body = await response.text();
  if (response.status === 200) return { status: 200 };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
}

interface Received {
  readonly method: string;
  readonly path: string;
}

const requests = (part: number) => control(part, 'GET', 'requests') as Promise<readonly Received[]>;

/** A command for the simulator on this port; that of the gateway has a certificate of its own. */
async function control(part: number, method: string, command: string, body?: object): Promise<unknown> {
  const address = `127.0.0.1:${started.port + part}/__control/${command}`;
  const headers = { 'content-type': 'application/json' };
  if (part !== 13) {
    const response = await fetch(`http://${address}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return response.json();
  }
  return new Promise((resolve, reject) => {
    const sent = request(`https://${address}`, { method, headers, rejectUnauthorized: false }, (answer) =>
      json(answer).then(resolve, reject),
    );
    sent.once('error', reject).end(body && JSON.stringify(body));
  });
}
