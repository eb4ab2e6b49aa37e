import { posix } from 'node:path';
import { buildBundles } from '../../bundling/bundles.ts';

/** A file of this repository as deployment bundles it, in memory: no folder has to be writable. */
export interface Bundle {
  /** Where Lambda has it. */
  readonly file: string;
  readonly code: string;
}

/** LAMBDA_TASK_ROOT of https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export const TASK_ROOT = '/var/task';

/**
 * @param files paths from the root of the repository
 * @returns a function that gives the bundle of each
 * @throws Error of esbuild
 */
export async function deployBundles(files: readonly string[]): Promise<(file: string) => Bundle> {
  const bundles = await buildBundles(files);
  return (source) => {
    const bundle = bundles[files.indexOf(source)];
    if (!bundle) throw new Error(`There is no bundle of ${source}`);
    return { file: posix.join(TASK_ROOT, bundle.path), code: Buffer.from(bundle.code).toString() };
  };
}
