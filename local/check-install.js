import { existsSync, readFileSync } from 'node:fs';

/*
 * Runs before a script of this repository, and says what to do where the script cannot run. Plain JavaScript without a
 * package, since neither TypeScript nor a package may be there yet.
 */

const REPOSITORY = new URL('../', import.meta.url);
/** Of Node.js; TypeScript files run as they are from then on. */
const MAJOR_VERSION = 24;

if (process.platform === 'win32') refuse('Windows is not supported. Use WSL: https://learn.microsoft.com/windows/wsl');

const { dependencies, devDependencies } = JSON.parse(readFileSync(new URL('package.json', REPOSITORY), 'utf8'));
const missing = Object.keys({ ...dependencies, ...devDependencies }).filter(
  (name) => !existsSync(new URL(`node_modules/${name}/package.json`, REPOSITORY)),
);
const [major] = process.versions.node.split('.');

if (missing.length > 0) {
  const some = missing.slice(0, 3).join(', ');
  refuse(`Packages are not installed: ${some}${missing.length > 3 ? ' and others' : ''}. Run npm ci first.`);
}
if (Number(major) < MAJOR_VERSION) {
  const own =
    process.platform === 'linux' ? 'npm ci brings it on Linux with glibc; elsewhere install it.' : 'Install it.';
  refuse(`This needs Node.js ${MAJOR_VERSION}, and runs on ${process.version}. ${own}`);
}

/** @param {string} sentence */
function refuse(sentence) {
  console.error(sentence);
  process.exit(1);
}
