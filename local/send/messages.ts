import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseJson } from '../../lib/json/int64.ts';

/**
 * The messages of a file, with every digit of their integers.
 * @param file a path, or `-` for standard input
 * @throws Error without a word of what the file holds
 */
export async function readMessages(file: string): Promise<readonly unknown[]> {
  const content = parse(await read(file), file);
  const messages = Array.isArray(content) ? content : [content];
  if (messages.length === 0) throw new Error(`${file} has no message`);
  return messages;
}

async function read(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function parse(content: string, file: string): unknown {
  try {
    return parseJson(content);
  } catch {
    // The parser's message quotes the file, which may hold a password.
    throw new Error(`${file === '-' ? 'Standard input' : file} is not JSON`);
  }
}
