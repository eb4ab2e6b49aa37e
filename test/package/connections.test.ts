import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bundleOptions } from '../../bundling/esbuild.ts';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import { demoAgents, huaweiAgentGateway } from '../../local/simulators/huawei-agent-gateway.ts';
import { startSimulator } from '../../local/simulators/server.ts';
import { around } from '../functions/huawei-common/support.ts';
import { AWS_KEYS } from '../support/aws-keys.ts';
import { createChain } from '../support/certificates.ts';
import { startProxy } from '../support/proxy.ts';
import { createEvent } from '../support/world.ts';

/* Bundles have a trimmed undici: what a connection needs of it is tried there, over TLS, in a process of its own. */

const ENTRY_POINT = 'functions/huawei-agent-gateway/query-agent-info-by-work-no.ts';
const NAME = 'agw.internal.example';
/** Invokes the handler twice, so that the second request may use the connection of the first. */
const SCRIPT = `
  const { handler } = require(process.argv[1]);
  const event = JSON.parse(process.argv[2]);
  const context = { awsRequestId: 'one', getRemainingTimeInMillis: () => 15_000 };
  handler(event, context).then(() => handler(event, context)).then((answer) => console.error(JSON.stringify(answer)));
`;

let outdir: string;

beforeAll(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'contact-lookups-connections-'));
  await build({ ...bundleOptions([ENTRY_POINT]), outdir, outbase: '.' });
});
afterAll(() => rm(outdir, { recursive: true }));

/** The gateway behind TLS, with all that may come between. */
async function startGateway() {
  const tls = await createChain(NAME);
  const simulation = around(huaweiAgentGateway, async (_request, answer) => {
    const { headers, body = '', ...rest } = await answer();
    return { ...rest, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(body) };
  });
  const gateway = await startSimulator(simulation, { tls });
  const account = { session: 'managed', agents: [demoAgents[0]], ca: tls.ca, servername: NAME };
  const secretsManager = await startSecretsManager({
    keys: AWS_KEYS,
    secrets: { 'contact-lookups/dev/huawei-agent-gateway/default': { baseUrl: gateway.url, ...account } },
  });
  onTestFinished(async () => {
    await Promise.all([gateway.close(), secretsManager.close()]);
  });
  return { gateway, secretsManager };
}

async function invoke(secretsManagerUrl: string, environment: Record<string, string> = {}) {
  const event = JSON.stringify(createEvent(JSON.stringify({ workno: '20011' })));
  const file = join(outdir, ENTRY_POINT.replace(/\.ts$/, '.cjs'));
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', SCRIPT, file, event], {
    env: {
      ACCOUNT_ACCESS: '*',
      POWERTOOLS_SERVICE_NAME: 'contact-lookups',
      POWERTOOLS_METRICS_NAMESPACE: 'ContactLookups',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManagerUrl,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: AWS_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: AWS_KEYS.secretAccessKey,
      ...environment,
    },
  });
  return JSON.parse(stderr);
}

test('a bundle reaches a vendor over TLS and takes a compressed answer', async () => {
  const { secretsManager, gateway } = await startGateway();

  expect((await invoke(secretsManager.url)).statusCode).toBe(200);

  expect(gateway.requests).toHaveLength(3);
});

test('a bundle reaches a vendor through a proxy’s tunnel, and AWS by its whole URL', async () => {
  const { secretsManager, gateway } = await startGateway();
  const proxy = await startProxy();

  const proxies = { HTTPS_PROXY: proxy.address, HTTP_PROXY: proxy.address };
  expect((await invoke(secretsManager.url, proxies)).statusCode).toBe(200);

  expect(proxy.asked.map(({ line }) => line)).toEqual([
    `POST ${secretsManager.url}`,
    `CONNECT ${new URL(gateway.url).host}`,
  ]);
});
