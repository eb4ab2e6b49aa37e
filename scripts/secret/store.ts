import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

export type Store = (name: string, secret: string) => Promise<'Changed' | 'Created'>;

/**
 * Stores secrets in the Secrets Manager of a region: the one that is named, or that of the environment or the profile.
 * @throws Error where no region is known
 */
export async function createStore(region: string | undefined): Promise<Store> {
  const client = new SecretsManagerClient(region ? { region } : {});
  await client.config.region().catch(() => {
    throw new Error('The region is not known. Name it with --region <region>, or set AWS_REGION.');
  });
  return async (name, secret) => {
    try {
      await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: secret }));
      return 'Changed';
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      await client.send(new CreateSecretCommand({ Name: name, SecretString: secret }));
      return 'Created';
    }
  };
}
