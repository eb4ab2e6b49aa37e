import { createHash } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type SecretsManager, startSecretsManager } from '../../local/secrets-manager.ts';
import { AWS_KEYS } from '../support/aws-keys.ts';

const NAME = 'contact-lookups/dev/huawei-cec/default';

let endpoint: SecretsManager;
let client: SecretsManagerClient;

beforeEach(async () => {
  endpoint = await startSecretsManager({ keys: AWS_KEYS, secrets: { [NAME]: { appKey: '小七' }, plain: 'text' } });
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', endpoint.url);
  client = createClient();
});

afterEach(async () => {
  client.destroy();
  vi.unstubAllEnvs();
  await endpoint.close();
});

/** The address comes from the environment, as it does on Lambda. */
function createClient(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = AWS_KEYS) {
  return new SecretsManagerClient({ region: 'eu-central-1', credentials, maxAttempts: 1 });
}

const get = (SecretId: string, from = client) => from.send(new GetSecretValueCommand({ SecretId }));

const failureOf = (sent: Promise<unknown>) =>
  sent.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('GetSecretValue', () => {
  it('gives an object as its JSON, with what AWS says of a secret', async () => {
    const { $metadata, ...secret } = await get(NAME);

    expect($metadata).toMatchObject({ httpStatusCode: 200, requestId: expect.any(String) });
    expect(secret).toEqual({
      ARN: expect.stringMatching(
        /^arn:aws:secretsmanager:us-east-1:123456789012:secret:contact-lookups\/.+\/default-\w{6}$/,
      ),
      Name: NAME,
      SecretString: '{"appKey":"小七"}',
      VersionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      VersionStages: ['AWSCURRENT'],
      CreatedDate: expect.any(Date),
    });
    expect(Date.now() - Number(secret.CreatedDate)).toBeLessThan(60_000);
  });

  it('gives a string as it is, and finds a secret by its ARN too', async () => {
    const { ARN = '', SecretString } = await get('plain');

    expect(SecretString).toBe('text');
    expect((await get(ARN)).Name).toBe('plain');
    expect(endpoint.requests).toEqual([
      { action: 'GetSecretValue', name: 'plain' },
      { action: 'GetSecretValue', name: 'plain' },
    ]);
  });

  it('says of an unknown secret and of a version that is not there what AWS says', async () => {
    const unknown = await failureOf(get('unknown'));
    expect(unknown).toBeInstanceOf(ResourceNotFoundException);
    expect(unknown).toMatchObject({
      message: "Secrets Manager can't find the specified secret.",
      $metadata: { httpStatusCode: 400 },
    });

    for (const version of [{ VersionId: 'v'.repeat(36) }, { VersionStage: 'AWSPREVIOUS' }]) {
      const missing = client.send(new GetSecretValueCommand({ SecretId: NAME, ...version }));
      expect(await failureOf(missing)).toBeInstanceOf(ResourceNotFoundException);
    }
  });

  it('gives a new value under a new version at once', async () => {
    const before = await get(NAME);
    endpoint.put(NAME, { appKey: 'new' });
    const after = await get(NAME);

    expect(after.SecretString).toBe('{"appKey":"new"}');
    expect(after.VersionId).not.toBe(before.VersionId);
    expect(after.ARN).toBe(before.ARN);
  });

  it('refuses a removed secret until it is put back', async () => {
    endpoint.remove(NAME);
    const refused = await failureOf(get(NAME));
    expect(refused).toBeInstanceOf(InvalidRequestException);
    expect(refused).toMatchObject({ message: expect.stringContaining('marked for deletion') });

    endpoint.put(NAME, 'again');
    expect((await get(NAME)).SecretString).toBe('again');
  });
});

describe('the other actions', () => {
  it('create a secret, change it and describe it', async () => {
    const created = await client.send(new CreateSecretCommand({ Name: 'new', SecretString: 'one' }));
    const first = await get('new');
    const changed = await client.send(new PutSecretValueCommand({ SecretId: 'new', SecretString: 'two' }));
    const second = await get('new');
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'new' }));

    expect([first.SecretString, first.VersionId]).toEqual(['one', created.VersionId]);
    expect([second.SecretString, second.VersionId]).toEqual(['two', changed.VersionId]);
    expect(changed).toMatchObject({ Name: 'new', ARN: created.ARN, VersionStages: ['AWSCURRENT'] });
    expect(described).toMatchObject({
      Name: 'new',
      ARN: created.ARN,
      CreatedDate: first.CreatedDate,
      LastChangedDate: second.CreatedDate,
      VersionIdsToStages: { [String(changed.VersionId)]: ['AWSCURRENT'] },
    });
  });

  it('do not create a secret that is there or was deleted', async () => {
    const create = () => failureOf(client.send(new CreateSecretCommand({ Name: NAME, SecretString: 'one' })));

    expect(await create()).toBeInstanceOf(ResourceExistsException);
    endpoint.remove(NAME);
    expect(await create()).toBeInstanceOf(InvalidRequestException);
    expect((await client.send(new DescribeSecretCommand({ SecretId: NAME }))).DeletedDate).toBeInstanceOf(Date);
  });

  it('do not change or describe a secret that is not there', async () => {
    const change = client.send(new PutSecretValueCommand({ SecretId: 'unknown', SecretString: 'one' }));
    const describe = client.send(new DescribeSecretCommand({ SecretId: 'unknown' }));

    expect(await failureOf(change)).toBeInstanceOf(ResourceNotFoundException);
    expect(await failureOf(describe)).toBeInstanceOf(ResourceNotFoundException);
  });

  it('list the secrets, a page at a time, without deleted ones', async () => {
    endpoint.put('third', 'text');
    endpoint.remove('plain');

    const first = await client.send(new ListSecretsCommand({ MaxResults: 1 }));
    const second = await client.send(new ListSecretsCommand({ MaxResults: 1, NextToken: first.NextToken }));

    expect(first.SecretList).toEqual([
      { ARN: expect.any(String), Name: NAME, CreatedDate: expect.any(Date), LastChangedDate: expect.any(Date) },
    ]);
    expect(second.SecretList?.map(({ Name }) => Name)).toEqual(['third']);
    expect(second.NextToken).toBeUndefined();
    const all = await client.send(new ListSecretsCommand({ IncludePlannedDeletion: true }));
    expect(all.SecretList).toHaveLength(3);
  });

  it('want a SecretString, and are no others', async () => {
    expect(await failureOf(client.send(new RotateSecretCommand({ SecretId: NAME })))).toMatchObject({
      name: 'UnknownOperationException',
    });
    const empty = client.send(new CreateSecretCommand({ Name: 'new' }));
    expect(await failureOf(empty)).toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('the signature', () => {
  it.each([
    ['secret key', { ...AWS_KEYS, secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
    ['access key', { ...AWS_KEYS, accessKeyId: 'wrong' }, 'UnrecognizedClientException'],
  ])('by a wrong %s is refused', async (_, credentials, name) => {
    const other = createClient(credentials);

    expect(await failureOf(get(NAME, other))).toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    other.destroy();
  });

  it('holds with a session token', async () => {
    const other = createClient({ ...AWS_KEYS, sessionToken: 'token' });

    expect((await get(NAME, other)).Name).toBe(NAME);
    other.destroy();
  });

  it('must be there', async () => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
      body: JSON.stringify({ SecretId: NAME }),
    });

    expect(response.status).toBe(400);
    expect(await response.json()).toHaveProperty('__type', 'IncompleteSignatureException');
  });

  it('covers the body, the action, the address and every header of AWS', async () => {
    const { headers, body } = await signedRequest();
    const send = async (path: string, change: Record<string, string>, text = body) => {
      const response = await fetch(endpoint.url + path, {
        method: 'POST',
        headers: { ...headers, ...change },
        body: text,
      });
      return ((await response.json()) as { __type?: string }).__type;
    };
    // As long as the signed one, since the length is signed too.
    const otherBody = body.replace('default', 'another');
    const otherHash = createHash('sha256').update(otherBody).digest('hex');

    expect(await send('/', {})).toBeUndefined();
    expect(await send('/', {}, otherBody)).toBe('InvalidSignatureException');
    expect(await send('/', { 'x-amz-content-sha256': otherHash }, otherBody)).toBe('InvalidSignatureException');
    expect(await send('/', { 'x-amz-target': 'secretsmanager.DescribeSecret' })).toBe('InvalidSignatureException');
    expect(await send('/', { 'x-amz-date': '20200101T000000Z' })).toBe('InvalidSignatureException');
    expect(await send('/', { 'x-amz-security-token': 'token' })).toBe('InvalidSignatureException');
    expect(await send('/other', {})).toBe('InvalidSignatureException');
  });

  it('is checked by the credentials that the endpoint was given', async () => {
    const credentials = { accessKeyId: 'own', secretAccessKey: 'own secret' };
    const own = await startSecretsManager({ secrets: { own: 'value' }, keys: credentials });
    const other = new SecretsManagerClient({ region: 'cn-north-1', credentials, endpoint: own.url });

    expect((await get('own', other)).SecretString).toBe('value');
    other.destroy();
    await own.close();
  });
});

it('makes keys of its own at each start', async () => {
  const [one, other] = await Promise.all([startSecretsManager({ secrets: {} }), startSecretsManager({ secrets: {} })]);
  await Promise.all([one.close(), other.close()]);

  expect(one.keys.accessKeyId).not.toBe(other.keys.accessKeyId);
  expect(one.keys.secretAccessKey).not.toBe(other.keys.secretAccessKey);
});

describe('a fault', () => {
  it('meets as many requests as it is told, with the error it is told', async () => {
    endpoint.fail({ times: 2, status: 400, type: 'ThrottlingException' });
    endpoint.fail({ status: 503 });

    for (const expected of [
      { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } },
      { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } },
      { name: 'InternalServiceError', $metadata: { httpStatusCode: 503 } },
    ]) {
      expect(await failureOf(get(NAME))).toMatchObject(expected);
    }
    expect((await get(NAME)).Name).toBe(NAME);
    expect(endpoint.requests).toHaveLength(4);
  });

  it('can reset the connection', async () => {
    endpoint.fail({ reset: true });

    expect(await failureOf(get(NAME))).toMatchObject({ code: 'ECONNRESET' });
    expect((await get(NAME)).Name).toBe(NAME);
  });

  it('can make the true answer late', async () => {
    endpoint.fail({ delayMs: 20 });

    const start = performance.now();
    expect((await get(NAME)).Name).toBe(NAME);
    expect(performance.now() - start).toBeGreaterThan(18);
  });
});

/** The SDK's request for a GetSecretValue, caught before it leaves. */
async function signedRequest(): Promise<{ headers: Record<string, string>; body: string }> {
  let caught: { headers: Record<string, string>; body: string } | undefined;
  const spy = createClient();
  spy.middlewareStack.add(
    (next) => (args) => {
      caught = args.request as typeof caught;
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await get(NAME, spy);
  spy.destroy();
  if (!caught) throw new Error('the client sent nothing');
  // The host is fetch's own to set; it is the same.
  const { host: _, 'content-length': __, ...headers } = caught.headers;
  return { headers, body: caught.body };
}
