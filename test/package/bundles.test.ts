import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleOptions } from '../../bundling/esbuild.ts';
import { USED } from '../../bundling/trim-aws-sdk.ts';

/** A lookup's file, as opposed to one that helps a lookup, exports a handler. */
const entryPoints = globSync('functions/*/*.ts')
  .filter((file) => /^export .*\bhandler\b/m.test(readFileSync(file, 'utf8')))
  .sort();
const vendors = [...new Set(entryPoints.map(vendorOf))];

/** What must never be in a bundle: part of the path of an input, and why. */
const forbidden: [string, string][] = [
  ['/zod/v4/classic/', 'import from zod/mini'],
  ['/zod/v4/locales/', 'import * as z from zod/mini: the named `z` brings every locale'],
  ['/undici/index.js', 'trim-undici did not work'],
  ['/undici/lib/web/', 'trim-undici did not work'],
  ['/undici/lib/mock/', 'trim-undici did not work'],
  ['/undici/lib/dispatcher/client-h2.js', 'HTTP/2 is off'],
  ['/undici/lib/dispatcher/parser-h1.js', 'undici has a smaller parser'],
  ['/@aws-sdk/credential-provider-', 'the environment has the credentials'],
  ['/@aws-sdk/token-providers/', 'the environment has the credentials'],
  ['/@aws-sdk/nested-clients/', 'STS and SSO are for credentials from elsewhere'],
  ['/@smithy/credential-provider-imds/', 'the environment has the credentials'],
  ['/@smithy/core/dist-es/submodules/event-streams/', 'neither client streams'],
  ['/@aws-sdk/endpoint-cache/', 'no command discovers its endpoint'],
  ['/mnemonist/', 'no command discovers its endpoint'],
  ['/dist-es/pagination/', 'trim-aws-sdk did not work'],
  ['/dist-es/waiters/', 'trim-aws-sdk did not work'],
];

let outdir: string;
let metafile: Metafile;

beforeAll(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'contact-lookups-bundles-'));
  ({ metafile } = await build({ ...bundleOptions(entryPoints), outdir, outbase: '.', metafile: true }));
});

afterAll(() => rm(outdir, { recursive: true }));

test('there are functions to bundle', () => {
  expect(entryPoints).not.toEqual([]);
});

test('what is used of the AWS SDK is what bundles have of it', () => {
  const used = globSync('lib/**/*.ts').flatMap((file) => readFileSync(file, 'utf8').match(/(?<=\bsdk\.)\w+/g) ?? []);
  expect(new Set(used)).toEqual(new Set(Object.values(USED).flat()));
});

test('a function whose vendor mints nothing has no client of the store', () => {
  const withClient = entryPoints.filter((entryPoint) =>
    inputsOf(entryPoint).some((input) => input.includes('/@aws-sdk/client-dynamodb/')),
  );
  expect(new Set(withClient.map(vendorOf))).toEqual(new Set(vendors.filter((vendor) => vendor !== 'volcengine-im')));
});

describe.each(entryPoints)('the bundle of %s', (entryPoint) => {
  test('has no other function in it', () => {
    expect(inputsOf(entryPoint).filter((input) => entryPoints.includes(input))).toEqual([entryPoint]);
  });

  test('has no other vendor in it', () => {
    const others = vendors.filter((vendor) => vendor !== vendorOf(entryPoint));
    const leaked = inputsOf(entryPoint).filter((input) => others.some((vendor) => input.includes(vendor)));
    expect(leaked).toEqual([]);
  });

  test('has only functions, lib and dependencies in it', () => {
    const leaked = inputsOf(entryPoint).filter((input) => /^(local|test|bench|scripts)\//.test(input));
    expect(leaked).toEqual([]);
  });

  test('has nothing in it that is left out for its weight', () => {
    const leaked = forbidden.flatMap(([part, why]) => {
      const [first, ...rest] = inputsOf(entryPoint).filter((input) => `/${input}`.includes(part));
      return first ? [`${first} and ${rest.length} more of ${part} (${why})`] : [];
    });
    expect(leaked).toEqual([]);
  });

  test('needs nothing but Node.js beside it', () => {
    const needed = outputOf(entryPoint).imports.filter(({ external, path }) => external && !isBuiltin(path));
    expect(needed).toEqual([]);
  });

  const load = (env: Record<string, string>) => {
    const script = `process.stdout.write(typeof require(process.argv[1]).handler)`;
    const file = join(outdir, entryPoint.replace(/\.ts$/, '.cjs'));
    return promisify(execFile)(process.execPath, ['-e', script, file], { env });
  };

  test('loads in a fresh process and has a handler', async () => {
    const { stdout, stderr } = await load({ ACCOUNT_ACCESS: '*' });
    expect({ stdout, stderr }).toEqual({ stdout: 'function', stderr: '' });
  });

  test.skipIf(entryPoint.endsWith('keep-agent-sessions.ts'))(
    'does not start where nothing says which accounts a caller may use',
    async () => {
      await expect(load({})).rejects.toThrow('ACCOUNT_ACCESS is not set');
    },
  );
});

function vendorOf(entryPoint: string): string {
  return basename(dirname(entryPoint));
}

function outputOf(entryPoint: string): Metafile['outputs'][string] {
  const output = Object.values(metafile.outputs).find((candidate) => candidate.entryPoint === entryPoint);
  if (!output) throw new Error(`esbuild made no bundle of ${entryPoint}`);
  return output;
}

/** The files of which something is in the bundle. */
function inputsOf(entryPoint: string): string[] {
  return Object.entries(outputOf(entryPoint).inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([input]) => input);
}
