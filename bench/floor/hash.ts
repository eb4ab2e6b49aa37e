import { createHash, createHmac } from 'node:crypto';

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** `YYYYMMDDTHHMMSSZ`, as both signatures have it. */
export function basicDate(): string {
  return new Date().toISOString().replace(/[-:]|\.\d+/g, '');
}
