import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
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
  /** Requests for tokens and sign-ins, by their paths. */
  const paths: string[] = [];

  beforeAll(async () => {
    if (stateOfCec) await control(11, 'POST', 'state', stateOfCec);
  });

  // A simulator of `npm start` remembers its last requests alone.
  afterEach(async () => {
    for (const part of [11, 12, 13]) {
      const received = await requests(part);
      await control(part, 'DELETE', '');
      paths.push(...received.filter(isForCredential).map(({ path }) => path));
    }
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

  test.each(lookups)(
    'each of 100 messages on the queue of $name is answered',
    { timeout: BOUND_MS },
    async (lookup) => {
      const ids = Array.from({ length: MESSAGES }, (_, index) => `${lookup.name}-${index}`);
      const entries = ids.map((correlationId) => ({
        body: `{"input":${lookup.input},"correlationId":"${correlationId}"}`,
        group: undefined,
        deduplicationId: undefined,
      }));
      await local.sendToQueue(lookup.name, entries);
      const results = new Map<string, unknown>();
      while (results.size < MESSAGES) {
        for (const { detailType, detail } of await local.newResults()) {
          results.set(String(detail['correlationId']), detail['problem'] ?? detailType);
        }
        await delay(100);
      }
      expect(Object.fromEntries(results)).toEqual(Object.fromEntries(ids.map((id) => [id, 'Lookup Succeeded'])));
    },
  );

  test('in all, each account had one token, and each agent one session', () => {
    const signIns = paths.filter((path) => path.includes('/onlineagent/'));
    const tokens = paths.filter((path) => !signIns.includes(path));
    expect(tokens, told()).toHaveLength(lookups === CEC ? 1 : 2);
    expect(new Set(paths).size, told()).toBe(paths.length);
    expect(signIns.filter((path) => path.endsWith('/forcelogin'))).toEqual([]);
    expect(signIns.length > 0).toBe(lookups.includes(GATEWAY));
  });
});

test('the agents of the managed account are polled while nobody asks', { timeout: BOUND_MS }, async () => {
  const polls = async () => (await requests(13)).filter(({ path }) => path.includes('/agentevent/'));
  // A run begins every minute, and its first poll up to ten seconds later.
  await expect.poll(polls, { timeout: BOUND_MS, interval: 500 }).not.toEqual([]);
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

/** Why tokens were requested and agents signed in, by the log. */
function told(): string {
  const lines = started.lines.filter((line) => line.includes('"minted"')).map((line) => JSON.parse(line));
  return lines.map(({ lookup, credentialReasons }) => `${lookup}: ${credentialReasons}`).join('\n');
}

interface Received {
  readonly method: string;
  readonly path: string;
}

const requests = (part: number) => control(part, 'GET', 'requests') as Promise<readonly Received[]>;

const isForCredential = ({ method, path }: Received) =>
  /\/(tokenByAkSk|rest_token)$/.test(path) || (method === 'PUT' && path.includes('/onlineagent/'));

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
