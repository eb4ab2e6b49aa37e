import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBundles } from '../bundling/bundles.ts';
import { zipBundle } from '../bundling/zip.ts';

/**
 * Writes the zip of each function into a folder.
 * @param {readonly { name: string, handler: string }[]} functions handlers are `<file without .ts>.handler`
 * @returns {Promise<Record<string, string>>} the zips' paths by the functions' names
 */
export async function writeArtifacts(functions, folder) {
  const bundles = await buildBundles(functions.map(({ handler }) => handler.replace(/\.handler$/, '.ts')));
  await mkdir(folder, { recursive: true });
  const artifacts = functions.map(async ({ name }, index) => {
    const file = join(folder, `${name}.zip`);
    await writeFile(file, zipBundle(bundles[index]));
    return [name, file];
  });
  return Object.fromEntries(await Promise.all(artifacts));
}
