import { randomBytes } from 'node:crypto';
import { type AwsFault, startAwsJson } from './aws-json.ts';
import { createSecrets } from './secrets-manager/secrets.ts';
import { type AwsKeys, verifySignature } from './secrets-manager/signature.ts';

/**
 * AWS Secrets Manager on loopback, for the SDK's own client and the aws CLI: AWS JSON 1.1, after
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/ . It checks the signature of every request.
 */

export interface SecretsManagerOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Name of each secret to its value; an object is served as its JSON. */
  readonly secrets: Readonly<Record<string, object | string>>;
  /** Default: new ones each time. */
  readonly keys?: AwsKeys;
}

export interface SecretsManager {
  /** The value of AWS_ENDPOINT_URL_SECRETS_MANAGER. */
  readonly url: string;
  /** It accepts no others. */
  readonly keys: AwsKeys;
  /** Every request that came, also those that failed. */
  readonly requests: { readonly action: string; readonly name: string }[];
  /** Sets the value at once, under a new version; brings a removed secret back. */
  put(name: string, value: object | string): void;
  /** Marks the secret as deleted. */
  remove(name: string): void;
  fail(fault: AwsFault): void;
  close(): Promise<void>;
}

/** Its control address, `<url>/__control/faults`, takes an AwsFault by POST. */
export async function startSecretsManager(options: SecretsManagerOptions): Promise<SecretsManager> {
  const { keys = createKeys() } = options;
  const secrets = createSecrets();
  const requests: { action: string; name: string }[] = [];

  function put(name: string, value: object | string): void {
    secrets.store(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  for (const [name, value] of Object.entries(options.secrets)) put(name, value);

  const { url, fail, close } = await startAwsJson({
    port: options.port,
    version: '1.1',
    target: 'secretsmanager',
    faultType: 'InternalServiceError',
    messageField: 'Message',
    actions: secrets.actions,
    authorize: (incoming, body) => verifySignature(incoming, body, keys),
    onRequest: (action, { SecretId: id, Name: name }) => {
      const asked = String(id ?? name ?? '');
      requests.push({ action, name: secrets.find(asked)?.name ?? asked });
    },
    control: {
      'POST faults': (fault) => {
        fail(fault);
        return {};
      },
    },
  });
  return { url, keys, requests, put, remove: secrets.remove, fail, close };
}

/** Keys that open nothing anywhere else, without a character that a shell reads. */
const createKeys = (): AwsKeys => ({
  accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`,
  secretAccessKey: randomBytes(20).toString('hex'),
});
