import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redact } from '../../../lib/log/redact.ts';

test('every occurrence of a secret is taken out, not the first alone', () => {
  expect(redact('pass-word and pass-word', ['pass-word'])).toBe('[redacted] and [redacted]');
});

test('a secret is found in the spellings that JSON, URLs and base64 give it', () => {
  const secret = 'p"a ss/ü';
  const text = [JSON.stringify(secret), encodeURIComponent(secret), Buffer.from(secret).toString('base64')].join(' ');
  expect(redact(text, [secret])).toBe('"[redacted]" [redacted] [redacted]');
});

test('of two secrets the longer goes first, so that its rest does not stay', () => {
  expect(redact('abcdefgh', ['abcd', 'abcdefgh'])).toBe('[redacted]');
});

test('whatever the text around it, the secret is gone', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      expect(redact(`${before}k9$-secret${after}`, ['k9$-secret'])).not.toContain('k9$-secret');
    }),
  );
});
