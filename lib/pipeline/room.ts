/** How much of an answer its trigger's service carries. */
export interface Room {
  /** Of an answer's JSON text, as `sizeOf` counts them. */
  readonly bytes: number;
  /** For the caller: `the 256 KiB of an event`. */
  readonly limit: string;
  /** @param json text of an answer, or of a part of it */
  sizeOf(json: string): number;
}

/** No code unit of a text takes more: two for a quote or a backslash that is escaped, three of UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** Bytes of a JSON text that is sent as it is. */
export function utf8Bytes(json: string): number {
  return Buffer.byteLength(json);
}

/** Bytes of a JSON text that is sent as a text in JSON, without the quotes around it. */
export function escapedBytes(json: string): number {
  return Buffer.byteLength(JSON.stringify(json)) - 2;
}

/** @param bytes that the sender allows; undefined where it says nothing */
export function narrow(room: Room, bytes: number | undefined): Room {
  if (bytes === undefined || bytes >= room.bytes) return room;
  return { ...room, bytes, limit: `the ${bytes} bytes that the message allows (maxResultBytes)` };
}

export function fits(json: string, { bytes, sizeOf }: Room): boolean {
  // Most answers are small: counting them would cost as much as writing them did.
  return json.length * MAX_BYTES_PER_UNIT <= bytes || sizeOf(json) <= bytes;
}
