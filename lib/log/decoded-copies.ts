/** Escapes of several layers, such as JSON in JSON in base64, are undone so often. */
const MAX_DEPTH = 3;
/** Bounds the work: each copy is as long as the text. */
const MAX_COPIES = 128;
/** Stands for a character of HTML whose name is not in the table: a private one, that no vendor's text has. */
export const UNKNOWN_NAME = '\ue000';
/** Stands for bytes that are no UTF-8. */
export const UNKNOWN_BYTES = '\ufffd';

/** The names that HTML has for ASCII (https://html.spec.whatwg.org/multipage/named-characters.html). */
const NAMES =
  'excl! quot" num# dollar$ percnt% amp& apos\' lpar( rpar) ast* plus+ comma, period. sol/ colon: semi; lt< equals= gt> quest? commat@ lsqb[ lbrack[ bsol\\ rsqb] rbrack] hat^ lowbar_ grave` lcub{ lbrace{ verbar| vert| rcub} rbrace}';
const NAMED = new Map(NAMES.split(' ').map((pair) => [pair.slice(0, -1), pair.slice(-1)]));
const SHORT_ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
/** Four bytes, without padding. */
const BASE64_RUN = /[\w+/-]{6,}/g;
/** Control characters and bytes that are no UTF-8. */
const NOISE = /[\p{Cc}\ufffd]/gu;

const DECODERS: readonly ((text: string) => string)[] = [
  // JSON and JavaScript (RFC 8259, 7)
  (text) =>
    text.replace(
      /\\(?:u([\da-f]{4})|u\{([\da-f]{1,6})\}|x([\da-f]{2})|(.))/gis,
      (_, unit, point, byte, char: string) => {
        const hex = unit ?? point ?? byte;
        return hex === undefined ? (SHORT_ESCAPES[char] ?? char) : fromCodePoint(Number.parseInt(hex, 16));
      },
    ),
  // URLs and forms
  decodePercent,
  (text) => decodePercent(text.replaceAll('+', ' ')),
  // HTML and XML
  (text) =>
    text.replace(/&#(\d{1,7});?|&#x([\da-f]{1,6});?|&([a-z]\w{1,30});/gi, (_, decimal, hex, name: string) => {
      if (decimal !== undefined) return fromCodePoint(Number(decimal));
      return hex === undefined
        ? (NAMED.get(name.toLowerCase()) ?? UNKNOWN_NAME)
        : fromCodePoint(Number.parseInt(hex, 16));
    }),
  // Soft line breaks of MIME
  (text) => text.replace(/=?\r?\n[ \t]*/g, ''),
  (text) => decodeRuns(text, /(?:[\da-f]{2}){4,}/gi, 'hex', 0),
  // A run may begin with letters that belong to the word before it.
  ...[0, 1, 2, 3].map((skipped) => (text: string) => decodeRuns(text, BASE64_RUN, 'base64', skipped)),
];

/** The text as it reads after its escapes and encodings are undone, in each order, some layers deep. */
export function decodedCopies(text: string): readonly string[] {
  const copies = new Set([text]);
  let layer = [text];
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const next: string[] = [];
    for (const copy of layer) {
      for (const decode of DECODERS) {
        const decoded = decode(copy);
        if (copies.has(decoded)) continue;
        if (copies.size >= MAX_COPIES) return [...copies];
        copies.add(decoded);
        next.push(decoded);
      }
    }
    layer = next;
  }
  return [...copies];
}

function decodePercent(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
}

function decodeRuns(text: string, run: RegExp, encoding: 'hex' | 'base64', skipped: number): string {
  const decoded = Array.from(text.matchAll(run), ([found]) => Buffer.from(found.slice(skipped), encoding).toString());
  // Most runs are words, and decode to noise.
  return decoded.filter((part) => (part.match(NOISE)?.length ?? 0) <= part.length / 4).join('\n');
}

function fromCodePoint(point: number): string {
  return point <= 0x10_ff_ff ? String.fromCodePoint(point) : UNKNOWN_BYTES;
}
