import { readJsonObject, scalarText } from '../../http/body.ts';
import type { HttpAnswer } from '../../http/message.ts';

/** The vendor's own words in a response: of its interface, of its OAuth server, or of the framework under both. */
export interface Words {
  /** Of findOnlineAgent alone; "0" is success (api_01_0278). */
  readonly stateCode?: string;
  /** The error of OAuth (RFC 6749, 5.2), in JSON or in XML (api_01_0014). */
  readonly error?: string;
  readonly message?: string;
}

const OAUTH_ERROR = /^[a-z][a-z_]{2,63}$/;
const XML_FIELD = /<(?:\w+:)?(error|error_description)(?:\s[^<>]*)?>([^<]*)<\//g;
/** Up to the next one that begins: a search for an end that never comes would take as long for each of them. */
const XML_CDATA = /<!\[CDATA\[((?:(?!<!\[CDATA\[).)*?)\]\]>/gs;
const XML_ENTITY = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-f]{1,6}));/gi;
const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function readWords(answer: HttpAnswer): Words {
  const body = readJsonObject(answer) ?? readXml(answer.text);
  const text = (name: string) => scalarText(body[name]) || undefined;
  const stateCode = text('stateCode');
  const error = text('error');
  // A framework writes its status text there ("Not Found"), which is no code.
  const isCode = error !== undefined && OAUTH_ERROR.test(error);
  const message = text('errorMessage') ?? text('error_description') ?? (isCode ? undefined : error);
  return { ...(stateCode && { stateCode }), ...(isCode && { error }), ...(message && { message }) };
}

/** Spring's OAuth server writes XML: https://github.com/spring-attic/spring-security-oauth/issues/869 */
function readXml(text: string): Readonly<Record<string, unknown>> {
  if (!text.trimStart().startsWith('<')) return {};
  const escaped = text.replace(XML_CDATA, (_, content: string) =>
    content.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
  );
  return Object.fromEntries(
    Array.from(escaped.matchAll(XML_FIELD), ([, name, content = '']) => [name, unescapeXml(content).trim()]),
  );
}

function unescapeXml(text: string): string {
  return text.replace(XML_ENTITY, (entity, name: string | undefined, decimal: string | undefined, hex: string) => {
    if (name !== undefined) return CHARACTERS[name.toLowerCase()] ?? entity;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point <= 0x10_ff_ff ? String.fromCodePoint(point) : entity;
  });
}
