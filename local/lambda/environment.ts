import { devNull } from 'node:os';
import { TASK_ROOT } from './bundles.ts';
import type { LocalFunction } from './functions.ts';

/**
 * The variables that Lambda itself sets: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html . An
 * instance gets them, what its stage sets, and nothing of the shell that started this process.
 */
export function lambdaEnvironment({ name, handlerFile, memorySizeMb }: LocalFunction, region: string) {
  return {
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySizeMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    _HANDLER: handlerFile.replace(/\.ts$/, '.handler'),
    LAMBDA_TASK_ROOT: TASK_ROOT,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    // Lambda has no such files; the SDK would find those of the user who started this process.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
}
