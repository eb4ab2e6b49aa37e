import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

/** A clone in which `npm start` runs a file that says so. */
async function clone() {
  const folder = await mkdtemp(join(tmpdir(), 'clone-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'local'));
  await mkdir(join(folder, 'node_modules'));
  for (const file of ['package.json', '.npmrc', 'local/check-install.js']) await copyFile(file, join(folder, file));
  await writeFile(join(folder, 'local/start.ts'), 'console.log("started" as string)');
  return folder;
}

const start = (folder: string) =>
  promisify(execFile)('npm', ['start'], { cwd: folder }).then(
    ({ stdout }) => ({ code: 0, told: stdout.trim().split('\n').at(-1) }),
    ({ code, stderr }) => ({ code, told: stderr.trim() }),
  );

test('`npm start` before `npm ci` says to run it', async () => {
  const { code, told } = await start(await clone());
  expect(code).toBe(1);
  expect(told).toMatch(/^Packages are not installed: [^\n]+ and others\. Run npm ci first\.$/);
});

test('`npm start` without the development packages says which are missing', async () => {
  const folder = await clone();
  const { dependencies, devDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    if (name === 'esbuild' || name === 'yaml') continue;
    await mkdir(join(folder, 'node_modules', name), { recursive: true });
    await symlink(resolve('node_modules', name, 'package.json'), join(folder, 'node_modules', name, 'package.json'));
  }
  expect(await start(folder)).toEqual({
    code: 1,
    told: 'Packages are not installed: esbuild, yaml. Run npm ci first.',
  });
});

test('`npm start` runs where every package is installed', async () => {
  const folder = await clone();
  await rm(join(folder, 'node_modules'), { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  expect(await start(folder)).toEqual({ code: 0, told: 'started' });
});

test('`npm ci` installs the development packages also under NODE_ENV=production', async () => {
  const folder = await clone();
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'omit', 'include'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  expect(stdout).toContain('include=dev');
});
