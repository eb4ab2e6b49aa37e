import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { bundleOptions } from '../bundling/esbuild.ts';
import type { Case } from './cases.ts';

export const BUILDS = ['floor', 'ours', 'naive'] as const;
export type Build = (typeof BUILDS)[number];

export interface Bundle {
  readonly file: string;
  readonly bytes: number;
}

/** esbuild's options for Lambda as its documentation has them. CommonJS, since ESM output fails on `require`. */
export const PLAIN: BuildOptions = { bundle: true, platform: 'node', target: 'node24', format: 'cjs', minify: true };

/** The floor's and the naive build's file of a lookup are named as the lookup's own. */
export async function buildCase({ entryPoint }: Case, directory: string): Promise<Record<Build, Bundle>> {
  const file = entryPoint.split('/').at(-1) ?? '';
  const outputs = {
    floor: join(directory, 'floor', file.replace(/\.ts$/, '.js')),
    ours: join(directory, 'ours', file.replace(/\.ts$/, '.cjs')),
    naive: join(directory, 'naive', file.replace(/\.ts$/, '.js')),
  };
  await Promise.all([
    build({ ...PLAIN, entryPoints: [`bench/floor/${file}`], outfile: outputs.floor }),
    build({ ...bundleOptions([entryPoint]), outdir: join(directory, 'ours') }),
    build({ ...PLAIN, entryPoints: [`bench/naive/${file}`], outfile: outputs.naive }),
  ]);
  const bundle = (output: string): Bundle => ({ file: output, bytes: statSync(output).size });
  return { floor: bundle(outputs.floor), ours: bundle(outputs.ours), naive: bundle(outputs.naive) };
}

export interface Probes {
  readonly cold: string;
  readonly warm: string;
}

/** The measuring processes' own code: bundled, so that no time goes into TypeScript. */
export async function buildProbes(directory: string): Promise<Probes> {
  const outdir = join(directory, 'probe');
  await build({ ...PLAIN, entryPoints: ['bench/probe/cold.ts', 'bench/probe/warm.ts'], outdir });
  return { cold: join(outdir, 'cold.js'), warm: join(outdir, 'warm.js') };
}
