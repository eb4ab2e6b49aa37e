const CHARSET = /charset\s*=\s*"?([^\s;"]+)/i;

/** The text of a body in the charset that its Content-Type names; UTF-8 where it names none that is known. */
export function decodeText(bytes: Uint8Array, contentType: string | undefined): string {
  return createDecoder(CHARSET.exec(contentType ?? '')?.[1] ?? 'utf-8').decode(bytes);
}

function createDecoder(charset: string) {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder('utf-8');
  }
}
