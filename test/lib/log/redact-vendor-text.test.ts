import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactVendorText } from '../../../lib/log/redact.ts';

const hex = (char: string, length: number) => char.charCodeAt(0).toString(16).padStart(length, '0');
const eachUnit = (text: string, spell: (unit: string) => string) => text.split('').map(spell).join('');
const eachPoint = (text: string, spell: (char: string) => string) => Array.from(text, spell).join('');
const percent = (text: string) => eachPoint(text, (char) => Buffer.from(char).toString('hex').replace(/../g, '%$&'));

/** Spellings that are legal in JSON, in URLs and forms, in HTML and XML, in JavaScript and in headers. */
const SPELLINGS: Record<string, (text: string) => string> = {
  'escapes of JSON for all but letters': (text) =>
    eachUnit(text, (unit) => (/[a-z]/i.test(unit) ? unit : `\\u${hex(unit, 4)}`)),
  'escapes of JSON in upper case for all': (text) => eachUnit(text, (unit) => `\\u${hex(unit, 4).toUpperCase()}`),
  'JSON with escaped slashes': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'escapes of JavaScript': (text) =>
    eachUnit(text, (unit) => (unit > '\xff' ? `\\u${hex(unit, 4)}` : `\\x${hex(unit, 2)}`)),
  'percent in lower case': percent,
  'percent in upper case': (text) => percent(text).toUpperCase(),
  'a form': (text) => new URLSearchParams({ '': text }).toString().slice(1),
  'entities in decimal': (text) => eachPoint(text, (char) => `&#${char.codePointAt(0)};`),
  'entities in hex': (text) => eachPoint(text, (char) => `&#x${char.codePointAt(0)?.toString(16)};`),
  'named entities': (text) =>
    text.replace(
      /[&<>"'=/ö]/g,
      (char) =>
        ({
          '&': '&amp;',
          '<': '&lt;',
          '>': '&gt;',
          '"': '&quot;',
          "'": '&apos;',
          '=': '&equals;',
          '/': '&sol;',
          ö: '&ouml;',
        })[char] ?? '',
    ),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 of a URL': (text) => Buffer.from(text).toString('base64url'),
  'base64 of user and secret': (text) => Buffer.from(`user:${text}`).toString('base64'),
  'base64 of a longer user and secret': (text) => Buffer.from(`a-user:${text}`).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
  JSON: (text) => JSON.stringify({ secret: text }),
};
const NAMES = Object.keys(SPELLINGS);
const spell = (text: string, names: readonly string[]) =>
  names.reduce((spelt, name) => SPELLINGS[name]?.(spelt) ?? spelt, text);

/** What is shown of a text that holds the secret in this spelling. */
const shown = (secret: string, spelt: string) =>
  redactVendorText(`The vendor says: ${spelt} is wrong.`, [secret]) ?? '';

describe('a secret in a legal spelling', () => {
  const SECRETS = ['p=ss/wörd', 'a+b&c<d>"e\'f', 'plainsecret', 'ab c/d e=f', 'ключ=/сеть', '密钥/=密钥', 'key🔑=/key'];

  test.each(SECRETS.flatMap((secret) => NAMES.map((name) => [secret, name])))(
    'is not shown: %s as %s',
    (secret, name) => {
      const spelt = spell(secret, [name]);
      expect(shown(secret, spelt)).not.toContain(spelt);
      expect(shown(secret, spelt)).not.toContain(secret);
    },
  );

  test('is not shown where the spelling has layers', () => {
    const layers = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 });
    const secret = fc.string({ minLength: 5, maxLength: 24 }).filter((text) => /[a-z\d].*[a-z\d]/i.test(text));
    fc.assert(
      fc.property(secret, layers, (text, names) => {
        const spelt = spell(text, names);
        expect(shown(text, spelt)).not.toContain(spelt);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is not shown where its JSON stands in JSON, three layers deep', () => {
    const secret = 'p=ss/wörd';
    const spelt = JSON.stringify(
      JSON.stringify(JSON.stringify(secret).replaceAll('/', '\\/').replaceAll('=', '\\u003d')),
    );
    expect(shown(secret, spelt)).toBe('');
  });

  test('is not shown where base64 is broken into lines, or glued to a word', () => {
    const secret = 'secret-of-the-account';
    const base64 = Buffer.from(`a-long-user-name:${secret}`).toString('base64');
    expect(shown(secret, base64.replace(/.{16}/g, '$&\r\n'))).toBe('');
    for (const word of ['B', 'Ba', 'Bas', 'Basi']) expect(shown(secret, word + base64)).toBe('');
  });

  test('is not shown where it begins in the shown part and ends beyond it', () => {
    const secret = 'k/='.repeat(300);
    const spelt = eachUnit(secret, (unit) => `\\\\u${hex(unit, 4)}`);
    expect(redactVendorText(`${'a'.repeat(280)} ${spelt}`, [secret])).toBeUndefined();
  });

  test('is not shown where it is shorter than four characters', () => {
    expect(redactVendorText('the password §7 is wrong', ['§7'])).toBeUndefined();
  });
});

describe('a text without a secret', () => {
  test.each([
    'The call does not exist.',
    'Es wurde kein Gespräch gefunden: 17 % der Anfragen, a+b, 100%25, &auml;, \\u0041, C:\\temp',
    '未找到座席 agent 1516; trace 7c9e6679-7425-40de-944b-e07fc1f90ae7, dGhpcyBpcyBub3QgYSBzZWNyZXQ=',
    '<html>&nbsp;&copy; 2026</html>',
  ])('is shown as it is: %s', (text) => {
    expect(redactVendorText(text, ['p=ss/wörd', 'demo-cec-app-key', 'demo-cec-app-secret', '0123456789abcdef'])).toBe(
      text,
    );
  });

  test('is shown with the secrets that can be taken out of it', () => {
    const secret = 'p=ss/wörd';
    const text = `${secret}, ${encodeURIComponent(secret)} and ${Buffer.from(secret).toString('base64')} are wrong`;
    expect(redactVendorText(text, [secret])).toBe('[redacted], [redacted] and [redacted] are wrong');
  });
});

describe('a long text', () => {
  test.each([
    ['a'.repeat(300), 'a'.repeat(300)],
    ['a'.repeat(301), `${'a'.repeat(299)}…`],
    ['😀'.repeat(300), '😀'.repeat(300)],
    ['😀'.repeat(301), `${'😀'.repeat(299)}…`],
    [`${'a'.repeat(298)}👨‍👩‍👧b`, `${'a'.repeat(298)}…`],
    [`${'a'.repeat(297)}e\u0301bcd`, `${'a'.repeat(297)}e\u0301…`],
    [`${'a'.repeat(298)}🇩🇪🇫🇷`, `${'a'.repeat(298)}…`],
    [`a${'\u0301'.repeat(400)}`, `a${'\u0301'.repeat(298)}…`],
  ])('is cut between two characters, with an ellipsis, at 300 characters', (text, expected) => {
    expect(redactVendorText(text, [])).toBe(expected);
  });

  test('is well formed, whatever the vendor sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 280, maxLength: 700 }), (text) => {
        const cut = redactVendorText(text, []) ?? '';
        expect(cut.isWellFormed()).toBe(true);
        expect(Array.from(cut).length).toBeLessThanOrEqual(300);
      }),
    );
    expect(redactVendorText('a\ud83d', [])).toBe('a\ufffd');
  });

  test('of 4 MiB is looked through no further than it is shown', () => {
    const secrets = Array.from({ length: 8 }, (_, index) => `p=ss/wörd-${index}`);
    for (const piece of ['QUJD', '\\u0041', '%41', '&#65;', '&auml;', '\\\\', 'a\n', '\ufffd', '41']) {
      const text = piece.repeat((4 * 1024 * 1024) / piece.length);
      expect(redactVendorText(text, secrets)).toBe(`${piece.repeat(300).slice(0, 299)}…`);
    }
  });
});
