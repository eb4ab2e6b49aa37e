import { parse } from '@humanwhocodes/momoa';

export interface JsonFault {
  readonly offset: number;
  readonly sentence: string;
}

/** A string, also one that does not end. */
const STRINGS = /"(?:[^"\\]|\\[\s\S])*"?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings.
const CONTROL = /[\u0000-\u001f]/;
/** One token and nothing after it, unless it closes something. */
const LAST_TOKEN = /^(?:"(?:[^"\\]|\\.)*"|[[{,:]|[^\s"[\]{},:]+)\s*$/;

/** Why a text is not JSON, in words that quote nothing of it. */
export function findJsonFault(text: string): JsonFault {
  const control = controlInString(text);
  const unexpected = firstUnexpected(text);
  if (control !== undefined && (unexpected === undefined || control < unexpected)) {
    const sentence = 'a line break or tab is inside a string. Write \\n or \\t, or close the string before it.';
    return { offset: control, sentence };
  }
  return describeFault(text, unexpected ?? 0);
}

function describeFault(text: string, offset: number): JsonFault {
  const rest = text.slice(offset);
  const before = text.slice(0, offset).trimEnd();
  if (rest.trim() === '') return { offset, sentence: 'it ends too early. Close each string and bracket.' };
  if (/^[}\]]/.test(rest) && before.endsWith(',')) {
    return { offset: before.length - 1, sentence: 'here is a trailing comma. Remove it.' };
  }
  if (/^\/[/*]|^#/.test(rest)) return { offset, sentence: 'this is a comment. Remove it.' };
  if (/^['‘’“”„«`]/.test(rest)) return { offset, sentence: 'strings and names need straight double quotation marks.' };
  return { offset, sentence: 'check quotation marks, commas and brackets before this place.' };
}

/** Where the parser stops, which may be the end; undefined where it finds no fault. */
function firstUnexpected(text: string): number | undefined {
  try {
    parse(text, { mode: 'json' });
    return undefined;
  } catch (error) {
    const { message, offset = 0 } = error as Error & { readonly offset?: number };
    // The parser tells of an end too early at the token before it, or at the beginning.
    const isAtEnd = message.startsWith('Unexpected end') || (isOpen(text) && LAST_TOKEN.test(text.slice(offset)));
    return isAtEnd ? text.trimEnd().length : offset;
  }
}

/** Whether more brackets are opened than closed. */
function isOpen(text: string): boolean {
  const brackets = text.replace(STRINGS, '');
  return brackets.split(/[[{]/).length > brackets.split(/[\]}]/).length;
}

/** The parser takes control characters in strings, JSON does not. */
function controlInString(text: string): number | undefined {
  for (const { 0: string, index } of text.matchAll(STRINGS)) {
    const inside = string.search(CONTROL);
    if (inside >= 0) return index + inside;
  }
  return undefined;
}

export interface MemberOffsets {
  readonly name: number;
  readonly value: number;
}

/** Where the first member of this name stands in the outermost object of a JSON text. */
export function offsetsOfMember(text: string, name: string): MemberOffsets {
  const { body } = parse(text, { mode: 'json' });
  const members = body.type === 'Object' ? body.members : [];
  const member = members.find(({ name: key }) => key.type === 'String' && key.value === name);
  return { name: member?.name.loc.start.offset ?? 0, value: member?.value.loc.start.offset ?? 0 };
}
