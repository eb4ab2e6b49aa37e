const CHARSET = /charset\s*=\s*"?([^\s;"]+)/i;
/** Made once: making one costs more than a short text. */
const UTF8 = new TextDecoder('utf-8');

/** The text of a body in the charset that its Content-Type names; UTF-8 where it names none that is known. */
export function decodeText(bytes: Uint8Array, contentType: string | undefined): string {
  const charset = CHARSET.exec(contentType ?? '')?.[1];
  return decoderOf(charset).decode(bytes);
}

function decoderOf(charset: string | undefined) {
  if (charset === undefined || /^utf-?8$/i.test(charset)) return UTF8;
  try {
    return new TextDecoder(charset);
  } catch {
    return UTF8;
  }
}
