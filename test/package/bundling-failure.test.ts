import { execFile } from 'node:child_process';
import { appendFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { copyService, packageService } from './service.ts';

const FILE = 'lib/handler.ts';

async function brokenService(code: string): Promise<string> {
  const service = await copyService();
  onTestFinished(() => rm(service, { recursive: true }));
  await appendFile(join(service, FILE), code);
  return service;
}

test.each([
  ['an import of a file that is not there', "import './no-such-file.ts';", 'Could not resolve "./no-such-file.ts"'],
  ['a syntax error', 'const broken = ;', 'Unexpected ";"'],
  ['a package that no bundle may have', "import('@aws-sdk/client-lambda');", 'bundling/trim-aws-sdk.ts'],
])('`serverless package` ends with esbuild’s message after %s', async (_what, code, message) => {
  const service = await brokenService(code);
  const failure = await packageService(service, 'package').catch((error: Error) => error.message);
  expect(failure).toContain('serverless package ended with 1:');
  expect(failure).toContain('Build failed with 1 error');
  expect(failure).toContain(message);
  expect(failure).not.toMatch(/^\s+at /m);
});

test('`npm run package` prints the place in the source, and ends with exit code 1', async () => {
  const service = await brokenService('const broken = ;');
  const run = promisify(execFile)(process.execPath, [resolve('scripts/serverless.ts'), 'package'], { cwd: service });
  const { code, stderr } = await run.catch((error) => error);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/lib\/handler\.ts:\d+:\d+: ERROR: Unexpected ";"/),
  });
});
