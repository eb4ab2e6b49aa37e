import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Transport } from '../http/transport.ts';
import { Problem } from '../problem.ts';
import type { Clock } from '../time/clock.ts';
import { readRoleCredentials } from './role-credentials.ts';
import { awsFailure, createSdkHttpHandler } from './sdk-http.ts';
import type { ReadSecret } from './secret-store.ts';

const REQUEST_TIMEOUT_MS = 2_000;
/** With the time-out, what a Secrets Manager that does not answer may cost a call whose secret is still held. */
const MAX_ATTEMPTS = 2;

/** Reads secrets from AWS Secrets Manager. The SDK is loaded with the first read: a warm process never needs it. */
export function createSecretsManagerReader(transport: Transport, clock: Clock): ReadSecret {
  let client: SecretsManagerClient | undefined;
  return async (name, signal) => {
    const sdk = await import('@aws-sdk/client-secrets-manager');
    client ??= new sdk.SecretsManagerClient({
      credentials: readRoleCredentials,
      maxAttempts: MAX_ATTEMPTS,
      requestHandler: createSdkHttpHandler(transport, clock, REQUEST_TIMEOUT_MS),
    });
    try {
      const secret = await client.send(new sdk.GetSecretValueCommand({ SecretId: name }), { abortSignal: signal });
      if (secret.SecretString !== undefined) return secret.SecretString;
    } catch (error) {
      throw signal.aborted ? signal.reason : toProblem(error);
    }
    throw new Problem('misconfigured', 'The secret of this vendor account is binary; it must be a JSON object.');
  };
}

/** Names of errors, as the API reference of GetSecretValue lists them; the SDK's messages are not for callers. */
function toProblem(error: unknown): Problem {
  const name = awsFailure(error);
  // A secret that is marked for deletion answers InvalidRequestException: to a caller it is gone.
  if (name === 'ResourceNotFoundException' || name === 'InvalidRequestException') {
    return new Problem('unknown-account', 'There is no secret for this vendor account.', { cause: error });
  }
  return new Problem('secret-unavailable', `Secrets Manager did not give the secret (${name}).`, { cause: error });
}
