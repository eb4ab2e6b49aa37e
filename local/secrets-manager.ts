import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * AWS Secrets Manager on loopback, for the SDK's own client: AWS JSON 1.1, four actions, the signature of every request
 * checked. After https://docs.aws.amazon.com/secretsmanager/latest/apireference/ . It keeps the current version of a
 * secret alone, and only as SecretString.
 */

/** Keys that open nothing anywhere else. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local-access-key', secretAccessKey: 'local-secret-key' } as const;

export interface LocalCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface SecretsManagerOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Name of each secret to its value; an object is served as its JSON. */
  readonly secrets: Readonly<Record<string, object | string>>;
  readonly credentials?: LocalCredentials;
}

/** What goes wrong with the next requests. With a delay alone the true answer comes late. */
export interface SecretsManagerFault {
  /** How many requests it meets; default 1. */
  readonly times?: number;
  /** Default 500. */
  readonly status?: number;
  /** Name of the exception; default InternalServiceError. */
  readonly type?: string;
  /** Reset the connection instead of answering. */
  readonly reset?: boolean;
  readonly delayMs?: number;
}

export interface SecretsManager {
  /** What AWS_ENDPOINT_URL_SECRETS_MANAGER takes. */
  readonly url: string;
  /** Every request that came, also those that failed. */
  readonly requests: { readonly action: string; readonly name: string }[];
  /** Sets the value at once, under a new version; brings a removed secret back. */
  put(name: string, value: object | string): void;
  /** Marks the secret as deleted. */
  remove(name: string): void;
  fail(fault: SecretsManagerFault): void;
  close(): Promise<void>;
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  /** Seconds since the epoch, as the API has its times. */
  readonly createdAt: number;
  readonly changedAt: number;
  readonly deletedAt?: number;
  readonly versionId: string;
  readonly value: string;
}

type Input = Readonly<Record<string, unknown>>;

class ServiceError extends Error {
  readonly status: number;
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** Its control address, `<url>/__control/faults`, takes a SecretsManagerFault by POST. */
export async function startSecretsManager(options: SecretsManagerOptions): Promise<SecretsManager> {
  const secrets = createSecrets();
  const requests: { action: string; name: string }[] = [];
  const faults: { fault: SecretsManagerFault; left: number }[] = [];

  function put(name: string, value: object | string): void {
    secrets.store(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  for (const [name, value] of Object.entries(options.secrets)) put(name, value);

  function fail(fault: SecretsManagerFault): void {
    faults.push({ fault, left: fault.times ?? 1 });
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (incoming.method === 'POST' && incoming.url === '/__control/faults') {
      fail(JSON.parse(body.toString('utf8')));
      send(outgoing, 200, { faults: faults.length });
      return;
    }
    const action = String(incoming.headers['x-amz-target'] ?? '').replace(/^secretsmanager\./, '');
    const input = parse(body);
    const id = String(input?.['SecretId'] ?? input?.['Name'] ?? '');
    requests.push({ action, name: secrets.find(id)?.name ?? id });

    const fault = takeFault();
    if (fault?.delayMs) await delay(fault.delayMs, undefined, { ref: false });
    if (fault?.reset) {
      incoming.socket.resetAndDestroy();
      return;
    }
    try {
      if (fault && (fault.delayMs === undefined || fault.status !== undefined || fault.type !== undefined)) {
        throw new ServiceError(
          fault.type ?? 'InternalServiceError',
          'A fault that was asked for.',
          fault.status ?? 500,
        );
      }
      verifySignature(incoming, body, options.credentials ?? LOCAL_CREDENTIALS);
      const run = Object.hasOwn(secrets.actions, action) ? secrets.actions[action] : undefined;
      if (!run) throw new ServiceError('UnknownOperationException', `No action ${action} here.`);
      if (!input) throw new ServiceError('SerializationException', 'The body is no JSON object.');
      send(outgoing, 200, run(input));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      send(outgoing, error.status, { __type: error.name, Message: error.message });
    }
  }

  function takeFault(): SecretsManagerFault | undefined {
    const entry = faults[0];
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) faults.shift();
    return entry.fault;
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    put,
    remove: secrets.remove,
    fail,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function createSecrets() {
  const secrets = new Map<string, Secret>();

  /** By name or by ARN. */
  const find = (id: string) => secrets.get(id) ?? [...secrets.values()].find(({ arn }) => arn === id);

  function findOrThrow({ SecretId: id }: Input): Secret {
    const secret = find(String(id));
    if (!secret) throw notFound();
    return secret;
  }

  function findLiving(input: Input): Secret {
    const secret = findOrThrow(input);
    if (secret.deletedAt === undefined) return secret;
    const message = "You can't perform this operation on the secret because it was marked for deletion.";
    throw new ServiceError('InvalidRequestException', message);
  }

  function store(name: string, value: string, versionId: string = randomUUID()): Secret {
    const { arn, createdAt } = secrets.get(name) ?? {};
    const now = Date.now() / 1000;
    const secret: Secret = {
      name,
      // Region and account stand for any; the six characters at the end are how AWS tells namesakes apart.
      arn: arn ?? `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-${randomBytes(3).toString('hex')}`,
      createdAt: createdAt ?? now,
      changedAt: now,
      versionId,
      value,
    };
    secrets.set(name, secret);
    return secret;
  }

  const actions: Record<string, (input: Input) => object> = {
    GetSecretValue(input) {
      const { VersionId: id, VersionStage: stage = 'AWSCURRENT' } = input;
      const secret = findLiving(input);
      if (stage !== 'AWSCURRENT' || (id !== undefined && id !== secret.versionId)) throw notFound();
      return { ...identify(secret), SecretString: secret.value, VersionStages: [stage], CreatedDate: secret.changedAt };
    },
    CreateSecret(input) {
      const name = String(input['Name'] ?? '');
      const existing = secrets.get(name);
      if (existing?.deletedAt !== undefined) {
        const message =
          "You can't create this secret because a secret with this name is already scheduled for deletion.";
        throw new ServiceError('InvalidRequestException', message);
      }
      if (existing) {
        const message = `The operation failed because the secret ${name} already exists.`;
        throw new ServiceError('ResourceExistsException', message);
      }
      return identify(store(name, ...readVersion(input)));
    },
    PutSecretValue(input) {
      const { name } = findLiving(input);
      return { ...identify(store(name, ...readVersion(input))), VersionStages: ['AWSCURRENT'] };
    },
    DescribeSecret(input) {
      const { name, arn, createdAt, changedAt, deletedAt, versionId } = findOrThrow(input);
      return {
        ARN: arn,
        Name: name,
        CreatedDate: createdAt,
        LastChangedDate: changedAt,
        DeletedDate: deletedAt,
        VersionIdsToStages: { [versionId]: ['AWSCURRENT'] },
      };
    },
  };

  function remove(name: string): void {
    secrets.set(name, { ...findOrThrow({ SecretId: name }), deletedAt: Date.now() / 1000 });
  }

  return { find, store, remove, actions };
}

const identify = ({ arn, name, versionId }: Secret) => ({ ARN: arn, Name: name, VersionId: versionId });

const notFound = () =>
  new ServiceError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");

/** The request's token becomes the version's id, as AWS has it. */
function readVersion({ SecretString: value, ClientRequestToken: id }: Input): [value: string, versionId?: string] {
  if (typeof value !== 'string') throw new ServiceError('InvalidParameterException', 'SecretString is missing.');
  return typeof id === 'string' ? [value, id] : [value];
}

/**
 * Signature Version 4, as https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html has
 * it: signs again what the client says it signed, and compares. How old the signature is does not matter here.
 */
function verifySignature({ method, url, headers }: IncomingMessage, body: Buffer, credentials: LocalCredentials): void {
  const [, accessKeyId, date = '', region = '', signedNames = '', signature] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  if (!signature) {
    throw new ServiceError('IncompleteSignatureException', 'The request signature does not conform to AWS standards.');
  }
  if (accessKeyId !== credentials.accessKeyId) {
    throw new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  const names = signedNames.split(';');
  const headerLines = names.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`);
  // Everything goes to the one address `/` without a query: another one does not match.
  const canonical = [method, url === '/' ? '/' : '', '', ...headerLines, '', signedNames, sha256(body)].join('\n');
  const scope = [date, region, 'secretsmanager', 'aws4_request'];
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const complete = Object.keys(headers).every((name) => !/^(host|x-amz-.*)$/.test(name) || names.includes(name));
  if (complete && hmac(key, toSign).toString('hex') === signature) return;
  const message = 'The request signature we calculated does not match the signature you provided.';
  throw new ServiceError('InvalidSignatureException', message);
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/secretsmanager\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/;

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

function parse(body: Buffer): Input | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Input) : undefined;
  } catch {
    return undefined;
  }
}

function send(outgoing: ServerResponse, status: number, value: object): void {
  outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() });
  outgoing.end(JSON.stringify(value));
}
