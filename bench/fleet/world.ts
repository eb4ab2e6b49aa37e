import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { createTokenTable } from '../../local/dynamodb.ts';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import { CEC_APP_KEY, CEC_APP_SECRET, huaweiCec } from '../../local/simulators/huawei-cec.ts';
import { startSimulator } from '../../local/simulators/server.ts';
import { AWS_KEYS, STAGE } from '../environment.ts';
import { LATENCY, TABLE } from './conditions.ts';

/*
 * What the processes of a fleet call, in a process of its own: a vendor whose token endpoint takes its time, a Secrets
 * Manager and a DynamoDB.
 */

export interface WorldAddress {
  readonly secretsManagerUrl: string;
  readonly dynamoUrl: string;
}

/** What came until now. */
export interface Counts {
  readonly tokenRequests: number;
  readonly storeCalls: Readonly<Record<string, number>>;
}

const vendor = await startSimulator(huaweiCec);
vendor.fail({ path: 'tokenByAkSk', delayMs: LATENCY.tokenEndpoint, times: Number.POSITIVE_INFINITY });

const secretsManager = await startSecretsManager({
  keys: AWS_KEYS,
  secrets: {
    [`contact-lookups/${STAGE}/huawei-cec/default`]: {
      baseUrl: vendor.url,
      appKey: CEC_APP_KEY,
      appSecret: CEC_APP_SECRET,
    },
  },
});

const calls = new Map<string, number>();
const dynamo = dynalite({ createTableMs: 0 });
dynamo.prependListener('request', ({ headers }: IncomingMessage) => {
  const operation = String(headers['x-amz-target']).replace(/^.*\./, '');
  calls.set(operation, (calls.get(operation) ?? 0) + 1);
});
await once(dynamo.listen(0, '127.0.0.1'), 'listening');
const dynamoUrl = `http://127.0.0.1:${(dynamo.address() as AddressInfo).port}`;

await createTokenTable(dynamoUrl, TABLE);
calls.clear();

// Any message asks for the counts.
process.on('message', () => {
  const tokenRequests = vendor.requests.filter(({ path }) => path.includes('tokenByAkSk')).length;
  process.send?.({ tokenRequests, storeCalls: Object.fromEntries(calls) } satisfies Counts);
});
process.on('disconnect', () => process.exit());
process.send?.({ secretsManagerUrl: secretsManager.url, dynamoUrl } satisfies WorldAddress);
