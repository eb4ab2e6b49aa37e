import type { Transform } from 'node:stream';

/** Each coding has memory of its own, and no server applies more than two for a good reason. */
const MAX_CODINGS = 4;
/** 8 MB, the most that a sender may count on (RFC 9659). */
const ZSTD_WINDOW_LOG = 23;

/** Loaded with the first body that needs it. */
const zlib = () => process.getBuiltinModule('node:zlib');

const DECODERS = new Map<string, (firstByte: number) => Transform>([
  ['gzip', () => zlib().createGunzip()],
  ['x-gzip', () => zlib().createGunzip()],
  ['br', () => zlib().createBrotliDecompress()],
  ['zstd', () => zlib().createZstdDecompress({ params: { [zlib().constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } })],
  // With the header of zlib by the standard, without it by some servers (RFC 9110, 8.4.1.2).
  ['deflate', (firstByte) => ((firstByte & 0x0f) === 8 ? zlib().createInflate() : zlib().createInflateRaw())],
]);

export type CreateDecoder = (firstByte: number) => Transform;

/**
 * The decoders of a body in the order of their use, by its Content-Encoding (RFC 9110, 8.4). Names of no known coding are left
 * out: some servers put a charset there.
 * @returns undefined for more codings than are taken
 */
export function decodersOf(contentEncoding: string): CreateDecoder[] | undefined {
  const applied = contentEncoding.split(',').flatMap((name) => DECODERS.get(name.trim().toLowerCase()) ?? []);
  return applied.length > MAX_CODINGS ? undefined : applied.reverse();
}
