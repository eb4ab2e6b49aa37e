import type { BuildOptions } from 'esbuild';
import { trimAwsSdk } from './trim-aws-sdk.ts';
import { trimUndici } from './trim-undici.ts';

/**
 * How a handler becomes one file. Deployment, the local gateway, the tests and the measurements all build with
 * these options, so that what is tested and measured is what is deployed.
 *
 * Add `outdir` or `outfile`, and what else a caller needs (`metafile`, `write`).
 */
export function bundleOptions(entryPoints: string[]): BuildOptions {
  return {
    entryPoints,
    bundle: true,
    platform: 'node',
    target: 'node24',
    // CommonJS loads faster on Node than ES modules do: `import 'node:http'` touches every lazy export of the
    // built-in, `require` does not. `.cjs`, because package.json says that `.js` is an ES module.
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    // The same holds for `import()`, by which the AWS SDK loads node:http: as an ES module it would bring Node's own
    // undici along. A `require` inside a promise does what is meant.
    supported: { 'dynamic-import': false },
    // The AWS SDK's `main` is CommonJS, from which nothing unused can be dropped.
    mainFields: ['module', 'main'],
    minify: true,
    // No source maps: Lambda would ship and read them with every function. Builds are reproducible, so a stack trace
    // can be read with a map that is built later from the same commit.
    sourcemap: false,
    plugins: [trimUndici(), trimAwsSdk()],
  };
}
