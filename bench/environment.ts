import { LOCAL_BUS } from '../local/event-bus.ts';

export const STAGE = 'bench';
export const TOKEN_STORE_TABLE = 'contact-lookups-bench';
/** The same in every process that is measured and in the one that answers them. */
export const AWS_KEYS = { accessKeyId: 'local-access-key', secretAccessKey: 'local-secret-key' } as const;

/** What Lambda and serverless.yml put into the environment of a function, and nothing of the machine's own. */
export function functionEnvironment({
  secretsManagerUrl,
  eventBusUrl,
  dynamoDbUrl,
}: {
  readonly secretsManagerUrl: string;
  /** Where results of messages go, if there are any. */
  readonly eventBusUrl?: string;
  /** The shared store, if the stage has one. */
  readonly dynamoDbUrl?: string;
}): Record<string, string> {
  return {
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: AWS_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: AWS_KEYS.secretAccessKey,
    AWS_SESSION_TOKEN: 'session-token-of-the-role',
    _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManagerUrl,
    ...(eventBusUrl !== undefined && { AWS_ENDPOINT_URL_EVENTBRIDGE: eventBusUrl, RESULT_BUS: LOCAL_BUS }),
    ...(dynamoDbUrl !== undefined && { AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl, TOKEN_STORE_TABLE }),
    STAGE,
    ACCOUNT_ACCESS: '*',
    POWERTOOLS_SERVICE_NAME: 'contact-lookups',
    POWERTOOLS_METRICS_NAMESPACE: 'ContactLookups',
    // The share of the vendor's rate limit is not what is measured.
    VENDOR_QPS_SHARE: '1000000000',
  };
}
