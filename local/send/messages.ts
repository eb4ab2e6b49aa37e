import { buffer } from 'node:stream/consumers';
import { type JsonSource, readJson, readJsonFile } from '../json-source.ts';

const EXPECTED = 'Expected is a message, or a list of messages, in JSON.';

/**
 * The messages of a file, with every digit of their integers.
 * @param file a path, or `-` for standard input
 * @throws Error with the place of the fault and nothing that the file holds, which may be a password
 */
export async function readMessages(file: string): Promise<readonly unknown[]> {
  const { value } = await read(file);
  const messages = Array.isArray(value) ? value : [value];
  if (messages.length === 0) throw new Error(`${file} has no message. ${EXPECTED}`);
  return messages;
}

async function read(file: string) {
  const source: JsonSource = { name: file === '-' ? 'standard input' : file, expected: EXPECTED };
  return file === '-' ? readJson(await buffer(process.stdin), source) : readJsonFile(source);
}
