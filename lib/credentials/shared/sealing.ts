import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { ItemKey } from './store.ts';

/* Sealed: this version, the nonce, the ciphertext, the tag. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const FINGERPRINT_BYTES = 16;

const SALT = 'contact-lookups';

/** Seals what is shared, so that the table alone opens nothing: who has the account's secret can open it. */
export interface Sealer {
  /**
   * What tells this secret from its successor, in names that are not secret: base64url of 16 bytes, from which neither
   * the secret nor the key can be had, nor the secret's SHA-256.
   */
  readonly fingerprint: string;
  /** @param value anything that JSON can hold; what it cannot hold as a whole throws a TypeError */
  seal(key: ItemKey, value: unknown): Uint8Array;
  /**
   * The value; undefined for whatever does not open: of another secret or another item, changed, cut short, of another
   * version. To the caller it is a miss.
   */
  open(key: ItemKey, sealed: Uint8Array): unknown;
}

/**
 * AES-256-GCM with a random nonce of 96 bits. The key is had from the secret's text by HKDF-SHA-256 (RFC 5869), which
 * gives unrelated outputs for different `info` and does not slow down guessing: the secret must not be guessable. The
 * item's key is authenticated with the content, so that one item's content opens in no other.
 */
export function createSealer(secretText: string): Sealer {
  const derive = (info: string, bytes: number) => Buffer.from(hkdfSync('sha256', secretText, SALT, info, bytes));
  // Most calls of a warm process seal and open nothing.
  let sealingKey: Buffer | undefined;
  let fingerprint: string | undefined;
  const keyOfSecret = () => {
    sealingKey ??= derive('shared store: sealing, AES-256-GCM', KEY_BYTES);
    return sealingKey;
  };

  return {
    get fingerprint() {
      fingerprint ??= derive('shared store: fingerprint', FINGERPRINT_BYTES).toString('base64url');
      return fingerprint;
    },
    seal: (key, value) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyOfSecret(), nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(associatedData(key));
      const ciphertext = [cipher.update(JSON.stringify(value), 'utf8'), cipher.final()];
      return Buffer.concat([Buffer.of(VERSION), nonce, ...ciphertext, cipher.getAuthTag()]);
    },
    open: (key, sealed) => {
      if (sealed[0] !== VERSION || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) return undefined;
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', keyOfSecret(), nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(associatedData(key)).setAuthTag(sealed.subarray(-TAG_BYTES));
      try {
        const text = [decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()];
        return JSON.parse(Buffer.concat(text).toString('utf8'));
      } catch {
        return undefined;
      }
    },
  };
}

/** Unambiguous, whatever characters the two parts have. */
function associatedData({ partition, item }: ItemKey): Buffer {
  return Buffer.from(JSON.stringify([partition, item]));
}
