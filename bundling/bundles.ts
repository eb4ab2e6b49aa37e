import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from './esbuild.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');

/** A source file and all that it imports, as one file. */
export interface Bundle {
  /** From the root of the repository, or of the function's code on Lambda. */
  readonly path: string;
  readonly code: Uint8Array;
}

/**
 * Bundles in memory, as deployment and `npm start` have them.
 * @param sources paths from the root of the repository
 * @returns one for each source, in their order
 * @throws Error of esbuild, with each place and fault in its message
 */
export async function buildBundles(sources: readonly string[]): Promise<Bundle[]> {
  const { outputFiles } = await build({
    ...bundleOptions([...sources]),
    absWorkingDir: REPOSITORY,
    outbase: REPOSITORY,
    outdir: REPOSITORY,
    write: false,
    logLevel: 'silent',
  });
  return sources.map((source) => {
    const path = source.replace(/\.ts$/, '.cjs');
    const output = outputFiles.find((file) => file.path === join(REPOSITORY, path));
    if (!output) throw new Error(`There is no bundle of ${source}`);
    return { path, code: output.contents };
  });
}
