import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { verifySignature } from '../../local/simulators/volcengine-im.ts';
import { npmStart, START_TIMEOUT_MS } from '../support/npm-start.ts';
import { startProxy } from '../support/proxy.ts';

const KEYS = { accessKeyId: 'an-access-key-id', secretAccessKey: 'a-secret-access-key' };
const REGION = 'ap-southeast-1';
const LARGEST = '9223372036854775807';

/** A server of somebody else's, which keeps what it got and whether the vendor's Signer accepts it. */
async function startVendor() {
  const received: { body: string; fault: unknown }[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? '/', 'http://vendor');
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const request = { method: incoming.method ?? '', path, query, headers, body };
    const fault = verifySignature(request, { ...KEYS, region: REGION, service: 'rtc' }, Date.now());
    received.push({ body: body.toString(), fault });
    const participant = `{"ConversationShortId":${LARGEST},"ParticipantUserId":${LARGEST},"Operator":1,"Role":1}`;
    outgoing.end(`{"ResponseMetadata":{"RequestId":"its-own"},"Result":{"Participants":[${participant}]}}`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function writeSecrets(secrets: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'secrets.json');
  await writeFile(file, JSON.stringify(secrets));
  return file;
}

test(
  'with SECRETS_FILE, `npm start` asks the server that the file names, signed as its keys want it',
  async () => {
    const vendor = await startVendor();
    const file = await writeSecrets({
      'volcengine-im/mine': { baseUrl: vendor.url, region: REGION, ...KEYS, appId: 7 },
    });
    const started = await npmStart({ SECRETS_FILE: file });
    onTestFinished(() => started.signal('SIGINT'));
    const route = `${started.url}/v1/volcengine-im/batch-get-conversation-participant`;

    const answer = await fetch(route, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-vendor-account': 'mine' },
      body: `{"ConversationShortId":${LARGEST},"ParticipantUserIds":[${LARGEST},"${LARGEST}"]}`,
    });

    const sent = `{"AppId":7,"ConversationShortId":${LARGEST},"ParticipantUserIds":[${LARGEST},${LARGEST}]}`;
    expect(vendor.received).toEqual([{ body: sent, fault: undefined }]);
    expect(await answer.json()).toMatchObject({
      data: { Participants: [{ ConversationShortId: LARGEST, ParticipantUserId: LARGEST, Operator: '1' }] },
      meta: { vendorRequestId: 'its-own' },
    });
    const curl = started.lineAfter(`ready: ${started.url}`) ?? '';
    expect(curl).toContain("-H 'x-vendor-account: mine'");
    await vi.waitFor(() => expect(started.lineAfter(curl)).toMatch(/^Replace in this line: ConversationShortId, /));
    const { host } = new URL(vendor.url);
    expect(started.lines).toContainEqual(expect.stringMatching(`^volcengine-im/mine +real +${host} +valid$`));
    expect(started.lines.join('\n')).not.toMatch(/simulated/i);
  },
  START_TIMEOUT_MS + 15_000,
);

test('a SECRETS_FILE that cannot be read ends `npm start` with a sentence that says where the fault is', async () => {
  const file = await writeSecrets({});
  await writeFile(file, '{\n  "huawei-cec/default": { "appSecret": "canary" },\n}');
  const env = { ...process.env, SECRETS_FILE: file };
  const start = promisify(execFile)(process.execPath, ['local/start.ts'], { env });
  const { code, stdout, stderr } = await start.catch((error) => error);
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: `${file}, line 2, column 50: the text is not JSON: here is a trailing comma. Remove it. Expected is a JSON object of accounts: { "<vendor>/<account>": { … } }.\n`,
  });
});

test(
  'with a proxy in its environment, `npm start` asks it for a vendor elsewhere, and for nothing on this machine',
  async () => {
    const proxy = await startProxy();
    proxy.refuse(403);
    const file = await writeSecrets({
      'volcengine-im/far': { baseUrl: 'https://rtc.example.com', region: REGION, ...KEYS, appId: 7 },
    });
    const proxies = { HTTPS_PROXY: `http://user:canary@${proxy.address}`, HTTP_PROXY: '', NO_PROXY: '' };
    const started = await npmStart({ SECRETS_FILE: file, ...proxies });
    onTestFinished(() => started.signal('SIGINT'));

    const answer = await fetch(`${started.url}/v1/volcengine-im/batch-get-conversation-participant`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-vendor-account': 'far' },
      body: `{"ConversationShortId":${LARGEST},"ParticipantUserIds":[${LARGEST}]}`,
    });

    expect(await answer.json()).toMatchObject({
      detail: `The proxy ${proxy.address} made no connection to the vendor's server rtc.example.com:443 (HTTP 403); check the proxy, HTTPS_PROXY and NO_PROXY.`,
    });
    expect(proxy.asked.map(({ line }) => line)).toEqual(['CONNECT rtc.example.com:443']);
    expect(started.lines.join('\n')).not.toContain('canary');
  },
  START_TIMEOUT_MS + 15_000,
);
