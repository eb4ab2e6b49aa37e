import { randomBytes, randomUUID } from 'node:crypto';
import { AwsError, type Input } from '../aws-json.ts';

/** The actions of Secrets Manager over the current versions of its secrets, which are texts. */

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

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
const MAX_RESULTS = 100;

export function createSecrets() {
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
    throw new AwsError('InvalidRequestException', message);
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
        throw new AwsError('InvalidRequestException', message);
      }
      if (existing) {
        const message = `The operation failed because the secret ${name} already exists.`;
        throw new AwsError('ResourceExistsException', message);
      }
      return identify(store(name, ...readVersion(input)));
    },
    PutSecretValue(input) {
      const { name } = findLiving(input);
      return { ...identify(store(name, ...readVersion(input))), VersionStages: ['AWSCURRENT'] };
    },
    DescribeSecret(input) {
      const secret = findOrThrow(input);
      return { ...describe(secret), VersionIdsToStages: { [secret.versionId]: ['AWSCURRENT'] } };
    },
    ListSecrets({ MaxResults: max = MAX_RESULTS, NextToken: start = '0', IncludePlannedDeletion: all }) {
      const listed = [...secrets.values()].filter(({ deletedAt }) => all === true || deletedAt === undefined);
      const end = Number(start) + Number(max);
      return {
        SecretList: listed.slice(Number(start), end).map(describe),
        ...(end < listed.length && { NextToken: String(end) }),
      };
    },
  };

  function remove(name: string): void {
    secrets.set(name, { ...findOrThrow({ SecretId: name }), deletedAt: Date.now() / 1000 });
  }

  return { find, store, remove, actions };
}

const identify = ({ arn, name, versionId }: Secret) => ({ ARN: arn, Name: name, VersionId: versionId });

const describe = ({ name, arn, createdAt, changedAt, deletedAt }: Secret) => ({
  ARN: arn,
  Name: name,
  CreatedDate: createdAt,
  LastChangedDate: changedAt,
  DeletedDate: deletedAt,
});

const notFound = () => new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");

/** The request's token becomes the version's id, as AWS has it. */
function readVersion({ SecretString: value, ClientRequestToken: id }: Input): [value: string, versionId?: string] {
  if (typeof value !== 'string') throw new AwsError('InvalidParameterException', 'SecretString is missing.');
  return typeof id === 'string' ? [value, id] : [value];
}
