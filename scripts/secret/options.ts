import { parseArgs } from 'node:util';
import { findNameFault } from '../account-secret.ts';

export const USAGE = `npm run secret -- put <vendor>/<account> --stage <stage> [--file <path>] [--region <region>]
npm run secret -- put --all --stage <stage> [--file <path>] [--region <region>]

Checks an account's secret, a JSON object, and stores it in AWS Secrets Manager as contact-lookups/<stage>/<vendor>/<account>.
With --all it stores every account of a file as SECRETS_FILE takes it: { "<vendor>/<account>": { … } }.
Reads the secret from the file, or else from standard input; never from an argument, which other users of a machine can see.`;

const STAGE = /^[A-Za-z0-9-]+$/;

export interface Options {
  readonly stage: string;
  /** `<vendor>/<account>`; undefined for all of a file. */
  readonly account?: string;
  readonly file?: string;
  readonly region?: string;
}

/** @throws Error that says which option is wrong */
export function readOptions(args: readonly string[]): Options {
  const { positionals, values } = parse(args);
  const { all, stage, file, region } = values;
  const [command, account, ...rest] = positionals;
  const isOneTarget = all ? account === undefined : account !== undefined;
  if (command !== 'put' || rest.length > 0 || !isOneTarget || !stage) throw new Error(USAGE);
  if (!STAGE.test(stage)) throw new Error('--stage must be letters, digits and hyphens.');
  const fault = account === undefined ? undefined : findNameFault(account);
  if (fault) throw new Error(fault);
  return {
    stage,
    ...(account !== undefined && { account }),
    ...(file !== undefined && { file }),
    ...(region !== undefined && { region }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        all: { type: 'boolean', default: false },
        stage: { type: 'string' },
        file: { type: 'string' },
        region: { type: 'string' },
      },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`);
  }
}
