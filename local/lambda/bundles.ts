import { join, posix, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from '../../bundling/esbuild.ts';

/** A file of this repository as deployment bundles it, in memory: no folder has to be writable. */
export interface Bundle {
  /** Where Lambda has it. */
  readonly file: string;
  readonly code: string;
}

const REPOSITORY = resolve(import.meta.dirname, '../..');
/** LAMBDA_TASK_ROOT of https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export const TASK_ROOT = '/var/task';

/**
 * @param files paths from the root of the repository
 * @returns a function that gives the bundle of each
 * @throws Error of esbuild
 */
export async function buildBundles(files: readonly string[]): Promise<(file: string) => Bundle> {
  const { outputFiles } = await build({
    ...bundleOptions([...files]),
    absWorkingDir: REPOSITORY,
    outbase: REPOSITORY,
    outdir: TASK_ROOT,
    write: false,
    logLevel: 'silent',
  });
  return (source) => {
    const file = posix.join(TASK_ROOT, source.replace(/\.ts$/, '.cjs'));
    const output = outputFiles.find(({ path }) => path === join(file));
    if (!output) throw new Error(`There is no bundle of ${source}`);
    return { file, code: output.text };
  };
}
