import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSealer } from '../../../../lib/credentials/shared/sealing.ts';
import type { ItemKey } from '../../../../lib/credentials/shared/store.ts';

const SECRET = JSON.stringify({ baseUrl: 'https://vendor.example', appKey: 'key', appSecret: 'x7Vq-2mNfL0' });
const KEY: ItemKey = { partition: 'a-vendor#default#fingerprint', item: 'token' };

const keys = fc.record({ partition: fc.string(), item: fc.string() });

test('whatever JSON can hold opens as it was sealed, by another process with the same secret', () => {
  fc.assert(
    fc.property(fc.string(), keys, fc.jsonValue(), (secret, key, value) => {
      const sealed = createSealer(secret).seal(key, value);
      expect(JSON.stringify(createSealer(secret).open(key, sealed))).toBe(JSON.stringify(value));
    }),
  );
});

test('nothing opens with another secret', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (secret, other) => {
      fc.pre(secret !== other);
      const sealed = createSealer(secret).seal(KEY, { token: 'value' });
      expect(createSealer(other).open(KEY, sealed)).toBeUndefined();
    }),
  );
});

test('nothing opens in another item, however the names of the two are cut', () => {
  const sealer = createSealer(SECRET);
  fc.assert(
    fc.property(keys, keys, (key, other) => {
      fc.pre(key.partition !== other.partition || key.item !== other.item);
      expect(sealer.open(other, sealer.seal(key, 'value'))).toBeUndefined();
    }),
  );
  const sealed = sealer.seal({ partition: 'a","b', item: 'c' }, 'value');
  expect(sealer.open({ partition: 'a', item: 'b","c' }, sealed)).toBeUndefined();
});

test('a change of any byte is a miss', () => {
  const sealer = createSealer(SECRET);
  const sealed = sealer.seal(KEY, { token: 'value' });
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Uint8Array.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(sealer.open(KEY, changed)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (index, difference) => {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ difference;
      expect(sealer.open(KEY, changed)).toBeUndefined();
    }),
  );
});

test('what was cut short, made longer or never sealed is a miss', () => {
  const sealer = createSealer(SECRET);
  const sealed = sealer.seal(KEY, { token: 'value' });
  for (let length = 0; length < sealed.length; length += 1) {
    expect(sealer.open(KEY, sealed.subarray(0, length))).toBeUndefined();
  }
  expect(sealer.open(KEY, Uint8Array.of(...sealed, 0))).toBeUndefined();
  fc.assert(fc.property(fc.uint8Array(), (bytes) => sealer.open(KEY, bytes) === undefined));
  fc.assert(fc.property(fc.uint8Array(), (bytes) => sealer.open(KEY, Uint8Array.of(1, ...bytes)) === undefined));
});

test('the sealed bytes show nothing of the value, and are others each time', () => {
  const sealer = createSealer(SECRET);
  fc.assert(
    fc.property(fc.string({ minLength: 8 }), (token) => {
      const sealed = Buffer.from(sealer.seal(KEY, { token }));
      const plain = Buffer.from(JSON.stringify({ token }));
      for (let start = 0; start + 6 <= plain.length; start += 1) {
        expect(sealed.includes(plain.subarray(start, start + 6))).toBe(false);
      }
      expect(sealed.equals(sealer.seal(KEY, { token }))).toBe(false);
    }),
  );
});

test('the fingerprint is the same for the same secret, another for another, and no plain hash of it', () => {
  const { fingerprint } = createSealer(SECRET);
  expect(fingerprint).toMatch(/^[\w-]{22}$/);
  expect(createSealer(SECRET).fingerprint).toBe(fingerprint);
  expect(createSealer(`${SECRET} `).fingerprint).not.toBe(fingerprint);
  const sha256 = hash('sha256', SECRET, 'buffer');
  for (const encoding of ['base64url', 'hex'] as const) {
    expect(sha256.toString(encoding)).not.toContain(fingerprint);
    expect(Buffer.from(fingerprint, 'base64url').toString(encoding)).not.toBe(
      sha256.subarray(0, 16).toString(encoding),
    );
  }
});

/* Made from the description of the form by another library, Python's cryptography. */
test('the form is that of another implementation', () => {
  const sealer = createSealer('secret');
  const open = (sealed: string) => sealer.open(KEY, Buffer.from(sealed, 'base64'));
  expect(sealer.fingerprint).toBe('xYL3e35mPJIS-Sd3cryh-Q');
  expect(open('AQABAgMEBQYHCAkKC5nXvaCyMwrJr3BariKRsA7pK30+xHJMMC4KkB9AGonivg==')).toEqual({ token: 'value' });
  const notJson = 'AQABAgMEBQYHCAkKC5nXvaCyMwrJr5ohSUkWcHo3Hqy95FeZs5c=';
  expect(open(notJson)).toBeUndefined();
});
