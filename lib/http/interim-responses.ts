import type { Socket } from 'node:net';

/** A status line's beginning as it is long enough to tell; also what a shorter one is completed with. */
const EXAMPLE = 'HTTP/1.1 102 ';
/** 1xx but 101, which is final: after it the connection speaks another protocol. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r\n]/;
const HEAD_END = /\r?\n\r?\n/;
/** As undici bounds the head of a final response. */
const MAX_HEAD_BYTES = 16_384;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Takes interim responses (1xx) out of what a socket receives: a client must skip those that it did not ask for (RFC 9110,
 * 15.2). undici destroys the connection at a 100: https://github.com/nodejs/undici/issues/197
 * @returns to be called before each request
 */
export function skipInterimResponses(socket: Socket): () => void {
  const read = socket.read.bind(socket);
  let expected = false;
  let held = NOTHING;

  /** The bytes after the interim responses; undefined if more must come before that is known. */
  function skip(received: Buffer): Buffer | undefined {
    let bytes = held.length > 0 ? Buffer.concat([held, received]) : received;
    held = NOTHING;
    while (bytes.length > 0) {
      const start = bytes.toString('latin1', 0, EXAMPLE.length);
      const isInterim = INTERIM.test(start + EXAMPLE.slice(start.length));
      const end = isInterim ? HEAD_END.exec(bytes.toString('latin1', 0, MAX_HEAD_BYTES)) : null;
      if (!isInterim || (!end && bytes.length > MAX_HEAD_BYTES)) {
        expected = false;
        return bytes;
      }
      if (!end) break;
      bytes = bytes.subarray(end.index + end[0].length);
    }
    held = bytes;
    return undefined;
  }

  // undici reads in this way alone.
  socket.read = (size?: number): Buffer | null => {
    for (;;) {
      const received: Buffer | null = read(size);
      if (!expected || received === null) return received;
      const left = skip(received);
      if (left) return left;
    }
  };
  return () => {
    expected = true;
  };
}
