import { readFile } from 'node:fs/promises';
import { checkAccountSecret, vendorOf } from '../scripts/account-secret.ts';
import { startDemoVendors } from './demo-vendors.ts';
import { startDynamoDb } from './dynamodb.ts';
import { LOCAL_BUS } from './event-bus.ts';
import { startEventServices, startFunctions } from './events.ts';
import { startGateway } from './gateway.ts';
import { describeKeepAlive, startSchedule } from './keep-alive.ts';
import { sampleCall } from './sample-call.ts';
import { startSecretsManager } from './secrets-manager.ts';

/*
 * `npm start`: the functions' bundles behind an API Gateway on loopback, with vendors and a Secrets Manager of its own.
 * The same functions are started by events too, from a local Lambda, EventBridge and SQS.
 * PORT (3000) is the address's; those after it are the parts': +2 Lambda, +3 the gateway's own Lambda, +10 Secrets
 * Manager, +11 to +14 the vendors, +15 EventBridge, +16 SQS, +17 DynamoDB.
 * SECRETS_FILE names a file with the secrets to serve instead: that is how it talks to real vendors.
 */

const STAGE = 'local';
/** DynamoDB's. */
const LAST_PART = 17;

async function start(): Promise<void> {
  const port = readPort(process.env['PORT'] ?? '3000');
  const vendors = await startDemoVendors(port + 11);
  const secrets = process.env['SECRETS_FILE'] ? await readSecrets(process.env['SECRETS_FILE']) : vendors.secrets;
  const secretsManager = await startSecretsManager({
    port: port + 10,
    secrets: Object.fromEntries(
      Object.entries(secrets).map(([name, secret]) => [`contact-lookups/${STAGE}/${name}`, secret]),
    ),
  });
  const services = await startEventServices({ busPort: port + 15, sqsPort: port + 16, stage: STAGE });
  const dynamoDb = await startDynamoDb({ port: port + LAST_PART, table: `contact-lookups-${STAGE}` });
  const keepAlive = await describeKeepAlive(STAGE, secrets, services.functions);
  const environment = {
    ...services.environment,
    // No authorization is asked on one machine, so nothing tells callers apart.
    ACCOUNT_ACCESS: '*',
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    TOKEN_STORE_TABLE: dynamoDb.table,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: secretsManager.keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretsManager.keys.secretAccessKey,
    AWS_SESSION_TOKEN: '',
  };
  const [gateway, functions] = await Promise.all([
    startGateway({ port, lambdaPort: port + 3, stage: STAGE, environment }),
    startFunctions(services, { port: port + 2, environment, others: keepAlive ? [keepAlive] : [] }),
  ]);
  const stopSchedule = keepAlive && startSchedule(functions.invoke, keepAlive.name);

  let stopping = false;
  const stop = async (exitCode: number) => {
    if (stopping) return;
    stopping = true;
    stopSchedule?.();
    await Promise.all([gateway.close(), functions.close()]);
    await Promise.all([
      services.close(),
      secretsManager.close(),
      dynamoDb.close(),
      ...vendors.simulators.map((simulator) => simulator.close()),
    ]);
    process.exit(exitCode);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
  void gateway.ended.then(() => {
    if (!stopping) console.error('The local gateway ended by itself.');
    return stop(1);
  });

  const url = `http://localhost:${port}`;
  for (const { name, url: address } of vendors.simulators) console.log(`${name} is simulated at ${address}`);
  console.log(`Secrets Manager is at ${secretsManager.url}, with ${Object.keys(secrets).join(', ')}`);
  const { accessKeyId, secretAccessKey } = secretsManager.keys;
  console.log(`export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} AWS_REGION=us-east-1`);
  console.log(`Lambda is at ${functions.url}, with ${functions.names.join(', ')}`);
  console.log(`EventBridge is at ${services.bus.url}, with the bus ${LOCAL_BUS} for results`);
  console.log(`SQS is at ${services.sqs.url}, with the queues <lookup> and <lookup>.fifo, and -dlq of each`);
  console.log(`DynamoDB is at ${dynamoDb.url}, with the table ${dynamoDb.table} for tokens and sessions`);
  console.log(`ready: ${url}`);
  console.log(sampleCall(url, Object.keys(secrets)));
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535 - LAST_PART) return port;
  throw new Error(`PORT must be a whole number from 1 to ${65_535 - LAST_PART}, not "${text}"`);
}

/** `{ "<vendor>/<account>": { … } }`. A secret that breaks its schema is served all the same, as in the cloud. */
async function readSecrets(path: string): Promise<Readonly<Record<string, object>>> {
  const text = await readFile(path, 'utf8');
  const secrets = parseSecrets(text, path);
  for (const [name, secret] of Object.entries(secrets)) {
    vendorOf(name);
    try {
      checkAccountSecret(name, JSON.stringify(secret));
    } catch (error) {
      console.error(`${path}: ${name}: ${(error as Error).message}`);
    }
  }
  return secrets;
}

function parseSecrets(text: string, path: string): Readonly<Record<string, object>> {
  try {
    const secrets: unknown = JSON.parse(text);
    if (typeof secrets === 'object' && secrets !== null && !Array.isArray(secrets))
      return secrets as Record<string, object>;
  } catch {
    // The parser's message quotes the file, which holds secrets.
  }
  throw new Error(`SECRETS_FILE: ${path} is not a JSON object of secrets`);
}

start().catch((error: unknown) => {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  console.error(code === 'EADDRINUSE' ? `Port ${port} is in use; PORT=<number> npm start takes others.` : message);
  process.exit(1);
});
