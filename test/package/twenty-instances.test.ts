import { describe, expect, onTestFinished, test } from 'vitest';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { readFunctions } from '../../local/lambda/functions.ts';
import { startLambda } from '../../local/lambda/lambda.ts';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import { huaweiAgentGateway } from '../../local/simulators/huawei-agent-gateway.ts';
import { huaweiCec } from '../../local/simulators/huawei-cec.ts';
import { huaweiIsdp } from '../../local/simulators/huawei-isdp.ts';
import { type SimulatorClock, startSimulator, type VendorSimulation } from '../../local/simulators/server.ts';
import { cecSecret, gatewaySecret, isdpSecret } from '../support/accounts.ts';
import { createEvent } from '../support/world.ts';

/* The bundles of deployment in instances that all start cold at once, with a DynamoDB: they share what the vendor gives. */

const BOUND_MS = 120_000;
const CHAT = { callId: '1652317325-339', userId: '1652268429538866153', tenantId: '202205116084' };

interface Case {
  readonly lookup: string;
  readonly vendor: string;
  readonly simulate: (clock: SimulatorClock) => VendorSimulation;
  readonly secret: (vendorUrl: string) => object;
  readonly input: object;
}

const CEC: Case = {
  lookup: 'getUserInfoByCallId',
  vendor: 'huawei-cec',
  simulate: huaweiCec,
  secret: cecSecret,
  input: CHAT,
};
const ISDP: Case = {
  lookup: 'findOnlineAgent',
  vendor: 'huawei-isdp',
  simulate: huaweiIsdp,
  secret: isdpSecret,
  input: {},
};
const GATEWAY: Case = {
  lookup: 'queryAgentInfoByWorkNo',
  vendor: 'huawei-agent-gateway',
  simulate: huaweiAgentGateway,
  secret: gatewaySecret,
  input: { workno: 20011 },
};

async function start({ lookup, vendor, simulate, secret }: Case) {
  const simulator = await startSimulator(simulate);
  onTestFinished(() => simulator.close());
  const dynamoDb = await startDynamoDb({ port: 0, table: 'tokens' });
  onTestFinished(() => dynamoDb.close());
  const secretsManager = await startSecretsManager({
    secrets: { [`contact-lookups/test/${vendor}/default`]: secret(simulator.url) },
  });
  onTestFinished(() => secretsManager.close());
  const lambda = await startLambda({
    functions: (await readFunctions('test')).filter(({ alias }) => alias === lookup),
    environment: {
      ACCOUNT_ACCESS: '*',
      TOKEN_STORE_TABLE: dynamoDb.table,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      AWS_ACCESS_KEY_ID: secretsManager.keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretsManager.keys.secretAccessKey,
      AWS_REGION: 'us-east-1',
    },
    onLogLine: () => undefined,
    maxInstances: 20,
  });
  onTestFinished(() => lambda.close());
  return {
    simulator,
    /** So many calls at once: as many instances, as long as none has answered. */
    callAtOnce: (calls: number, input: object) =>
      Promise.all(
        Array.from({ length: calls }, async () => {
          const event = createEvent(JSON.stringify(input));
          const { payload } = await lambda.invoke(lookup, event, { whenBusy: 'wait' });
          return JSON.parse(payload).statusCode;
        }),
      ),
    sent: (part: string) => simulator.requests.filter(({ path }) => path.includes(part)),
  };
}

describe('twenty instances that start cold at once', () => {
  test.each([
    ['Huawei CEC', CEC, {}, 'tokenByAkSk'],
    ['a CEC whose new token ends the old one', CEC, { newTokenEndsOld: true }, 'tokenByAkSk'],
    ['Huawei ISDP', ISDP, {}, 'rest_token'],
  ])('request one token of %s, and each is answered', { timeout: BOUND_MS }, async (_vendor, each, state, part) => {
    const { simulator, callAtOnce, sent } = await start(each);
    simulator.setState(state);

    expect(await callAtOnce(20, each.input)).toEqual(Array(20).fill(200));
    expect(sent(part)).toHaveLength(1);
  });

  test('request one token more, all that hold a token which the vendor has forgotten', {
    timeout: BOUND_MS,
  }, async () => {
    const { simulator, callAtOnce, sent } = await start(CEC);
    simulator.setState({ newTokenEndsOld: true });
    await callAtOnce(20, CHAT);
    simulator.setState({ forgetTokens: true });

    expect(await callAtOnce(20, CHAT)).toEqual(Array(20).fill(200));
    expect(sent('tokenByAkSk')).toHaveLength(2);
  });
});

test('five instances that start cold at once sign each agent in once, and each is answered', {
  timeout: BOUND_MS,
}, async () => {
  const { simulator, callAtOnce } = await start(GATEWAY);

  expect(await callAtOnce(5, GATEWAY.input)).toEqual(Array(5).fill(200));
  const signIns = simulator.requests.filter(({ method }) => method === 'PUT').map(({ path }) => path);
  expect(new Set(signIns).size).toBe(signIns.length);
  expect(signIns.filter((path) => path.endsWith('/forcelogin'))).toEqual([]);
});
