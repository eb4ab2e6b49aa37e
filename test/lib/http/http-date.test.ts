import { expect, test } from 'vitest';
import { parseHttpDate } from '../../../lib/http/http-date.ts';

const NOW = Date.UTC(2026, 10, 27);
const SAMPLE = Date.UTC(1994, 10, 6, 8, 49, 37);

test.each([
  ['Sun, 06 Nov 1994 08:49:37 GMT', SAMPLE],
  ['Sunday, 06-Nov-94 08:49:37 GMT', SAMPLE],
  ['Sun Nov  6 08:49:37 1994', SAMPLE],
  ['Wednesday, 06-Nov-69 08:49:37 GMT', Date.UTC(2069, 10, 6, 8, 49, 37)],
  ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
])('%s is a date (RFC 9110, 5.6.7)', (text, at) => {
  expect(parseHttpDate(text, NOW)).toBe(at);
});

test.each([
  ['another weekday', 'Mon, 06 Nov 1994 08:49:37 GMT'],
  ['no such day', 'Wed, 31 Feb 2024 00:00:00 GMT'],
  ['another zone', 'Sun, 06 Nov 1994 08:49:37 +0000'],
  ['no seconds', 'Sun, 06 Nov 1994 08:49 GMT'],
  ['one digit of the day', 'Sun, 6 Nov 1994 08:49:37 GMT'],
  ['other case', 'sun, 06 nov 1994 08:49:37 gmt'],
  ['more after it', 'Sun, 06 Nov 1994 08:49:37 GMT, 5'],
  ['a year of six digits', 'Sat, 13 Sep 275760 00:00:00 GMT'],
  ['a year with a sign', 'Sat, 13 Sep +275760 00:00:00 GMT'],
  ['ISO 8601', '1994-11-06T08:49:37Z'],
  ['a number', '2.5'],
  ['nothing', ''],
])('%s is none: "%s"', (_, text) => {
  expect(parseHttpDate(text, NOW)).toBeUndefined();
});
