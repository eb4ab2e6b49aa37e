import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { parseJson } from '../lib/json/int64.ts';

/*
 * JSON that a person wrote, with secrets in it. Each fault has a sentence of its own that says where it is and what is
 * expected, and quotes nothing.
 */

export interface JsonSource {
  /** The file's path, or `standard input`. */
  readonly name: string;
  /** A sentence. */
  readonly expected: string;
}

export interface JsonText {
  readonly text: string;
  readonly value: unknown;
}

const BYTE_ORDER_MARK = '\ufeff';
const REPLACEMENT = '\ufffd';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file.',
  ENOTDIR: 'there is no such file.',
  EISDIR: 'this is a directory and no file.',
  EACCES: 'the file cannot be read: permission is denied.',
  EPERM: 'the file cannot be read: permission is denied.',
};

/** @throws Error for a file that cannot be read or is not JSON */
export async function readJsonFile(source: JsonSource): Promise<JsonText> {
  return readJson(await readBytes(source), source);
}

/** @throws Error for bytes that are not JSON in UTF-8 */
export async function readJson(bytes: Buffer, source: JsonSource): Promise<JsonText> {
  const text = decode(bytes, source);
  if (text.trim() === '') throw faultAt(source, '', 0, 'the text is empty.');
  try {
    return { text, value: parseJson(text) };
  } catch {
    // The parser's message quotes the text.
    const { findJsonFault } = await import('./json-fault.ts');
    const { offset, sentence } = findJsonFault(text);
    throw faultAt(source, text, offset, `the text is not JSON: ${sentence}`);
  }
}

/** An error that says where the fault is, by line and column from 1 on, and what is expected. */
export function faultAt({ name, expected }: JsonSource, text: string, offset: number, sentence: string): Error {
  const lines = text.slice(0, offset).split('\n');
  const column = (lines.at(-1)?.length ?? 0) + 1;
  return new Error(`${name}, line ${lines.length}, column ${column}: ${sentence} ${expected}`);
}

async function readBytes({ name, expected }: JsonSource): Promise<Buffer> {
  try {
    return await readFile(name);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new Error(`${name}: ${UNREADABLE[code] ?? `the file cannot be read (${code}).`} ${expected}`);
  }
}

function decode(bytes: Buffer, source: JsonSource): string {
  if (isWide(bytes)) throw faultAt(source, '', 0, 'the text is in UTF-16 or UTF-32. Save it as UTF-8.');
  const text = bytes.toString('utf8');
  if (!isUtf8(bytes))
    throw faultAt(source, text, firstForeignByte(bytes, text), 'this byte is not UTF-8. Save it as UTF-8.');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** Whether characters have two or four bytes: by a byte order mark, or by zeros where JSON begins. */
function isWide(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return bytes.subarray(0, 4).includes(0);
}

/** Where the decoder put a replacement for a byte, and not for itself. */
function firstForeignByte(bytes: Buffer, text: string): number {
  let offset = text.indexOf(REPLACEMENT);
  let at = Buffer.byteLength(text.slice(0, offset));
  while (bytes.subarray(at, at + REPLACEMENT_BYTES.length).equals(REPLACEMENT_BYTES)) {
    const next = text.indexOf(REPLACEMENT, offset + 1);
    at += Buffer.byteLength(text.slice(offset, next));
    offset = next;
  }
  return offset;
}
