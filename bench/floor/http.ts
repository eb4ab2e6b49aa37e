import http from 'node:http';
import https from 'node:https';

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

const clients = {
  'http:': { request: http.request, agent: new http.Agent({ keepAlive: true }) },
  'https:': { request: https.request, agent: new https.Agent({ keepAlive: true }) },
};

/** One request over a kept connection. */
export function send(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<Reply> {
  const { request, agent } = clients[new URL(url).protocol as keyof typeof clients];
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      });
    });
    outgoing.end(body);
  });
}

/** What cannot be done, with the HTTP status that says so. */
export class Failure extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The body of a good answer. */
export function readJson<Body>({ status, text }: Reply): Body {
  if (status !== 200) throw new Failure(502, `HTTP ${status}`);
  return JSON.parse(text);
}

/** A text, or an integer of 16 digits and more, which a double might round. */
const STRING_OR_LONG_INTEGER = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

/** As `readJson`, but long integers come as decimal strings with all their digits. */
export function readExactJson<Body>({ status, text }: Reply): Body {
  const quoted = hasLongInteger(text)
    ? text.replace(STRING_OR_LONG_INTEGER, (match) => (match.startsWith('"') ? match : `"${match}"`))
    : text;
  return readJson({ status, headers: {}, text: quoted });
}

const LONG = 16;

/** Looks at every 16th character, since a run of 16 digits covers one of them, and around those that are digits. */
function hasLongInteger(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    let start = at;
    while (isDigit(text, start)) start -= 1;
    let end = at + 1;
    while (start < at && isDigit(text, end)) end += 1;
    if (end - start > LONG) return true;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
