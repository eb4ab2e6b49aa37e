import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';

const REPOSITORY = resolve(import.meta.dirname, '..');

/** A part of the stack, by the name that the file exports. A stage's params come in and a part of serverless.yml comes out. */
type StackFile = Readonly<
  Record<string, (stage: { resolveVariable(address: string): Promise<unknown> }) => Promise<unknown>>
>;

/**
 * Part of the stack, as a file in aws/ makes it for a stage with these params and the defaults of others.
 * @param part its export
 */
export async function readStack(file: string, part: string, params: Readonly<Record<string, string>> = {}) {
  const text = await readFile(join(REPOSITORY, 'serverless.yml'), 'utf8');
  const all: Readonly<Record<string, unknown>> = { ...parse(text).params.default, ...params };
  const parts: StackFile = await import(pathToFileURL(join(REPOSITORY, 'aws', file)).href);
  return parts[part]?.({ resolveVariable: async (address) => all[address.replace('param:', '')] });
}
