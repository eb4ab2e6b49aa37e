import { stop as stopBundler } from 'esbuild';
import { readEventMapping } from '../lib/triggers/mapping.ts';
import { accountTable, describeAccounts } from './accounts.ts';
import { startDemoVendors } from './demo-vendors.ts';
import { startDynamoDb } from './dynamodb.ts';
import { LOCAL_BUS, startEventBus } from './event-bus.ts';
import { startHttpApi } from './http-api.ts';
import { describeKeepAlive, startSchedule } from './keep-alive.ts';
import { readFunctions } from './lambda/functions.ts';
import { startLambda } from './lambda/lambda.ts';
import { deadLetterQueueOf, describeQueues, pollQueues } from './lookup-queues.ts';
import { onEndOfNpm } from './parent.ts';
import { describeStartError, LAST_PART, readPort } from './port.ts';
import { proxyEnvironment } from './proxies.ts';
import { startSqs } from './queue/sqs.ts';
import { sampleCall } from './sample-call.ts';
import { readSecretsFile } from './secrets-file.ts';
import { startSecretsManager } from './secrets-manager.ts';
import { createStartReport } from './start-report.ts';
import { createTerminal } from './terminal.ts';

/*
 * `npm start`: the functions' bundles behind an HTTP API on loopback, with vendors and AWS services of its own.
 * PORT (3000) is the address's; those after it are the parts': +2 Lambda, +10 Secrets Manager, +11 to +14 the vendors,
 * +15 EventBridge, +16 SQS, +17 DynamoDB.
 * SECRETS_FILE names a file with the secrets to serve instead: that is how it talks to real vendors, through the proxies of
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
 * LOG is json or text: what the functions log, for programs or for a person.
 * EVENT_MAPPING and SECRETS_IN_EVENTS hold for all functions, as the stage's parameters do.
 */

const STAGE = 'local';
const REGION = 'us-east-1';

async function start(): Promise<void> {
  // The instances of the functions are threads of this process, and Lambda has no other time zone.
  process.env['TZ'] = 'UTC';
  const port = readPort(process.env['PORT']);
  const { SECRETS_FILE: secretsFile, EVENT_MAPPING = '', SECRETS_IN_EVENTS = '', LOG = '' } = process.env;
  const proxies = proxyEnvironment(process.env);
  const terminal = createTerminal(LOG, process.stdout.isTTY, console.log);
  // Every function would fail with one that cannot be read.
  await readEventMapping(EVENT_MAPPING).compile();
  const report = createStartReport(console.log);

  const ownSecrets = secretsFile ? await readSecretsFile(secretsFile) : undefined;
  const vendors = await report.watch('the simulators', startDemoVendors(port + 11), ({ simulators }) =>
    ownSecrets ? '' : simulators.map(({ name, url }) => `${name} is simulated at ${url}`).join('\n'),
  );
  const secrets = ownSecrets ?? vendors.secrets;
  const functions = await readFunctions(STAGE);
  const keepAlive = await describeKeepAlive(STAGE, secrets, functions);

  const [secretsManager, bus, sqs, dynamoDb] = await Promise.all([
    report.watch(
      'Secrets Manager',
      startSecretsManager({ port: port + 10, secrets: nameSecrets(secrets) }),
      describeKeys,
    ),
    report.watch(
      'EventBridge',
      startEventBus({ port: port + 15 }),
      ({ url }) => `EventBridge is at ${url}, with the bus ${LOCAL_BUS} for results`,
    ),
    report.watch(
      'SQS',
      startSqs({ port: port + 16, queues: functions.flatMap(describeQueues) }),
      ({ url }) =>
        `SQS is at ${url}, with the queues contact-lookups-${STAGE}-<lookup>, or <lookup>, each with .fifo, -dlq and -dlq.fifo`,
    ),
    report.watch(
      'DynamoDB',
      startDynamoDb({ port: port + LAST_PART, table: `contact-lookups-${STAGE}` }),
      ({ url, table }) => `DynamoDB is at ${url}, with the table ${table} for tokens and sessions`,
    ),
  ]);
  const lambda = await report.watch(
    'Lambda, which bundles the functions',
    startLambda({
      port: port + 2,
      functions: [...functions, ...(keepAlive ? [keepAlive] : [])],
      environment: {
        // No authorization is asked on one machine, so nothing tells callers apart.
        ACCOUNT_ACCESS: '*',
        ...(EVENT_MAPPING && { EVENT_MAPPING }),
        ...(SECRETS_IN_EVENTS && { SECRETS_IN_EVENTS }),
        ...proxies,
        RESULT_BUS: LOCAL_BUS,
        TOKEN_STORE_TABLE: dynamoDb.table,
        AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
        AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
        AWS_ENDPOINT_URL_SQS: sqs.url,
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: secretsManager.keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretsManager.keys.secretAccessKey,
        AWS_SESSION_TOKEN: '',
      },
      onLogLine: terminal.log,
      // The event itself, as Lambda puts it there: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
      onDeadLetter: ({ functionName, event }) => {
        const definition = functions.find(({ name }) => name === functionName);
        if (definition) sqs.queues.send(deadLetterQueueOf(definition), event);
      },
    }),
    ({ url }) => `Lambda is at ${url}, with ${functions.map(({ name }) => name).join(', ')}`,
  );
  bus.onEvent(terminal.result);
  await stopBundler();
  const api = await startHttpApi({ port, functions, invoke: lambda.invoke });
  const stopPolling = pollQueues(sqs.queues, functions, lambda.invoke);
  const stopSchedule = keepAlive && startSchedule(lambda.invoke, keepAlive.name);

  const stop = async () => {
    stopPolling();
    stopSchedule?.();
    await Promise.all([api.close(), lambda.close()]);
    await Promise.all([bus, sqs, dynamoDb, secretsManager, ...vendors.simulators].map((part) => part.close()));
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  await onEndOfNpm(stop);

  report.end();
  const url = `http://localhost:${port}`;
  const accounts = describeAccounts(secrets, vendors.simulators);
  for (const line of [...accountTable(accounts), `ready: ${url}`, ...sampleCall(url, accounts)]) console.log(line);
}

const nameSecrets = (secrets: Readonly<Record<string, object>>) =>
  Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [`contact-lookups/${STAGE}/${name}`, secret]));

function describeKeys({ url, keys }: Awaited<ReturnType<typeof startSecretsManager>>): string {
  const { accessKeyId, secretAccessKey } = keys;
  return [
    `Secrets Manager is at ${url}, for these keys alone:`,
    `export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} AWS_REGION=${REGION} AWS_DEFAULT_REGION=${REGION}`,
  ].join('\n');
}

start().catch((error: unknown) => {
  console.error(describeStartError(error as Error));
  process.exit(1);
});
